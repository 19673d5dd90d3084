//! Flags of a stream are shared with others: a program sees them, keeps to them and changes none.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;

use super::{channels, ends, said, skipped, spawn};
use crate::common::Dir;
use rustix::fs::fcntl_getfl;

/// WASI's numbers.
const NOT_CAPABLE: &str = "errno 76\n";
const NOT_SUPPORTED: &str = "errno 58\n";
/// WASI's flag.
const APPEND: u32 = 1;

#[test]
fn a_log_that_is_appended_to_is_only_appended_to() {
    if skipped() {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &[]);
    let ways = [
        // Append mode cannot be taken, by any number; 3 is the program's own root.
        ("flags=0 pwrite=0 seek=0 write=3", format!("{NOT_SUPPORTED}4\n0\n3\n")),
        ("flags=4 pwrite=0", format!("{NOT_SUPPORTED}4\n")),
        ("move=3 flags=0 pwrite=0 seek=2 write=3 flags?", format!("0\n{NOT_SUPPORTED}4\n2\n3\n{APPEND}\n")),
        ("flags? flags=5 flags? flags=1 flags?", "1\n5\n5\n1\n1\n".to_owned()),
        ("allocate=100 cut=0 times", NOT_CAPABLE.repeat(3)),
        ("move=3 allocate=100 cut=0 times", format!("0\n{}", NOT_CAPABLE.repeat(3))),
    ];
    for (commands, answers) in ways {
        let path = dir.write("log", "first\n");
        let log = OpenOptions::new().append(true).open(&path).unwrap();
        let before = fcntl_getfl(&log).unwrap();
        let stdout = log.try_clone().unwrap();
        assert_eq!(said(&program, commands, |command| _ = command.stdout(stdout)), answers, "{commands}");
        assert_eq!(fcntl_getfl(&log).unwrap(), before, "{commands}: the log's flags are shared");
        let content = std::fs::read_to_string(&path).unwrap();
        let added = content.strip_prefix("first\n").unwrap_or_else(|| panic!("{commands}: {content:?}"));
        let bytes: usize = if commands.contains("seek") { 7 } else { 4 };
        assert_eq!(
            added.len(),
            if commands.contains("pwrite") { bytes } else { 0 },
            "{commands}: {content:?}"
        );
    }
    // A file that is not appended to is written where the program says.
    let path = dir.write("out", "0123456789");
    let out = OpenOptions::new().write(true).open(&path).unwrap();
    let answers = said(&program, "pwrite=2 seek=8 write=1 cut=0 flags=1", |command| _ = command.stdout(out));
    assert_eq!(answers, format!("4\n8\n1\n{NOT_CAPABLE}{NOT_SUPPORTED}"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "01EVIL6709");
}

#[test]
fn no_flag_of_a_stream_changes_for_others() {
    if skipped() {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &["--dir", "/dev::/dev"]);
    let mut streams: Vec<(&str, OwnedFd)> = channels()
        .into_iter()
        .flat_map(|(name, one, other)| {
            // What has lost its other end has flags as well, but a terminal.
            if name == "terminal" {
                std::mem::forget(one)
            } else {
                drop(one)
            }
            [(name, other)]
        })
        .collect();
    streams.push(("file", File::create(dir.join("file")).unwrap().into()));
    streams.push(("file to read", File::open(dir.join("file")).unwrap().into()));
    let flags: String = (0..32).map(|flags| format!("flags={flags} ")).collect();
    let by_name =
        ["fd/0", "fd/1", "stdin", "stdout", "tty"].map(|name| format!("open={name} {flags}")).concat();
    let commands = format!("fd=0 {flags} fd=1 {flags} fd=2 {flags} fd=1 move=3 {flags} fd=0 {by_name}");
    for (name, stream) in streams {
        let before = fcntl_getfl(&stream).unwrap();
        let child = spawn(&program, &commands, |command| {
            command.stdin(stream.try_clone().unwrap()).stdout(stream.try_clone().unwrap());
        });
        assert_eq!(ends(child).status.code(), Some(0), "{name}");
        assert_eq!(fcntl_getfl(&stream).unwrap(), before, "{name}");
    }
}
