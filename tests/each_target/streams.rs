//! The standard streams belong to whoever started a program: what the starter decided about them holds for the program, as
//! it does for a native one, and nothing of theirs is changed for others.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::{self, Dir, says, skipped_on_windows, skipped_when_emulated, text};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// WASI's numbers.
const AGAIN: &str = "errno 6\n";
const BROKEN_PIPE: &str = "errno 64\n";
const NOT_CAPABLE: &str = "errno 76\n";
const NOT_SUPPORTED: &str = "errno 58\n";
/// WASI's flag.
const APPEND: u32 = 1;

/// A program that waits longer than this waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where this cannot be tried.
#[track_caller]
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
        let start = Instant::now();
        // The root is open once the program runs, or is about to.
        while !(3..20).any(|number| link(number).is_ok_and(|target| target == Path::new("/"))) {
            assert!(start.elapsed() < PATIENCE, "{closed}: it did not start");
            std::thread::sleep(Duration::from_millis(2));
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
    std::fs::copy(&program, root.join("program")).unwrap();
    common::put_libraries(&program, &root);
    for closed in 0..8 {
        let output = ends(spawn(Path::new("/program"), "closed?", |command| {
            command.stderr(Stdio::null());
            close_streams(command, closed, Some(root.clone()));
        }));
        assert_eq!(output.status.code(), Some(closed), "{}", output.status);
    }
}

/// A session's leader without a terminal gets the first one that it opens, unless it says otherwise.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_a_program_opens_does_not_become_its_own() {
    use std::io::BufRead;
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
        std::io::BufReader::new(child.stderr.take().unwrap()).read_line(&mut answer).unwrap();
        assert_eq!(answer, "0\n", "{way}");
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        // proc_pid_stat(5): state, parent, group, session, and the terminal's number, behind the name in brackets.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        assert_eq!((fields[3], fields[4]), (&*child.id().to_string(), "0"), "{way}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn calls_of_a_start_function_work_on_the_programs_memory() {
    let dir = Dir::new();
    let text_of = |end: &str| {
        format!(
            r#"(module
                (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1)
                (data (i32.const 0) "\10\00\00\00\03\00\00\00") (data (i32.const 16) "one") (data (i32.const 19) "two")
                (func $say (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
                (func $start (call $say)
                    ;; what was grown meanwhile is there, too
                    (drop (memory.grow (i32.const 1)))
                    (i32.store (i32.const 0) (i32.const 65536)) (i32.store16 (i32.const 65536) (i32.const 0x2d2d))
                    (i32.store8 (i32.const 65538) (i32.const 0x2d)) (call $say) {end})
                (start $start)
                (func (export "_start") (i32.store (i32.const 0) (i32.const 19)) (call $say)))"#
        )
    };
    for options in [&[][..], &["--no-compress"], &["--compiler", "singlepass"]] {
        let program = dir.pack_text("start", &text_of(""), options);
        assert_eq!(common::prints(&program, &[], 0), "one---two", "{options:?}");
    }
    let program = dir.pack_text("exits", &text_of("(call $exit (i32.const 7))"), &[]);
    assert_eq!(common::prints(&program, &[], 7), "one---");
}
