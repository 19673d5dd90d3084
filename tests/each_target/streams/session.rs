//! Sessions keep the terminal that they have, or have none.

use std::io::{BufRead, BufReader};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;

use super::{skipped, spawn, terminal_of};
use crate::common::{Dir, skipped_when_emulated};

/// A session's leader without a terminal gets the first one that it opens, unless it says otherwise.
#[test]
fn a_terminal_that_a_program_opens_does_not_become_its_own() {
    if skipped() || skipped_when_emulated("as a leader of a session") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &["--dir", "/dev/pts::/"]);
    let (_screen, terminal) = pty_process::blocking::open().map(|(pty, _)| terminal_of(pty)).unwrap();
    let name = std::fs::read_link(format!("/proc/self/fd/{}", terminal.as_raw_fd())).unwrap();
    let name = name.strip_prefix("/dev/pts").unwrap().to_str().unwrap();
    for way in [format!("open={name}"), format!("times={name}")] {
        let mut child = spawn(&program, &format!("{way} sleep=10000"), |command| {
            // SAFETY: between fork and exec only this one call of the system is made.
            unsafe {
                command.pre_exec(|| {
                    if libc::setsid() == -1 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
                })
            };
        });
        let mut answer = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut answer).unwrap();
        assert_eq!(answer, "0\n", "{way}");
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        // proc_pid_stat(5): state, parent, group, session, and the terminal's number, behind the name in brackets.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        assert_eq!((fields[3], fields[4]), (&*child.id().to_string(), "0"), "{way}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
