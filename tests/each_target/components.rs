//! Components as programs: they print what wasmtime prints for them, which `tests/fixtures/component/everything.txt` records.
//!
//! `everything.c` beside it calls each function of WASI 0.2 by itself.

mod tools;

use std::{
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::common::{Dir, file_name, fixture, on_windows, pack, prints, run, start, text};

/// The parts of the program: what its argument begins with says which, and the rest is for it.
const PARTS: [&[&str]; 10] = [
    &["environment", "a b", ""],
    &["clocks"],
    &["random"],
    &["files"],
    &["links"],
    &["uses"],
    &["sockets"],
    &["many"],
    &["input"],
    &["zeroes"],
];
/// What is on its standard input.
const INPUT: &[u8] = b"abcdefghijklmnop";

fn record() -> PathBuf {
    fixture("component/everything").with_extension("txt")
}

/// Packs a fixture of components.
fn packed(dir: &Dir, name: &str, options: &[&str]) -> PathBuf {
    let out = dir.join(&file_name(name));
    pack(&fixture(&format!("component/{name}")), &out, options);
    out
}

fn told(mut command: Command, part: &[&str]) -> Output {
    answer(command.args(part), INPUT)
}

/// The output of a command that reads `input` from standard input.
fn answer(command: &mut Command, input: &[u8]) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // Whoever does not read it may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The wasmtime that `WASMTIME` names.
#[track_caller]
fn wasmtime() -> Option<OsString> {
    let named = std::env::var_os("WASMTIME");
    if named.is_none() {
        skip::because("WASMTIME names no wasmtime");
    }
    named
}

/// What the program prints, part by part; `command` starts it.
fn everything(command: &dyn Fn() -> Command, left_out: &[&str]) -> String {
    let mut all = String::new();
    for part in PARTS.iter().filter(|part| !left_out.contains(&part[0])) {
        let output = told(command(), part);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{part:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        all += &format!(
            "== {}\n{}{}",
            part.join(" "),
            text(&output.stdout).replace('\0', "0"),
            text(&output.stderr)
        );
    }
    all
}

/// A record without some of its parts.
fn without(record: &str, left_out: &[&str]) -> String {
    let is_kept = |part: &&str| !left_out.iter().any(|name| part.starts_with(name));
    record.split("== ").skip(1).filter(is_kept).map(|part| format!("== {part}")).collect()
}

#[test]
fn every_function_of_wasi_02_does_what_it_does_in_wasmtime() {
    let dir = Dir::new();
    let data = dir.join("data");
    std::fs::create_dir(&data).unwrap();
    let grant = format!("{}::/data", data.display());
    let program = packed(&dir, "everything", &["--dir", &grant, "--env", "TEST=1", "--env", "T2="]);
    // Links are the file system's, and wine has others.
    let left_out: &[&str] = if on_windows() { &["links"] } else { &[] };
    let recorded = std::fs::read_to_string(record()).unwrap();
    assert_eq!(everything(&|| start(&program), left_out), without(&recorded, left_out));
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0, "it cleans up behind itself");
}

#[test]
fn the_record_is_what_wasmtime_prints() {
    let Some(wasmtime) = wasmtime() else { return };
    let dir = Dir::new();
    let grant = format!("{}::/data", dir.path().display());
    let command = || {
        let mut command = Command::new(&wasmtime);
        command
            .args(["run", "--env", "TEST=1", "--env", "T2=", "--dir", &grant])
            .arg(fixture("component/everything"));
        command
    };
    let printed = everything(&command, &[]);
    if std::env::var_os("WASMPACK_BLESS").is_some() {
        std::fs::write(record(), &printed).unwrap();
    }
    assert_eq!(printed, std::fs::read_to_string(record()).unwrap());
}

#[test]
fn what_a_component_may_touch_is_what_was_granted() {
    let dir = Dir::new();
    dir.write("data/kept", "");
    let grant = format!("{}::/data", dir.join("data").display());
    // Nothing of WASI 0.2 gets around a grant that only reads, and nothing is there without one.
    let reads = packed(&dir, "everything", &["--dir-ro", &grant]);
    let printed = text(&run(&reads, &["files"]).stdout);
    assert!(printed.starts_with("create directory error 33\n"), "{printed}");
    assert!(!dir.join("data/made").exists());
    // Nor is a file opened for writing that cannot be written.
    let refused = "open kept error 33\n";
    let expected = ["open kept ok\n", refused, refused, refused, "open kept ok\n", refused];
    assert_eq!(prints(&reads, &["opens"], 0), expected.concat());
    let writes = packed(&dir, "everything", &["--dir", &grant]);
    assert_eq!(prints(&writes, &["opens"], 0), "open kept ok\n".repeat(6));
    let bare = packed(&dir, "everything", &[]);
    let output = run(&bare, &["files"]);
    assert_ne!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert_eq!(prints(&bare, &["environment"], 0).matches("variable").count(), 0);
}

#[test]
fn exit_codes_and_traps_are_those_of_a_module() {
    let dir = Dir::new();
    let program = packed(&dir, "everything", &[]);
    assert_eq!(run(&program, &["x"]).status.code(), Some(1));
    assert_eq!(run(&program, &["nothing"]).status.code(), Some(1));
    let trapped = run(&program, &["trap"]);
    assert_eq!(trapped.status.code(), Some(134));
    assert!(
        text(&trapped.stderr).contains("wasi:filesystem/types@0.2.12#[resource-drop]descriptor"),
        "{trapped:?}"
    );
}

#[test]
fn the_working_directory_is_told() {
    let dir = Dir::new();
    let grant = format!("{}::/data", dir.path().display());
    let program = packed(&dir, "everything", &["--dir", &grant, "--cwd", "/data"]);
    assert_eq!(prints(&program, &["where"], 0), "cwd \"/data\"\n");
}

#[test]
fn a_program_of_preview_1_is_taken_out_of_its_component() {
    let dir = Dir::new();
    let expected = prints(&dir.pack("hello", &[]), &[], 7);
    let taken_out = packed(&dir, "adapted", &["--keep-module"]);
    assert_eq!(prints(&taken_out, &[], 7), expected);
    // The official adapter hands an exit code on as success or failure.
    assert_eq!(prints(&packed(&dir, "merged", &[]), &[], 1), expected);
}

#[test]
fn a_kept_component_is_packed_again() {
    let dir = Dir::new();
    let program = packed(&dir, "everything", &["--keep-module"]);
    let again = dir.join(&file_name("again"));
    pack(&program, &again, &[]);
    assert_eq!(prints(&again, &["sockets"], 0), prints(&program, &["sockets"], 0));
    let taken = dir.join("taken.wasm");
    let output = wasmpack_plain()
        .args(["extract".as_ref(), program.as_os_str(), "-o".as_ref(), taken.as_os_str()])
        .output();
    assert!(output.unwrap().status.success());
    let same = |path: &Path| std::fs::read(path).unwrap();
    assert_eq!(same(&taken), same(&fixture("component/everything")));
    let inspect = wasmpack_plain().arg("inspect").arg(&program).output().unwrap();
    assert!(
        text(&inspect.stdout).contains("it was a component of wasi:cli@0.2.12"),
        "{}",
        text(&inspect.stdout)
    );
    let json = wasmpack_plain().args(["inspect", "--json"]).arg(&program).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(
        json["notes"][0].as_str().unwrap().starts_with("it was a component of wasi:cli@0.2.12"),
        "{json}"
    );
}

/// The packer's other commands.
fn wasmpack_plain() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wasmpack"))
}

#[test]
fn packing_a_component_twice_gives_the_same_bytes() {
    let bytes = || {
        let dir = Dir::new();
        std::fs::read(packed(&dir, "everything", &[])).unwrap()
    };
    assert!(bytes() == bytes());
}
