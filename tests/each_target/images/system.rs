//! The system has its say about images: what its maps show of them, and what it forbids.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use super::{COLD, WAYS};
use crate::common::{self, Dir, skipped_when_emulated, start, text};

/// Starts a program that waits for input, and returns its memory map.
fn map_of(program: &Path) -> String {
    let mut child = start(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let map = std::fs::read_to_string(format!("/proc/{}/maps", child.id())).unwrap();
    child.stdin.take().unwrap().write_all(b"eight  !").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    map
}

#[test]
fn no_page_is_writable_and_executable() {
    if skipped_when_emulated("so that its memory can be looked at") {
        return;
    }
    let dir = Dir::new();
    for way in WAYS {
        let map = map_of(&dir.pack_text("cold", COLD, way));
        assert!(map.lines().any(|line| line.contains(" r-xp ")), "{map}");
        assert!(!map.lines().any(|line| line.contains(" rwx")), "{way:?}: {map}");
    }
}

#[test]
fn an_uncompressed_program_is_mapped_from_its_file() {
    if skipped_when_emulated("so that its memory can be looked at") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack_text("cold", COLD, &["--no-compress"]);
    let map = map_of(&program);
    // The launcher's own segments come first; after them the program's code, at the offset where the file has it.
    let own = map.lines().filter(|line| line.ends_with("/cold") && line.contains(" r-xp ")).count();
    assert_eq!(own, 2, "{map}");
    let data = map.lines().filter(|line| line.ends_with("/cold") && line.contains(" rw-p ")).count();
    assert!(data >= 2, "{map}");
}

/// Where a system forbids new executable memory, only a file that needs none can run.
#[test]
fn a_system_that_forbids_executable_memory_runs_uncompressed_files() {
    use std::os::unix::process::CommandExt;
    // linux/prctl.h
    const PR_SET_MDWE: libc::c_int = 65;
    const PR_MDWE_REFUSE_EXEC_GAIN: libc::c_ulong = 1;
    if skipped_when_emulated("under a stricter kernel") {
        return;
    }
    let dir = Dir::new();
    let forbidden = |way: &[&str]| {
        let program = dir.pack("hello", way);
        let mut command = start(&program);
        // SAFETY: prctl may be called between fork and exec; it takes numbers.
        unsafe {
            command.pre_exec(|| match libc::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            });
        }
        command.stdin(Stdio::null()).output()
    };
    match forbidden(&["--no-compress"]) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            return skip::because("this kernel has no PR_SET_MDWE");
        }
        outcome => assert_eq!(outcome.unwrap().status.code(), Some(7)),
    }
    let refused = forbidden(&["--level", "3"]).unwrap();
    let message = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(125), "{message}");
    assert!(message.starts_with("hello: ") && message.contains("--no-compress"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

/// Under a filter of system calls the kernel is not asked to fill memory: this one would end the process for it. Chunks are
/// moved into place then.
#[test]
fn under_a_filter_of_system_calls_a_program_runs() {
    if skipped_when_emulated("under a filter of system calls") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("probe", &["--level", "3"]);
    let mut command = start(&program);
    common::confine::filter(&mut command, libc::SYS_userfaultfd, libc::SECCOMP_RET_KILL_PROCESS);
    let output = command.args(["args", "one"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(text(&output.stdout), "probe\nargs\none\n", "{:?} {}", output.status, text(&output.stderr));
}
