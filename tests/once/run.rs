//! `wasmpack run`: what it starts is what would be packed, and nothing is left of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Dir, fixture, launcher, text};

/// Longer than anything takes here; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// `wasmpack run` in the folder of `dir`, where its temporary folder is, too.
fn command(dir: &Dir) -> Command {
    let mut command = Command::new("env");
    // What starts the tests may have ignored some.
    command.args(["--default-signal=INT,TERM,HUP", env!("CARGO_BIN_EXE_wasmpack"), "run"]);
    std::fs::create_dir_all(dir.join("tmp")).unwrap();
    command.current_dir(dir.path()).env("TMPDIR", dir.join("tmp")).stdin(Stdio::null());
    if let Some(launcher) = launcher::path() {
        command.arg("--stub").arg(launcher);
    }
    command
}

fn runs(dir: &Dir, args: &[&str]) -> Output {
    command(dir).args(args).output().unwrap()
}

#[track_caller]
fn prints(dir: &Dir, args: &[&str], code: i32) -> String {
    let output = runs(dir, args);
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "nothing of the packer's");
    text(&output.stdout)
}

/// A folder with the fixtures.
fn with(programs: &[&str]) -> Dir {
    let dir = Dir::new();
    for program in programs {
        std::fs::copy(fixture(program), dir.join(&format!("{program}.wasm"))).unwrap();
    }
    dir
}

fn nothing_is_left(dir: &Dir) {
    assert_eq!(std::fs::read_dir(dir.join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_program_runs_at_once_with_its_grants_arguments_and_exit_code() {
    let dir = with(&["hello", "probe"]);
    dir.write("notes/today", "text");
    let before = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(
        prints(&dir, &["hello.wasm", "--", "a", "b"], 7),
        "hello from a packed program, 2 arguments\n"
    );
    assert_eq!(prints(&dir, &["probe.wasm", "--", "args", "--x", ""], 0), "probe\nargs\n--x\n\n");
    assert!(runs(&dir, &["probe.wasm", "--", "cat", "notes/today"]).status.code() == Some(1), "no grant");
    assert_eq!(prints(&dir, &["probe.wasm", "--dir-ro", ".", "--", "cat", "notes/today"], 0), "text");
    assert_eq!(prints(&dir, &["probe.wasm", "--files", "notes::/n", "--", "cat", "/n/today"], 0), "text");
    let env = ["probe.wasm", "--env", "A=1", "--name", "other", "--", "env"];
    assert_eq!(prints(&dir, &env, 0), "A=1\n");
    let opts = command(&dir).args(env).env("WASMPACK_OPTS", "--env B=2").output().unwrap();
    assert_eq!(text(&opts.stdout), "A=1\nB=2\n");
    let info = prints(&dir, &["probe.wasm", "--", "--wasmpack-info", "--long"], 0);
    let compiler = if cfg!(target_arch = "riscv64") { "cranelift" } else { "singlepass" };
    assert!(
        info.contains(&format!("packed by wasmpack {}, {compiler}", env!("CARGO_PKG_VERSION"))),
        "{info}"
    );
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        before + 1,
        "the temporary folder, and no more"
    );
    nothing_is_left(&dir);
}

#[test]
fn a_description_is_used_with_what_is_typed() {
    let dir = with(&["probe"]);
    let toml = "module = 'probe.wasm'\nname = 'tool'\ntargets = ['windows', 'linux-arm64']\noutput = 'dist/'\n\
                archive = true\nenv = { A = '1', B = '2' }\nargs = ['args', 'baked']\nprofile = 'args'\n";
    dir.write("wasmpack.toml", toml);
    assert_eq!(prints(&dir, &["--", "typed"], 0), "tool\nargs\nbaked\ntyped\n");
    std::fs::rename(dir.join("wasmpack.toml"), dir.join("other.toml")).unwrap();
    assert_eq!(prints(&dir, &["--config", "other.toml"], 0), "tool\nargs\nbaked\n");
    let missing = runs(&dir, &[]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        text(&missing.stderr).contains("wasmpack.toml: there is no such file"),
        "{}",
        text(&missing.stderr)
    );
    // For another module, its options.
    std::fs::copy(fixture("hello"), dir.join("second.wasm")).unwrap();
    assert_eq!(
        prints(&dir, &["second.wasm", "--config", "other.toml"], 7),
        "hello from a packed program, 2 arguments\n"
    );
    assert!(!dir.join("dist").exists());
    nothing_is_left(&dir);
}

#[test]
fn what_cannot_run_is_told_as_when_packing() {
    let dir = with(&[]);
    dir.write("lib.wat", "(module)");
    for (args, code, said) in [
        (&["none.wasm"][..], 1, "none.wasm: cannot read"),
        (&["lib.wat"], 1, "a library"),
        (&["lib.wat", "--dir", ".:/x"], 2, ".::/x"),
        (&["lib.wat", "-o", "x"], 2, "-o is an option for packing"),
        (&["lib.wat", "--target", "windows"], 2, "--target is an option for packing"),
        (&["-", "--watch"], 2, "--watch needs a file"),
    ] {
        let output = runs(&dir, args);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(said), "{said}: {}", text(&output.stderr));
    }
    nothing_is_left(&dir);
}

#[test]
fn what_one_compiler_lacks_the_other_does() {
    let dir = Dir::new();
    let simd = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32x4.extract_lane 2 (v128.const i32x4 1 2 3 4)))))"#;
    dir.write("simd.wat", simd);
    assert_eq!(prints(&dir, &["simd.wat"], 3), "");
    let chosen = runs(&dir, &["simd.wat", "--compiler", "singlepass"]);
    assert_eq!(chosen.status.code(), Some(1), "a chosen compiler is the one that is used");
    let verbose = text(&runs(&dir, &["simd.wat", "-v"]).stderr);
    assert!(verbose.contains("(cranelift, ") && verbose.contains("grants: none"), "{verbose}");
}

