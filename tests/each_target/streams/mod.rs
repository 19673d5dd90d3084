//! The standard streams belong to whoever started a program: what the starter decided about them holds for the program, as
//! it does for a native one, and nothing of theirs is changed for others.

mod closed;
mod flags;
mod pipes;
#[cfg(target_os = "linux")]
mod session;
mod start;
mod waiting;

use std::fs::OpenOptions;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::{self, skipped_on_windows, text};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// A program that waits longer than this waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where none of this can be tried. tests/skips.toml lists it once, for this file.
fn skipped() -> bool {
    skipped_on_windows("streams of this kind")
}

/// Starts `program` with the commands, its streams as `command` has them; what it says on standard error is read.
fn spawn(program: &Path, commands: &str, prepare: impl FnOnce(&mut Command)) -> Child {
    let mut command = common::start(program);
    command
        .args(commands.split_whitespace())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    prepare(&mut command);
    command.spawn().unwrap()
}

/// Waits for the end, but not for ever.
#[track_caller]
fn ends(mut child: Child) -> Output {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it waits: {:?}", text(&child.wait_with_output().unwrap().stderr));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

/// What the program says about the commands; it must end well.
#[track_caller]
fn said(program: &Path, commands: &str, prepare: impl FnOnce(&mut Command)) -> String {
    let output = ends(spawn(program, commands, prepare));
    assert_eq!(output.status.code(), Some(0), "{commands}: {}", text(&output.stderr));
    text(&output.stderr)
}

/// Waits until nobody has the other end of a pipe: what another test starts at this moment holds it until its own program begins.
fn wait_until_left(end: impl AsFd) {
    let mut end = [PollFd::new(&end, PollFlags::empty())];
    let patience = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
    assert_eq!(poll(&mut end, Some(&patience)), Ok(1), "the other end is left");
}

/// Two ends of something that is read and written by others, and holds only so much: pipe, socket, and terminal.
fn channels() -> Vec<(&'static str, OwnedFd, OwnedFd)> {
    let (pipe_out, pipe_in) = std::io::pipe().unwrap();
    let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
    let (screen, terminal) = pty_process::blocking::open().map(|(pty, _)| terminal_of(pty)).unwrap();
    vec![
        ("pipe", pipe_out.into(), pipe_in.into()),
        ("socket", one.into(), other.into()),
        ("terminal", screen, terminal),
    ]
}

/// Both sides of a terminal that hands bytes on as they are.
fn terminal_of(pty: pty_process::blocking::Pty) -> (OwnedFd, OwnedFd) {
    let screen = OwnedFd::from(pty);
    let mut name = [0; 64];
    // SAFETY: the call writes a name that ends with a zero, no longer than it is told.
    assert_eq!(unsafe { libc::ptsname_r(screen.as_raw_fd(), name.as_mut_ptr(), name.len()) }, 0);
    // SAFETY: the call above has put a string there.
    let name = unsafe { std::ffi::CStr::from_ptr(name.as_ptr()) }.to_str().unwrap();
    let mut open = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut open, libc::O_NOCTTY);
    let terminal = open.read(true).write(true).open(name).unwrap();
    (screen, terminal.into())
}

fn set_nonblocking(end: impl AsFd) {
    let flags = fcntl_getfl(&end).unwrap();
    fcntl_setfl(&end, flags | OFlags::NONBLOCK).unwrap();
}
