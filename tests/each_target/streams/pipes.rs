//! Pipes that nobody reads, as they are full or broken.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::time::Duration;

use super::{ends, set_nonblocking, skipped, spawn, wait_until_left};
use crate::common::{Dir, says, skipped_when_emulated, text};

/// WASI's number.
const BROKEN_PIPE: &str = "errno 64\n";

#[test]
fn what_the_launcher_says_is_not_lost_in_a_full_pipe() {
    if skipped() {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &[]);
    for (commands, code, ending) in [("trap", 134, "trap: "), ("--wasmpack-info", 0, "WASMPACK_OPTS")] {
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        set_nonblocking(&writer);
        while writer.write(&[0; 4096]).is_ok() {}
        let child = spawn(&program, commands, |c| _ = c.stderr(writer.try_clone().unwrap()).stdout(writer));
        std::thread::sleep(Duration::from_millis(200));
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(ends(child).status.code(), Some(code), "{commands}");
        let shown = text(&all).trim_start_matches('\0').to_owned();
        assert!(shown.contains(ending), "{commands}: {shown:?}");
        assert!(commands != "trap" || shown.starts_with(&says("streams")), "{shown:?}");
    }
}

#[test]
fn a_broken_pipe_ends_a_program_unless_that_is_ignored() {
    if skipped() || skipped_when_emulated("with signals of this machine") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &[]);
    for ignored in [false, true] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        wait_until_left(&writer);
        let child = spawn(&program, "write=10 flags=4 write=10", |command| {
            command.stdout(writer);
            let action = if ignored { libc::SIG_IGN } else { libc::SIG_DFL };
            let set = move || {
                // SAFETY: neither action is a handler that could do harm.
                let before = unsafe { libc::signal(libc::SIGPIPE, action) };
                if before == libc::SIG_ERR { Err(std::io::Error::last_os_error()) } else { Ok(()) }
            };
            // SAFETY: between fork and exec only this one call of the system is made.
            unsafe { command.pre_exec(set) };
        });
        let output = ends(child);
        if ignored {
            assert_eq!(output.status.code(), Some(0), "{}", output.status);
            assert_eq!(text(&output.stderr), format!("{BROKEN_PIPE}4\n{BROKEN_PIPE}"));
        } else {
            assert_eq!(output.status.signal(), Some(libc::SIGPIPE), "{}", output.status);
        }
    }
}