/// Prints a line, and then waits for ever.
fn endless(line: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\10\00\00\00\{:02x}\00\00\00")
            (data (i32.const 16) "{line}\n")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
                (loop $again (br $again))))"#,
        line.len() + 1
    )
}

/// Reads the next line that `child` prints.
fn next_line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn signals_are_the_programs() {
    let dir = Dir::new();
    dir.write("endless.wat", endless("up"));
    for (name, number) in [("TERM", 15), ("INT", 2), ("KILL", 9)] {
        let mut child = command(&dir).arg("endless.wat").stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        assert_eq!(next_line(&mut out), "up\n");
        signal(&child, name);
        assert_eq!(child.wait().unwrap().signal(), Some(number), "{name}");
        // Nobody holds the stream: the program is gone.
        assert_eq!(out.read_to_string(&mut String::new()).unwrap(), 0, "{name}");
        nothing_is_left(&dir);
    }
    dir.write("trap.wat", r#"(module (memory (export "memory") 1) (func (export "_start") unreachable))"#);
    let trapped = runs(&dir, &["trap.wat"]);
    assert_eq!(trapped.status.code(), Some(134));
    assert!(text(&trapped.stderr).starts_with("trap: trap: unreachable"), "{}", text(&trapped.stderr));
}

#[test]
fn standard_input_is_the_programs() {
    let dir = with(&["wc"]);
    let mut child =
        command(&dir).arg("wc.wasm").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"one two\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stdout).split_whitespace().take(3).eq(["1", "2", "8"]), "{}", text(&output.stdout));
}

#[test]
fn a_watched_program_runs_again_when_it_changes() {
    let dir = Dir::new();
    dir.write("app.wat", endless("one"));
    let mut child = command(&dir)
        .args(["--watch", "app.wat"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = BufReader::new(child.stderr.take().unwrap());
    assert_eq!(next_line(&mut out), "one\n");
    // The running one is ended, and the new one started.
    dir.write("app.wat", endless("three"));
    assert_eq!(next_line(&mut out), "three\n");
    assert_eq!(next_line(&mut said), "wasmpack: app.wat changed\n");
    // What cannot be packed is told, and waited for.
    dir.write("app.wat", "(module");
    assert_eq!(next_line(&mut said), "wasmpack: app.wat changed\n");
    assert!(next_line(&mut said).starts_with("wasmpack: app.wat: "));
    let mut line = String::new();
    while !line.ends_with("waiting for app.wat to change\n") {
        line = next_line(&mut said);
    }
    let ends = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const 5))))"#;
    // As compilers do it.
    std::fs::rename(dir.write("new", ends), dir.join("app.wat")).unwrap();
    assert_eq!(next_line(&mut said), "wasmpack: app.wat changed\n");
    assert_eq!(next_line(&mut said), "wasmpack: it ended with exit code 5; waiting for app.wat to change\n");
    dir.write("app.wat", endless("last"));
    assert_eq!(next_line(&mut out), "last\n");
    signal(&child, "INT");
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    assert_eq!(out.read_to_string(&mut String::new()).unwrap(), 0, "the program has ended as well");
    nothing_is_left(&dir);
}

#[test]
fn an_audit_prints_grants_that_are_enough() {
    let dir = with(&["probe"]);
    dir.write("notes/today", "text");
    let args = ["probe.wasm", "--native", "--audit", "-q", "--", "cat", "notes/today"];
    let audited = runs(&dir, &args);
    assert_eq!(text(&audited.stdout), "text");
    let said = text(&audited.stderr);
    let (_, options) = said.trim_end().split_once("enough for what it did: ").expect(&said);
    assert!(options.starts_with("--dir-ro notes"), "{options}");
    let given: Vec<&str> = ["probe.wasm"].into_iter().chain(options.split(' ')).collect();
    let again = runs(&dir, &[&given[..], &["-q", "--", "cat", "notes/today"]].concat());
    assert_eq!(text(&again.stdout), "text", "{options}");
    // It does not say enough where no option is. Windows has no such name.
    if cfg!(unix) {
        dir.write("a::b/c", "text");
        let args =
            ["probe.wasm", "--native", "--audit", "-q", "--", "cat", "a::b/c", "and", "cat", "notes/today"];
        let said = text(&runs(&dir, &args).stderr);
        let but = "enough for what it did, but for 1 that no option can name: --dir-ro notes";
        assert!(said.contains(but), "{said}");
    }
    let sealed = runs(&dir, &["probe.wasm", "--audit", "--sealed", "-q", "--", "cat", "x"]);
    assert_eq!(sealed.status.code(), Some(2), "{}", text(&sealed.stderr));
}
