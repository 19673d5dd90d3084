//! What is in one, and what the packer makes of it.

use payload::{
    Target,
    unix::{Directory, SCRIPT_SIZE, SIZE},
};

use super::*;

fn directory(file: &[u8]) -> Directory {
    Directory::parse(&file[SCRIPT_SIZE..SCRIPT_SIZE + SIZE], file.len() as u64).unwrap()
}

fn wasmpack(dir: &Dir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    command.args(args).current_dir(dir.path()).output().unwrap()
}

#[track_caller]
fn good(dir: &Dir, args: &[&str]) -> String {
    let output = wasmpack(dir, args);
    assert!(output.status.success(), "{args:?}: {} {}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The launcher that tests use instead of the committed one, as options.
fn stub() -> Vec<String> {
    launcher::path().map_or_else(Vec::new, |path| vec!["--stub".to_owned(), path.display().to_string()])
}

#[test]
fn what_several_targets_have_is_there_once() {
    let of = |target| directory(probe()).program(target).unwrap().clone();
    let (intel, mac) = (of(Target::LinuxX86_64), of(Target::MacosX86_64));
    let (arm, riscv) = (of(Target::LinuxArm64), of(Target::LinuxRiscv64));
    let shared = |one: &payload::unix::Program, other: &payload::unix::Program| {
        let is_in = |piece: &&payload::unix::Piece| other.pieces.iter().any(|of| of.offset == piece.offset);
        one.pieces.iter().filter(is_in).map(|piece| piece.len).sum::<u64>()
    };
    // Code, memory and frames are nearly all of a payload.
    assert!(
        shared(&intel, &mac) * 10 > intel.payload_len * 9,
        "{} of {}",
        shared(&intel, &mac),
        intel.payload_len
    );
    assert!(shared(&intel, &arm) > 1000 && shared(&intel, &riscv) > 1000, "the memory image");
    let script = &probe()[..SCRIPT_SIZE];
    assert!(script[..8000].contains(&0), "git looks for a NUL there");
    assert!(script.starts_with(b"#!/bin/sh\n") && !script.contains(&b'\r'));
}

#[test]
fn it_is_reproducible_and_each_payload_is_what_it_is_alone() {
    let dir = Dir::new();
    for out in ["a", "b"] {
        fs::create_dir(dir.join(out)).unwrap();
        let output =
            packer("probe", &dir.join(out).join("probe")).args(["--env-all", "--dir", "."]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let read = |name: &str| fs::read(dir.join(name)).unwrap();
    assert!(read("a/probe") == read("b/probe") && read("a/probe") == probe());
    // Where chunks are as large as in others.
    let file = fixture("probe");
    let file = file.to_str().unwrap();
    fs::create_dir(dir.join("arm")).unwrap();
    good(&dir, &[file, "-q", "-t", "macos-arm64", "-o", "arm/probe", "--env-all", "--dir", "."]);
    let own = read("arm/probe");
    let own = &own[container::find(&own).unwrap().payload];
    let joined = container::unix::read(probe()).unwrap();
    let joined = joined.iter().find(|read| read.program.target == Target::MacosArm64).unwrap();
    assert!(joined.payload == own);
}

#[test]
fn it_is_looked_at_verified_extracted_and_packed_again() {
    let dir = Dir::new();
    dir.write("note", "carried");
    let hello = fixture("hello");
    let hello = hello.to_str().unwrap();
    let stub = stub();
    let with_stub = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(stub.iter().map(String::as_str)).collect();
        good(&dir, &args)
    };
    let report = with_stub(&[hello, "-o", "app", "-t", "unix", "--files", "note", "--keep-module", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let output = &report["outputs"][0];
    assert_eq!(
        (output["target"].as_str(), output["executables"].as_array().map(Vec::len)),
        (Some("unix"), Some(5))
    );
    let json: serde_json::Value = serde_json::from_str(&good(&dir, &["inspect", "--json", "app"])).unwrap();
    assert_eq!((&json["format"], &json["target"]), (&"script".into(), &"linux-x86_64".into()));
    assert_eq!(json["others"].as_array().map(Vec::len), Some(4));
    assert_eq!(json["size"], output["size"]);
    assert!(good(&dir, &["inspect", "--long", "app"]).contains("macos-arm64"));
    assert!(good(&dir, &["inspect", "--files", "app"]).contains("note"));
    let found = with_stub(&["verify", "app"]);
    for line in [
        "ok      script: SHA-256 matches, and it is the one",
        "ok      program: the same in linux-x86_64,",
        "ok      macos-arm64: code:",
    ] {
        assert!(found.contains(line), "{line}: {found}");
    }
    good(&dir, &["extract", "app", "-o", "hello.wasm", "--files", "out"]);
    assert_eq!(fs::read(dir.join("hello.wasm")).unwrap(), fs::read(hello).unwrap());
    // Over itself, from itself, and for one target.
    let first = fs::read(dir.join("app")).unwrap();
    with_stub(&[hello, "-o", "app", "-t", "unix", "--files", "note", "--keep-module"]);
    assert!(fs::read(dir.join("app")).unwrap() == first);
    with_stub(&["app", "-q", "-o", "again-unix"]);
    with_stub(&["app", "-q", "-o", "one", "-t", "linux-x86_64"]);
    assert_eq!(output_of(&dir, "one"), output_of(&dir, "again-unix"));
    // Not over what is for others, in silence.
    let refused = wasmpack(&dir, &[hello, "-o", "one", "-t", "unix"]);
    assert!(text(&refused.stderr).contains("an executable for linux-x86_64"), "{}", text(&refused.stderr));
    let refused = wasmpack(&dir, &[hello, "-o", "app", "-t", "linux-x86_64"]);
    assert!(text(&refused.stderr).contains("macos-arm64 and macos-x86_64"), "{}", text(&refused.stderr));
}

fn output_of(dir: &Dir, name: &str) -> String {
    ended(&mut command(dir.join(name), dir), 7).0
}

#[test]
fn no_changed_byte_passes() {
    let dir = Dir::new();
    let stub = stub();
    let verify: Vec<&str> = ["verify", "app"].into_iter().chain(stub.iter().map(String::as_str)).collect();
    put(dir.path(), "app", probe());
    assert_eq!(wasmpack(&dir, &verify).status.code(), Some(0));
    let directory = directory(probe());
    let mut places: Vec<usize> =
        vec![20, 3000, 8190, SCRIPT_SIZE + 9, SCRIPT_SIZE + 70, SCRIPT_SIZE + SIZE - 1];
    for program in &directory.programs {
        places.push((program.launcher.offset + program.launcher.stored_len - 6) as usize);
        places.extend(program.pieces.iter().map(|piece| (piece.offset + piece.len / 2) as usize));
    }
    for at in places {
        let mut changed = probe().to_vec();
        changed[at] ^= 4;
        put(dir.path(), "app", &changed);
        assert_eq!(wasmpack(&dir, &verify).status.code(), Some(1), "{at:#x}");
    }
    put(dir.path(), "app", &probe()[..probe().len() - 1]);
    let cut = wasmpack(&dir, &verify);
    assert!(text(&cut.stderr).contains("cut short"), "{}", text(&cut.stderr));
}

#[test]
fn git_keeps_it_as_it_is_whatever_it_does_to_text() {
    if runner::installed("git").is_none() {
        skip::because("git is not here");
        return;
    }
    let dir = Dir::new();
    put(dir.path(), "app", probe());
    let git = |args: &[&str]| ended(command("git", &dir).args(args), 0);
    git(&["init", "-q"]);
    for (name, value) in [("core.autocrlf", "true"), ("user.name", "n"), ("user.email", "n@example.org")] {
        git(&["config", name, value]);
    }
    git(&["add", "app"]);
    git(&["commit", "-q", "-m", "app"]);
    fs::remove_file(dir.join("app")).unwrap();
    git(&["checkout", "--", "app"]);
    assert!(fs::read(dir.join("app")).unwrap() == probe());
    ended(command(dir.join("app"), &dir).args(["args"]), 0);
}

#[test]
fn beside_it_lies_the_program_for_windows() {
    let dir = Dir::new();
    let hello = fixture("hello");
    good(&dir, &[hello.to_str().unwrap(), "-q", "-t", "universal", "-o", "out"]);
    assert_eq!(names(&dir.join("out")), ["hello", "hello.exe"]);
    assert!(container::unix::is(&fs::read(dir.join("out/hello")).unwrap()));
    let windows = fs::read(dir.join("out/hello.exe")).unwrap();
    assert_eq!(container::find(&windows).unwrap().target, Target::WindowsX86_64);
    let archives = [
        "--archive",
        "--app-version",
        "1.0.0",
        "--installers",
        "sh,npm,pypi",
        "--download-url",
        "https://example.org/d",
    ];
    let args =
        [&[hello.to_str().unwrap(), "-q", "-t", "universal", "-o", "archives"][..], &archives].concat();
    good(&dir, &args);
    let written = names(&dir.join("archives"));
    for name in ["hello-unix-1.0.0.tar.gz", "hello-windows-x86_64-1.0.0.zip", "install.sh", "SHA256SUMS"] {
        assert!(written.contains(&name.to_owned()), "{written:?}");
    }
    let installer = fs::read_to_string(dir.join("archives/install.sh")).unwrap();
    assert!(installer.matches("hello-unix-1.0.0.tar.gz").count() >= 1, "{installer}");
}
