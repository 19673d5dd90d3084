//! Programs at a terminal: prompts, keys, and what the launcher says there only.
//!
//! What stands between the keys and a program is the system's terminal, as it is for native programs; nothing of ours
//! may change that. CPython and SQLite are tried where they are: WASMPACK_PYTHON is a folder with python.wasm and
//! python-lib, WASMPACK_SQLITE the shell's .wasm.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::common::{self, Dir, pack, skipped_on_windows};
use pty_process::Size;
use pty_process::blocking::{Command, Pty};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const UP: &str = "\x1b[A";
/// Longer than anything takes here; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program at a terminal.
struct Session {
    keys: std::fs::File,
    screen: Receiver<Vec<u8>>,
    child: Child,
    /// What was shown and not asked for yet.
    shown: String,
}

impl Session {
    /// Starts `program` in `folder` at a terminal of its own.
    fn start(program: &Path, args: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Session {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        // Behind an emulator, where one is needed.
        let runner = common::start(program);
        let mut command =
            Command::new(runner.get_program()).args(runner.get_args()).args(args).current_dir(folder);
        for (name, value) in variables {
            command = command.env(name, value);
        }
        let child = command.spawn(pts).unwrap();
        let (keys, screen) = split(pty);
        Session { keys, screen, child, shown: String::new() }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `text` is shown; returns all up to its end.
    #[track_caller]
    fn shows(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            if let Some(at) = self.shown.find(text) {
                let rest = self.shown.split_off(at + text.len());
                return std::mem::replace(&mut self.shown, rest);
            }
            match self.screen.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok(bytes) => self.shown += &String::from_utf8_lossy(&bytes),
                Err(_) => panic!("{text:?} was not shown; there is {:?}", self.shown),
            }
        }
    }

    /// Waits for the end; returns what was shown last, and how it ended.
    fn ends(mut self) -> (String, ExitStatus) {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(500)) {
            self.shown += &String::from_utf8_lossy(&bytes);
        }
        (self.shown, status)
    }
}

/// The two directions of a terminal: keys are written, a thread reads the screen.
fn split(pty: Pty) -> (std::fs::File, Receiver<Vec<u8>>) {
    let screen = std::fs::File::from(std::os::fd::OwnedFd::from(pty));
    let keys = screen.try_clone().unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // The end of the last program at a terminal is an error on Linux.
        while let Ok(count @ 1..) = (&screen).read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    (keys, receiver)
}

#[test]
fn a_terminal_is_seen_as_one() {
    if skipped_on_windows("pseudo-terminal of this kind") {
        return;
    }
    let dir = Dir::new();
    let (shown, status) = Session::start(&dir.pack("probe", &[]), &["tty"], dir.path(), &[]).ends();
    assert_eq!((shown.trim_end(), status.code()), ("111", Some(0)));
}

#[test]
fn a_prompt_takes_lines_and_keys_edit_them() {
    if skipped_on_windows("pseudo-terminal of this kind") {
        return;
    }
    let dir = Dir::new();
    let mut session = Session::start(&dir.pack("probe", &[]), &["prompt"], dir.path(), &[]);
    session.shows("> ");
    session.types("helo\x7flo\n");
    let echo = session.shows("got hello");
    assert!(echo.contains("helo"), "what is typed is shown: {echo:?}");
    session.shows("> ");
    // Ctrl-U takes the line away, Ctrl-D alone is the end.
    session.types("forgotten\x15kept\n");
    session.shows("got kept");
    session.shows("> ");
    session.types(CTRL_D);
    session.shows("bye");
    assert_eq!(session.ends().1.code(), Some(0));
}

#[test]
fn ctrl_c_ends_a_program_as_a_signal_does() {
    use std::os::unix::process::ExitStatusExt;
    if skipped_on_windows("pseudo-terminal of this kind") {
        return;
    }
    let dir = Dir::new();
    let mut session = Session::start(&dir.pack("probe", &[]), &["prompt"], dir.path(), &[]);
    session.shows("> ");
    session.types(CTRL_C);
    let (_, status) = session.ends();
    assert_eq!(status.signal(), Some(2), "{status}");
}

