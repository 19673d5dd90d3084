//! The packer and its launcher together: programs that are tried, and names that nobody chose.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::common::{
    self, Dir, file_name, fixture, pack, run, skipped_on_windows, skipped_when_emulated, text, wasmpack,
};
use payload::{Encoding, SectionKind, info::is_seen};
use wasmpack::executable::Executable;

const LOOP: &str = r#"(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))"#;

/// The process that `parent` started, once there is one that is no thread of its own.
fn child_of(parent: u32) -> Option<u32> {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        let found = fs::read_dir("/proc").unwrap().filter_map(Result::ok).find_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let (state, of) = state(id)?;
            (of == parent && state != "Z").then_some(id)
        });
        if found.is_some() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// The state and the parent of a process.
fn state(id: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn has_ended(id: u32) -> bool {
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        if state(id).is_none_or(|(state, _)| state == "Z") {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// A program that is tried ends with the packer, whatever ends that, and leaves no file.
#[test]
fn a_program_that_is_tried_ends_with_the_packer() {
    if skipped_when_emulated("by the packer") {
        return;
    }
    let dir = Dir::new();
    let source = dir.write("loop.wat", LOOP);
    let temporary = dir.join("tmp");
    fs::create_dir(&temporary).unwrap();
    let before = fs::read_dir(dir.path()).unwrap().count();
    for trial in [&["--profile", "x"]] {
        for (signal, number) in [("TERM", 15), ("HUP", 1), ("INT", 2), ("KILL", 9), ("ABRT", 6)] {
            let typed = wasmpack();
            // Whoever runs the tests (`nohup`, a script's `&`) may have ignored them.
            let mut packer = Command::new("env");
            packer.arg("--default-signal=TERM,HUP,INT,ABRT").arg(typed.get_program()).args(typed.get_args());
            packer.arg(&source).arg("-o").arg(dir.join("out")).args(trial).env("TMPDIR", &temporary);
            let mut packer = packer.stderr(Stdio::null()).spawn().unwrap();
            let tried = child_of(packer.id()).expect("a start is tried");
            // Its launcher is under way a moment later.
            std::thread::sleep(Duration::from_millis(200));
            let sent = Command::new("kill").args(["-s", signal, &packer.id().to_string()]).status();
            assert!(sent.unwrap().success());
            assert_eq!(packer.wait().unwrap().signal(), Some(number), "{signal}");
            let ended = has_ended(tried);
            let _ = (!ended).then(|| Command::new("kill").args(["-s", "KILL", &tried.to_string()]).status());
            assert!(ended, "{signal} {trial:?}: process {tried} goes on");
            assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "{signal}");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), before, "{signal}");
        }
    }
}

/// In the moment between its start and its asking to be ended, the packer may be gone.
#[test]
fn a_program_whose_packer_is_gone_is_not_tried() {
    if skipped_when_emulated("by the packer") {
        return;
    }
    let dir = Dir::new();
    // What the packer tries is kept by a program in its place: the launcher finds it in the file that it is started from.
    let program = tried(&dir, LOOP);
    let mut command = Command::new(&program);
    command.env("WASMPACK_PROFILE", dir.join("touched")).env("WASMPACK_PROFILE_PARENT", "1");
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(125), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("has ended"), "{}", text(&output.stderr));
}

/// What is packed for a trial has known clocks and random numbers: nobody must come to use it.
#[test]
fn a_program_that_was_packed_for_a_trial_runs_in_none_but_a_trial() {
    if skipped_when_emulated("by the packer") {
        return;
    }
    let dir = Dir::new();
    let program = tried(&dir, LOOP);
    for variables in [&[][..], &[("WASMPACK_OPTS", "--env A=1")], &[("WASMPACK_PROFILE_PARENT", "1")]] {
        let mut command = Command::new(&program);
        let output = command.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap();
        let message = text(&output.stderr);
        assert_eq!((output.status.code(), message.lines().count()), (Some(125), 1), "{message}");
        assert!(
            message.contains("packed for a trial") && message.contains("pack the app again"),
            "{message}"
        );
    }
    let told = text(&Command::new(&program).arg("--wasmpack-info").output().unwrap().stdout);
    assert!(told.contains("packed for a trial"), "{told}");
}

