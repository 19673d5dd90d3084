//! Odd surroundings on Linux: signals that others send or keep back, limits, filters of system calls, rights that whoever
//! starts a program lacks. A program does there what a native one would, or its launcher says one line and exits with 125.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::{self, Dir, confine, output, prints, says, skipped_when_emulated, start, text};

/// Never ends, and says so first.
const LOOP: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
    (loop $again (br $again))))"#;

/// Both ways of storing a program: its launcher brings what is touched, or the system does.
const STORAGE: [&str; 2] = ["--no-trial", "--no-compress"];

/// A failure of the launcher: exit code 125 and one line.
#[track_caller]
fn fails_in_one_line(output: &Output, name: &str) -> String {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{message} {:?}", output.status);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with(&says(name)), "{message}");
    message
}

/// Starts `command` with [`LOOP`] and waits until it runs; sends `signal`; how it ended, if it did within a second.
fn ended_by(command: &mut Command, signal: libc::c_int) -> Option<i32> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    // SAFETY: kill has no preconditions; the process is a child of this one and was not waited for.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, signal) }, 0);
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(1) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.signal();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

#[test]
fn a_signal_that_was_sent_does_what_it_does_to_a_native_program() {
    if skipped_when_emulated("to be sent signals") {
        return;
    }
    let dir = Dir::new();
    for (index, storage) in STORAGE.iter().enumerate() {
        let program = dir.pack_text(&format!("loop{index}"), LOOP, &[storage]);
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSYS, libc::SIGTERM] {
            assert_eq!(ended_by(&mut start(&program), signal), Some(signal), "{storage}");
            let mut ignoring = start(&program);
            confine::ignore(&mut ignoring, signal);
            assert_eq!(ended_by(&mut ignoring, signal), None, "{storage}: ignored {signal}");
        }
    }
}

