//! Programs wait for a stream, or do not: as they ask for, or as the starter made it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::{PATIENCE, channels, said, set_nonblocking, skipped, spawn, wait_until_left};
use crate::common::{Dir, text};
use rustix::fs::{OFlags, fcntl_getfl};

/// WASI's number.
const AGAIN: &str = "errno 6\n";

/// Reads all that is there now.
fn drain(end: &OwnedFd) -> Vec<u8> {
    set_nonblocking(end);
    let (mut all, mut buffer) = (Vec::new(), [0; 1 << 16]);
    let mut file = File::from(end.try_clone().unwrap());
    while let Ok(count @ 1..) = file.read(&mut buffer) {
        all.extend_from_slice(&buffer[..count]);
    }
    all
}

/// What the program writes, as far as `count` bytes of it go.
fn written(count: usize, terminal: bool) -> Vec<u8> {
    let bytes: Vec<u8> = b"0123456789abcde\n".iter().copied().cycle().take(count).collect();
    // A terminal shows the end of a line by two bytes.
    if terminal { text(&bytes).replace('\n', "\r\n").into_bytes() } else { bytes }
}

#[test]
fn a_program_that_asked_not_to_wait_does_not() {
    if skipped() {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &[]);
    for (name, reader, writer) in channels() {
        // Nobody reads: what fits is taken, and it is said how much that was.
        let stdout = writer.try_clone().unwrap();
        let answers = said(&program, "flags=4 write=1048576 write=100000 flags?", |c| _ = c.stdout(stdout));
        let [set, count, again, flags] = answers.split_inclusive('\n').collect::<Vec<_>>()[..] else {
            panic!("{name}: {answers}");
        };
        let mut count: usize = count.trim().parse().unwrap_or_else(|_| panic!("{name}: {answers}"));
        assert!((1..1 << 20).contains(&count), "{name}: {count}");
        if name == "terminal" && again != AGAIN {
            // What it holds goes on meanwhile to where it is read.
            count += again.trim().parse::<usize>().unwrap();
        } else {
            assert_eq!(again, AGAIN, "{name}");
        }
        assert_eq!((set, flags), ("4\n", "4\n"), "{name}");
        let seen = drain(&reader);
        if name != "terminal" {
            assert!(seen == written(count, false), "{name}: {} of {count}", seen.len());
        }
        // What is small is taken whole.
        let stdout = writer.try_clone().unwrap();
        assert_eq!(said(&program, "flags=4 write=100", |c| _ = c.stdout(stdout)), "4\n100\n", "{name}");
        assert!(drain(&reader).ends_with(&written(100, name == "terminal")), "{name}");
        // Nothing is there, then something.
        let stdin = || writer.try_clone().unwrap();
        if name != "pipe" {
            let nothing = said(&program, "fd=0 flags=4 read=10", |c| _ = c.stdin(stdin()));
            assert_eq!(nothing, format!("4\n{AGAIN}"), "{name}");
            File::from(reader.try_clone().unwrap()).write_all(b"some\n").unwrap();
            assert_eq!(said(&program, "fd=0 flags=4 read=10", |c| _ = c.stdin(stdin())), "4\n5\n", "{name}");
        }
        assert!(!fcntl_getfl(&writer).unwrap().contains(OFlags::NONBLOCK), "{name}");
    }
    let (reader, mut writer) = std::io::pipe().unwrap();
    let stdin = || reader.try_clone().unwrap();
    assert_eq!(said(&program, "fd=0 flags=4 read=10", |c| _ = c.stdin(stdin())), format!("4\n{AGAIN}"));
    writer.write_all(b"some").unwrap();
    assert_eq!(said(&program, "fd=0 flags=4 read=10", |c| _ = c.stdin(stdin())), "4\n4\n");
    drop(writer);
    wait_until_left(&reader);
    assert_eq!(said(&program, "fd=0 flags=4 read=10", |c| _ = c.stdin(stdin())), "4\n0\n");
    let file = File::create(dir.join("file")).unwrap();
    assert_eq!(said(&program, "flags=4 write=1000000", |c| _ = c.stdout(file)), "4\n1000000\n");
}

#[test]
fn what_the_starter_made_nonblocking_is_so_for_the_program() {
    if skipped() {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("streams", &[]);
    for (name, reader, writer) in channels() {
        set_nonblocking(&writer);
        let stdout = || writer.try_clone().unwrap();
        let answers = said(&program, "flags? write=1048576 write=100000 flags?", |c| _ = c.stdout(stdout()));
        let lines: Vec<&str> = answers.split_inclusive('\n').collect();
        assert_eq!((lines[0], lines[3]), ("4\n", "4\n"), "{name}: {answers}");
        assert!((1..1 << 20).contains(&lines[1].trim().parse().unwrap()), "{name}: {answers}");
        assert!(lines[2] == AGAIN || name == "terminal", "{name}: {answers}");
        drain(&reader);
        // A program that asks to wait does, and the mode stays for others.
        let child = spawn(&program, "flags=0 write=1048576 flags?", |c| _ = c.stdout(stdout()));
        let mut count = 0;
        let start = Instant::now();
        let mut child = Some(child);
        let output = loop {
            count += drain(&reader).len();
            if child.as_mut().unwrap().try_wait().unwrap().is_some() {
                break child.take().unwrap().wait_with_output().unwrap();
            }
            assert!(start.elapsed() < PATIENCE, "{name}: it waits");
            std::thread::sleep(Duration::from_millis(1));
        };
        count += drain(&reader).len();
        let answers = text(&output.stderr);
        let lines: Vec<&str> = answers.lines().collect();
        assert_eq!((lines[0], lines[2], output.status.code()), ("0", "0", Some(0)), "{name}: {answers}");
        let told: usize = lines[1].parse().unwrap();
        assert!(told > 0 && written(told, name == "terminal").len() == count, "{name}: {told} {count}");
        assert!(fcntl_getfl(&writer).unwrap().contains(OFlags::NONBLOCK), "{name}");
    }
    let (reader, _writer) = std::io::pipe().unwrap();
    set_nonblocking(&reader);
    assert_eq!(said(&program, "fd=0 flags? read=10", |c| _ = c.stdin(reader)), format!("4\n{AGAIN}"));
}