/// The size of chunks is a matter of storing alone.
#[test]
fn chunk_size_never_changes_what_a_program_sees() {
    let dir = Dir::new();
    // Prints the time and eight random bytes.
    let source = r#"(module
        (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\10\00\00\00")
        (func (export "_start")
            (drop (call $time (i32.const 0) (i64.const 1) (i32.const 16)))
            (drop (call $random (i32.const 24) (i32.const 8)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;
    let program = dir.pack_text("sees", source, &["--no-trial"]);
    for chunk_size in [4096, 16 * 1024, 64 * 1024] {
        let program = in_chunks(&dir, &program, chunk_size);
        let said = || {
            let output = run(&program, &[""; 0]);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            let (time, random) = output.stdout.split_at(8);
            (Duration::from_nanos(u64::from_le_bytes(time.try_into().unwrap())), random.to_vec())
        };
        let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let ((time, first), (_, second)) = (said(), said());
        assert!(time + Duration::from_secs(2) > before, "{chunk_size}: {time:?}");
        assert_ne!(first, second, "{chunk_size}");
    }
}

/// The same program, its code in chunks of this size.
fn in_chunks(dir: &Dir, program: &Path, chunk_size: u32) -> PathBuf {
    let executable = Executable::open(program).unwrap();
    let mut writer = payload::Writer::new(executable.prefix().header, executable.manifest());
    for section in &executable.prefix().sections {
        let size = match (section.kind, section.encoding) {
            (SectionKind::Manifest, _) => continue,
            (SectionKind::Code, _) => chunk_size,
            (_, Encoding::Chunked { chunk_size }) => chunk_size,
            (_, Encoding::Raw) => unreachable!("only images are raw"),
        };
        let content = executable.section(section.kind).unwrap().unwrap();
        let frames: Vec<_> =
            content.chunks(size as usize).map(|piece| payload::chunk::compress(piece, 1)).collect();
        writer = writer.chunked(section.kind, content.len() as u64, size, &frames);
    }
    let payload = writer.finish();
    let mut file = fs::read(program).unwrap();
    let (slot, at) = (common::slot(&file), common::payload_at(&file));
    let locator = payload::Locator { offset: at as u64, len: payload.len() as u64 };
    file[slot..slot + payload::locator::SIZE].copy_from_slice(&locator.to_bytes());
    file.truncate(at);
    file.extend_from_slice(&payload);
    common::executable(dir, &format!("chunks-{chunk_size}"), &file)
}

/// What the packer starts to try `source`, taken from it while it runs.
fn tried(dir: &Dir, source: &str) -> PathBuf {
    let source = dir.write("tried.wat", source);
    let mut packer = wasmpack();
    packer.arg(&source).arg("-o").arg(dir.join("out")).args(["--profile", ""]).stderr(Stdio::null());
    let mut packer = packer.spawn().unwrap();
    let child = child_of(packer.id()).expect("a start is tried");
    std::thread::sleep(Duration::from_millis(200));
    let program = fs::read(format!("/proc/{child}/exe")).unwrap();
    let sent = Command::new("kill").args(["-s", "KILL", &packer.id().to_string()]).status();
    assert!(sent.unwrap().success());
    packer.wait().unwrap();
    common::executable(dir, "program", &program)
}

/// An executable that is packed again was granted things by somebody else. A start that is tried has what was typed.
#[test]
fn a_profile_has_the_grants_that_were_typed() {
    if skipped_when_emulated("by the packer") {
        return;
    }
    let dir = Dir::new();
    let secret = dir.write("theirs/secret", "secret");
    let theirs = secret.parent().unwrap();
    for granted in [&["--native"][..], &["--dir", &format!("{}::/", theirs.display())]] {
        let foreign = dir.join(&file_name("foreign"));
        pack(&fixture("probe"), &foreign, &[granted, &["--keep-module", "--no-trial"]].concat());
        let reads = dir.join("reads");
        let target = if granted == ["--native"] { reads.display().to_string() } else { "/new".to_owned() };
        let written = if granted == ["--native"] { reads.clone() } else { theirs.join("new") };
        let args = format!("write '{target}' x");
        let again = |more: &[&str]| {
            let mut packer = wasmpack();
            packer.current_dir(dir.path()).arg(&foreign).arg("-o").arg(dir.join("again"));
            packer.args(["--profile", &args]).args(more).output().unwrap()
        };
        let output = again(&[]);
        assert!(
            !written.exists(),
            "{granted:?}: it wrote where only its own manifest lets it: {}",
            text(&output.stderr)
        );
        // What is packed has them all the same.
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("grants: may"), "{}", text(&output.stderr));
        let output = again(granted);
        assert!(output.status.success() && written.exists(), "{granted:?}: {}", text(&output.stderr));
        fs::remove_file(&written).unwrap();
        for file in [&foreign, &dir.join("again")] {
            fs::remove_file(file).unwrap();
        }
    }
}

/// What a terminal would obey, or not show.
const EVIL: &str =
    "a\x1b[2J\x07\r\nevil: forged\u{9b}31m\u{7f}\u{202e}b\u{2066}c\u{200b}\u{2028}\u{e0041}\u{feff}d";

#[track_caller]
fn is_harmless(bytes: &[u8], what: &str) {
    let text = std::str::from_utf8(bytes).unwrap();
    assert_eq!(text.chars().find(|c| *c != '\n' && !is_seen(*c)), None, "{what}: {text:?}");
    assert!(!text.lines().any(|line| line.starts_with("evil: forged")), "{what}: {text}");
    assert!(text.contains("a\\u{1b}[2J"), "{what} does not show it: {text}");
}

#[test]
fn names_in_a_module_never_control_a_terminal() {
    if skipped_on_windows("names with such characters") {
        return;
    }
    let dir = Dir::new();
    let escaped: String = EVIL.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    // A function of that name traps, and one of that name is imported.
    let trap = format!(
        r#"(module (memory 1) (func $"{escaped}" (i32.store (i32.const -1) (i32.const 3)))
            (func (export "_start") (call $"{escaped}")))"#
    );
    let import = format!(
        r#"(module (import "{escaped}" "{escaped}" (func $f)) (memory (export "memory") 1) (func (export "_start") call $f))"#
    );
    for (name, source) in [("trap", trap), ("import", import)] {
        let program = dir.pack_text(name, &source, &["--no-trial"]);
        let output = run::<&str>(&program, &[]);
        assert_eq!(output.status.code(), Some(134), "{}", text(&output.stderr));
        is_harmless(&output.stderr, name);
    }
}

#[test]
fn grants_and_names_of_the_manifest_never_control_a_terminal() {
    if skipped_on_windows("names with such characters") || skipped_when_emulated("under another name") {
        return;
    }
    let dir = Dir::new();
    let grant = format!("{EVIL}::{EVIL}");
    let variable = format!("{EVIL}={EVIL}");
    let source = dir.write("app.wat", r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    let out = dir.join("app");
    let mut packer = wasmpack();
    packer.arg(&source).arg("-o").arg(&out).args([
        "--no-trial",
        "--dir",
        &grant,
        "--env",
        &variable,
        "--cwd",
        EVIL,
    ]);
    let output = packer.args(["--", EVIL]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    is_harmless(&output.stderr, "grants");
    is_harmless(&run(&out, &["--wasmpack-info"]).stdout, "--wasmpack-info");
    // The directory is not there, which is said.
    let output = run::<&str>(&out, &[]);
    assert_eq!(output.status.code(), Some(125), "{}", text(&output.stderr));
    is_harmless(&output.stderr, "a directory that is missing");
    let refused = Command::new(&out).env("WASMPACK_OPTS", format!("--{EVIL}")).output().unwrap();
    is_harmless(&refused.stderr, "WASMPACK_OPTS");
    let renamed: &Path = &dir.join(&EVIL.replace('/', ""));
    fs::rename(&out, renamed).unwrap();
    is_harmless(&run::<&str>(renamed, &[]).stderr, "its own name");
}

#[test]
fn an_output_is_closed_before_it_has_its_name() {
    if skipped_when_emulated("under strace with the packer") {
        return;
    }
    let dir = Dir::new();
    let (log, out) = (dir.join("log"), dir.join(&file_name("app")));
    let typed = wasmpack();
    // The second time there is a file to replace.
    for _ in 0..2 {
        let mut traced = Command::new("strace");
        traced
            .args(["-f", "-e", "trace=open,openat,close,link,linkat,rename,renameat,renameat2", "-o"])
            .arg(&log);
        traced.arg(typed.get_program()).args(typed.get_args()).arg(fixture("hello"));
        let Ok(output) = traced.args(["-q", "--no-trial", "--no-cache", "-o"]).arg(&out).output() else {
            skip::because("strace is not installed");
            return;
        };
        assert!(output.status.success(), "{}", text(&output.stderr));
        let log = fs::read_to_string(&log).unwrap();
        let lines: Vec<&str> = log.lines().collect();
        let is_named = |line: &&str| line.contains("link") || line.contains("rename");
        let named = lines.iter().position(is_named).expect("it has a name");
        let is_made = |line: &&str| line.contains("O_TMPFILE") || line.contains("O_EXCL");
        let made = lines[..named].iter().rposition(is_made).expect("a file is made");
        // A call during which another thread makes one is told in two lines.
        let thread = lines[made].split(' ').next().unwrap();
        let is_answer = |line: &&&str| line.starts_with(thread) && line.contains(" = ");
        let answer = lines[made..].iter().find(is_answer).expect("the call returned");
        let close = format!("close({}", answer.rsplit("= ").next().unwrap());
        let is_closed = lines[made..named].iter().any(|line| line.contains(&close));
        assert!(is_closed, "a program that is open for writing cannot be started: {log}");
    }
}