#[test]
fn signals_that_whoever_started_it_blocks_are_no_way_to_break_it() {
    if skipped_when_emulated("with signals blocked") {
        return;
    }
    let dir = Dir::new();
    let division = "(module (memory (export \"memory\") 1)
      (func (export \"_start\") (drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))))";
    for storage in STORAGE {
        let blocked = |program: &Path| {
            let mut command = start(program);
            confine::block(&mut command, &[libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL]);
            output(command.stdin(Stdio::null()))
        };
        assert_eq!(blocked(&dir.pack("hello", &[storage])).status.code(), Some(7), "{storage}");
        let trapped = blocked(&dir.pack_text("divide", division, &[storage]));
        assert_eq!(trapped.status.code(), Some(134), "{storage}: {}", text(&trapped.stderr));
    }
}

/// Calls itself as often as standard input says, and then a function of the engine.
fn deep(body: &str) -> String {
    format!(
        "(module
          (import \"wasi_snapshot_preview1\" \"fd_read\" (func $read (param i32 i32 i32 i32) (result i32)))
          (memory (export \"memory\") 1) (table 2 funcref)
          (data (i32.const 0) \"\\10\\00\\00\\00\\04\\00\\00\\00\")
          (func $leaf {body})
          (func $deep (param i32)
            (if (i32.eqz (local.get 0)) (then (call $leaf) return))
            (call $deep (i32.sub (local.get 0) (i32.const 1))))
          (func (export \"_start\")
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $deep (i32.load (i32.const 16)))))"
    )
}

/// Runs a [`deep`] program.
fn at_depth(program: &Path, depth: u32) -> Output {
    let mut child =
        start(program).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&depth.to_le_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Functions of the engine run on the program's stack. Wherever that ends, the end is a trap that is reported.
#[test]
fn a_stack_that_ends_within_the_engine_is_a_trap() {
    let bodies = [
        "(drop (memory.grow (i32.const 0)))",
        "(drop (table.grow (ref.null func) (i32.const 1)))",
        "(memory.fill (i32.const 0) (i32.const 0) (i32.const 70000))",
        "unreachable",
        "(drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))",
    ];
    // A start takes wine as long as a hundred of the others.
    let bodies = if common::on_windows() { &bodies[2..3] } else { &bodies[..] };
    let dir = Dir::new();
    for compiler in ["cranelift", "singlepass"] {
        for body in bodies {
            let program = dir.pack_text("deep", &deep(body), &["--no-trial", "--compiler", compiler]);
            let overflows = |depth| text(&at_depth(&program, depth).stderr).contains("stack exhausted");
            let (mut low, mut high) = (1, 3_000_000);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if overflows(middle) { high = middle } else { low = middle }
            }
            // Where the engine needs the room; where the leaf's own frame does not fit; where the last call does not.
            let depths = [0, 1, 2, 3, 5, 8, 16, 40, 100]
                .into_iter()
                .flat_map(|step| [high + step, high.saturating_sub(step)]);
            for depth in depths {
                let ended = at_depth(&program, depth);
                let message = text(&ended.stderr);
                let code = ended.status.code();
                assert!(
                    matches!(code, Some(0 | 134)),
                    "{compiler} {body} {depth}: {:?} {message}",
                    ended.status
                );
                assert!(
                    code == Some(0) || message.starts_with(&format!("{}trap: ", says("deep"))),
                    "{message}"
                );
            }
            let message = text(&at_depth(&program, high + 40).stderr);
            assert!(common::on_windows() || message.contains("at deep "), "{compiler} {body}: {message}");
        }
    }
}

#[test]
fn a_limit_that_is_too_low_is_named() {
    if skipped_when_emulated("under limits") {
        return;
    }
    let dir = Dir::new();
    let here = dir.path().to_str().unwrap();
    for storage in STORAGE {
        let program = dir.pack("hello", &["--dir", here, storage]);
        let under = |resource, value| {
            let mut command = start(&program);
            confine::limit(&mut command, resource, value);
            output(command.stdin(Stdio::null()))
        };
        let mut refused = 0;
        for (resource, option, values) in [
            (libc::RLIMIT_AS, "(ulimit -v)", [9_000u64, 12_000, 20_000, 100_000, 6_000_000]),
            (libc::RLIMIT_DATA, "(ulimit -d)", [1_000, 2_000, 5_000, 9_000, 9_500]),
        ] {
            for kib in values {
                let ended = under(resource, kib * 1024);
                if ended.status.code() == Some(7) {
                    continue;
                }
                let message = fails_in_one_line(&ended, "hello");
                assert!(message.contains(&format!("is {kib} KiB {option}")), "{message}");
                refused += 1;
            }
        }
        assert!(refused >= 5, "{refused}");
        let message = fails_in_one_line(&under(libc::RLIMIT_NOFILE, 4), "hello");
        assert!(message.contains("(ulimit -n)") && !message.contains("create it"), "{message}");
    }
}

#[test]
fn a_filter_of_system_calls_is_not_met_by_surprise() {
    if skipped_when_emulated("under a filter of system calls") {
        return;
    }
    let dir = Dir::new();
    dir.write("file", "content");
    let program = dir.pack("probe", &["--dir", &format!("{}::/data", dir.path().display())]);
    let under = |action| {
        let mut command = start(&program);
        confine::filter(&mut command, libc::SYS_openat2, action);
        output(command.args(["cat", "/data/file"]).stdin(Stdio::null()))
    };
    for answer in [libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32, libc::SECCOMP_RET_TRAP] {
        let ended = under(answer);
        assert_eq!(text(&ended.stdout), "content", "{:?} {}", ended.status, text(&ended.stderr));
    }
    // What forbids other calls of the process that tries must not be taken for that.
    let mut command = start(&program);
    confine::filter(&mut command, libc::SYS_exit, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32);
    let ended = output(command.args(["cat", "/data/file"]).stdin(Stdio::null()));
    assert_eq!(text(&ended.stdout), "content", "{:?} {}", ended.status, text(&ended.stderr));
    let message = fails_in_one_line(&under(libc::SECCOMP_RET_KILL_PROCESS), "probe");
    assert!(message.contains("openat2") && message.contains("seccomp"), "{message}");
}

/// True, with a word about it, where this test cannot make programs that run with other rights.
#[track_caller]
fn skipped_without_root(what: &str) -> bool {
    // SAFETY: geteuid has no preconditions.
    let is_root = unsafe { libc::geteuid() } == 0;
    if !is_root {
        skip::because(format!("{what} needs root"));
    }
    !is_root
}

#[test]
fn a_program_with_rights_of_its_own_takes_nothing_from_whoever_starts_it() {
    const NOBODY: u32 = 65534;
    if skipped_when_emulated("with rights of its own") || skipped_without_root("a set-user-ID program") {
        return;
    }
    let dir = Dir::new();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let secret = dir.write("secret", "secret");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let secret = secret.to_str().unwrap();
    let as_nobody = |program: &Path, mode: u32, variable: (&str, &str)| {
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = start(program);
        command.args(["cat", secret]).env(variable.0, variable.1).stdin(Stdio::null());
        output(command.uid(NOBODY).gid(NOBODY).current_dir("/"))
    };
    let bare = dir.pack("probe", &[]);
    let none = ("UNUSED", "");
    for mode in [0o4755, 0o2755] {
        for grant in ["--native", "--dir /", "--dir-ro=/::/", "--deny-env"] {
            let message = fails_in_one_line(&as_nobody(&bare, mode, ("WASMPACK_OPTS", grant)), "probe");
            assert!(message.contains("set-user-ID") && message.contains("unset WASMPACK_OPTS"), "{message}");
        }
    }
    let mut told = start(&bare);
    let told = text(&output(told.arg("--wasmpack-info").uid(NOBODY).gid(NOBODY).current_dir("/")).stdout);
    assert!(told.contains("cannot be changed") && !told.contains("can be changed with"), "{told}");
    // Without rights of its own the variable counts, and the system refuses.
    let plain = as_nobody(&bare, 0o755, ("WASMPACK_OPTS", "--dir /"));
    assert_eq!(plain.status.code(), Some(1), "{}", text(&plain.stderr));
    // What was granted when it was packed is there; but not where a variable of theirs says.
    let granted = dir.pack("probe", &["--dir-ro", "/"]);
    assert_eq!(text(&as_nobody(&granted, 0o4755, none).stdout), "secret");
    let parent = dir.path().parent().unwrap().to_str().unwrap();
    for (host, name) in [("$PLACE", "PLACE"), ("~", "HOME")] {
        let named = dir.pack("probe", &["--dir-ro", &format!("{host}::/data")]);
        let message = fails_in_one_line(&as_nobody(&named, 0o4755, (name, parent)), "probe");
        assert!(message.contains("set-user-ID") && message.contains(host), "{message}");
    }
}

/// Without /proc the launcher goes by the path it was started by. An interpreter's is its script's.
#[test]
fn as_an_interpreter_without_proc_it_says_what_it_needs() {
    if skipped_when_emulated("by the system itself") || skipped_without_root("a folder without /proc") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("hello", &[]);
    assert!(prints(&program, &[], 7).starts_with("hello"));
    std::fs::create_dir(dir.join("root")).unwrap();
    std::fs::hard_link(&program, dir.join("root/app")).unwrap();
    common::put_libraries(&program, &dir.join("root"));
    common::place::executable(&dir.join("root/script"), b"#!/app\n");
    let ended = output(Command::new("chroot").arg(dir.join("root")).arg("/script"));
    let message = fails_in_one_line(&ended, "app");
    assert!(message.contains("/script is a script") && message.contains("mount"), "{message}");
}