#[test]
fn a_missing_grant_is_hinted_at() {
    if skipped_on_windows("pseudo-terminal of this kind") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("probe", &[]);
    dir.write("here/file", "text");
    let hint = |program: &Path, args: &[&str], variables: &[(&str, &str)]| {
        let (shown, status) = Session::start(program, args, &dir.join("here"), variables).ends();
        assert_eq!(status.code(), Some(1), "{shown}");
        shown.replace("\r\n", "\n")
    };
    let asked = "probe: hint: the program asked for";
    let shown = hint(&program, &["cat", "file"], &[]);
    assert_eq!(
        shown,
        format!(
            "file: No such file or directory\n{asked} file, which was not granted; to grant it, start it with \
             WASMPACK_OPTS='--dir-ro .'\n"
        )
    );
    let shown = hint(&program, &["cat", "/etc/passwd"], &[("WASMPACK_OPTS", "--env A=1")]);
    assert!(shown.ends_with("start it with WASMPACK_OPTS='--env A=1 --dir-ro /etc'\n"), "{shown}");
    let shown = hint(&program, &["write", "new", "text"], &[]);
    assert!(shown.ends_with("start it with WASMPACK_OPTS='--dir .'\n"), "{shown}");
    let shown = hint(&program, &["cat", "nowhere"], &[]);
    assert_eq!(shown, "nowhere: No such file or directory\n", "what is nowhere no grant would bring");
    let other = Dir::new();
    let read_only = other.pack("probe", &["--dir-ro", ".::/data"]);
    let shown = hint(&read_only, &["write", "/data/file", "x"], &[]);
    assert!(
        shown.contains("was to change /data/file, which was granted to be read only")
            && shown.contains("'--dir .::/data'"),
        "{shown}"
    );
    let here_read_only = other.pack("probe", &["--dir-ro", "."]);
    let shown = hint(&here_read_only, &["write", "file", "x"], &[]);
    assert!(
        shown.contains("was to change file, which was granted to be read only")
            && shown.contains("'--dir .'"),
        "{shown}"
    );
    let carrying = other.pack("probe", &["--files", &format!("{}::/lib", dir.join("here").display())]);
    let shown = hint(&carrying, &["write", "/lib/file", "x"], &[]);
    assert!(
        shown.ends_with(
            "was to change /lib/file, which it carries to be read only; only packing it again with \
             --files-rw FOLDER::/lib grants it that\n"
        ),
        "{shown}"
    );
    let here_only = other.pack("probe", &["--dir", "."]);
    let shown = hint(&here_only, &["cat", "../here/file"], &[]);
    assert!(shown.ends_with("start it with WASMPACK_OPTS='--dir-ro ../here'\n"), "{shown}");
    let sealed = other.pack("probe", &["--sealed"]);
    let shown = hint(&sealed, &["cat", "file"], &[]);
    assert!(
        shown.ends_with("it is sealed: only packing it again with --dir-ro . grants it that\n"),
        "{shown}"
    );
    // The way that is shown leads there.
    let (shown, status) =
        Session::start(&program, &["cat", "file"], &dir.join("here"), &[("WASMPACK_OPTS", "--dir-ro .")])
            .ends();
    assert_eq!((shown.as_str(), status.code()), ("text", Some(0)));
}

#[test]
fn a_missing_grant_of_sockets_is_hinted_at() {
    if skipped_on_windows("pseudo-terminal of this kind") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("sockets", &[]);
    let hint = |args: &[&str]| {
        let (shown, status) = Session::start(&program, args, dir.path(), &[]).ends();
        assert_eq!(status.code(), Some(1), "{shown}");
        shown.replace("\r\n", "\n")
    };
    let shown = hint(&["open", "connect=10.0.0.5:80", "fail"]);
    assert_eq!(
        shown,
        "open ok\nconnect acces\nsockets: hint: the program asked to connect to 10.0.0.5:80, which was not granted; to grant \
         it, start it with WASMPACK_OPTS='--connect 10.0.0.5:80'\n"
    );
    let shown = hint(&["wasix", "resolve=example.com", "fail"]);
    assert!(shown.ends_with("start it with WASMPACK_OPTS='--connect example.com:*'\n"), "{shown}");
    let shown = hint(&["open", "bind=0.0.0.0:8080", "fail"]);
    assert!(shown.ends_with("start it with WASMPACK_OPTS='--listen 8080'\n"), "{shown}");
    // What WASIX's C library only tries is nothing to be told of.
    let shown = hint(&["wasix", "open", "bind=0.0.0.0:10275", "fail"]);
    assert_eq!(shown, "open ok\nbind acces\n");
}

/// A file or folder that a variable names, or a word about it.
fn given(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        skip::because(format!("{variable} is not set"));
    }
    path
}

#[test]
fn cpython_prompts_from_one_file() {
    let Some(python) =
        given("WASMPACK_PYTHON").filter(|_| !skipped_on_windows("pseudo-terminal of this kind"))
    else {
        return;
    };
    let dir = Dir::new();
    let program = dir.join("python");
    let files = format!("{}::/python", python.join("python-lib/usr/local").display());
    let home = "PYTHONHOME=/python";
    pack(&python.join("python.wasm"), &program, &["--files", &files, "--env", home, "--level", "3"]);
    let mut session = Session::start(&program, &[], dir.path(), &[]);
    session.shows("Python 3.11");
    session.shows(">>> ");
    session.types("import os; print(os.__file__, 6 * 7)\n");
    assert!(session.shows("/python/lib/python3.11/os.py 42").contains("print(os"));
    session.shows(">>> ");
    session.types("import json, sys; json.dumps([sys.stdin.isatty()])\n");
    session.shows("'[true]'");
    session.shows(">>> ");
    // CPython without readline has no history, here as natively: the key is part of the line.
    session.types(&format!("{UP}\n"));
    session.shows("SyntaxError");
    session.shows(">>> ");
    session.types(CTRL_D);
    assert_eq!(session.ends().1.code(), Some(0));
    // No handler of the app can see a signal: it ends the program, as it does other programs without one.
    let mut session = Session::start(&program, &[], dir.path(), &[]);
    session.shows(">>> ");
    session.types(CTRL_C);
    assert_eq!(session.ends().1.code(), None);
}

#[test]
fn sqlite_prompts() {
    let Some(module) =
        given("WASMPACK_SQLITE").filter(|_| !skipped_on_windows("pseudo-terminal of this kind"))
    else {
        return;
    };
    let dir = Dir::new();
    let program = dir.join("sqlite");
    pack(&module, &program, &[]);
    let mut session = Session::start(&program, &[], dir.path(), &[]);
    session.shows("sqlite> ");
    session.types("select 6 * 7;\n");
    session.shows("42");
    session.shows("sqlite> ");
    session.types("select 'two\n");
    session.shows("...> ");
    session.types("lines';\n");
    session.shows("sqlite> ");
    session.types(CTRL_D);
    assert_eq!(session.ends().1.code(), Some(0));
}
