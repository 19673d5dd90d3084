//! Streams that were closed stay closed: nothing else gets their numbers.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{ends, skipped, spawn};
use crate::common::{self, Dir, skipped_when_emulated};

/// Closes the streams whose bits are set, in a child about to start its program.
fn close_streams(command: &mut Command, closed: i32, root: Option<PathBuf>) {
    let root = root.map(|root| std::ffi::CString::new(root.into_os_string().into_encoded_bytes()).unwrap());
    let prepare = move || {
        if let Some(root) = &root {
            // SAFETY: both calls are given strings that end with a zero.
            if unsafe { libc::chroot(root.as_ptr()) != 0 || libc::chdir(c"/".as_ptr()) != 0 } {
                return Err(std::io::Error::last_os_error());
            }
        }
        for stream in (0..3).filter(|stream| closed & 1 << stream != 0) {
            // SAFETY: what the number stands for belongs to this child, which uses it no more.
            unsafe { libc::close(stream) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec nothing is done but calls of the system.
    unsafe { command.pre_exec(prepare) };
}

#[test]
fn a_stream_that_was_closed_is_closed() {
    if skipped() || skipped_when_emulated("with closed streams") {
        return;
    }
    let dir = Dir::new();
    let granted = dir.pack("streams", &["--dir", "/"]);
    for closed in 0..8 {
        let output = ends(spawn(&granted, "closed?", |command| {
            command.stderr(Stdio::null());
            close_streams(command, closed, None);
        }));
        assert_eq!(output.status.code(), Some(closed), "{}", output.status);
        // Whatever fails, nothing hangs or is said elsewhere, and the code is the right one.
        let trapped = ends(spawn(&granted, "trap", |command| close_streams(command, closed, None)));
        assert_eq!(trapped.status.code(), Some(134), "{closed}: {}", trapped.status);
        assert_eq!(closed & 4 != 0, trapped.stderr.is_empty(), "{closed}");
        let info = ends(spawn(&granted, "--wasmpack-info", |command| close_streams(command, closed, None)));
        assert_eq!(info.status.code(), Some(if closed & 2 != 0 { 125 } else { 0 }), "{closed}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_that_the_launcher_opens_becomes_a_stream() {
    if skipped() || skipped_when_emulated("with closed streams") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &["--dir", "/"]);
    for closed in 1..8 {
        let mut child = spawn(&program, "sleep=10000", |command| {
            command.stdout(Stdio::inherit()).stderr(Stdio::null());
            close_streams(command, closed, None);
        });
        let link = |number: i32| std::fs::read_link(format!("/proc/{}/fd/{number}", child.id()));
        let start = std::time::Instant::now();
        // The root is open once the program runs, or is about to.
        while !(3..20).any(|number| link(number).is_ok_and(|target| target == Path::new("/"))) {
            assert!(start.elapsed() < super::PATIENCE, "{closed}: it did not start");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        for stream in (0..3).filter(|stream| closed & 1 << stream != 0) {
            assert_eq!(link(stream).unwrap(), Path::new("anon_inode:[eventpoll]"), "{closed}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn streams_are_closed_also_where_there_is_no_null_device() {
    if skipped() || skipped_when_emulated("in a root of its own") {
        return;
    }
    // SAFETY: the call asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        skip::because("only root changes the root");
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &[]);
    let root = dir.join("root");
    std::fs::create_dir(&root).unwrap();
    common::place::executable(&root.join("program"), &std::fs::read(&program).unwrap());
    common::put_libraries(&program, &root);
    for closed in 0..8 {
        let output = ends(spawn(Path::new("/program"), "closed?", |command| {
            command.stderr(Stdio::null());
            close_streams(command, closed, Some(root.clone()));
        }));
        assert_eq!(output.status.code(), Some(closed), "{}", output.status);
    }
}
