//! What a good command line does: the manifest holds what was typed, and the same input gives the same bytes.

use container::testing::elf::{SECTION, elf};
use payload::{Compiler, CpuFeatures, DirGrant, Engine, SectionKind, Target};

use crate::dir::{Dir, prefix, stderr};

const PACK: [&str; 5] = ["app.wasm", "-o", "out", "--stub", "stub"];

#[test]
fn two_lines_say_what_was_written_and_granted() {
    let dir = Dir::new();
    // The launcher here cannot be started.
    let output = dir.packs(&[&PACK[..], &["--no-trial"]].concat());
    let line = stderr(&output);
    assert!(line.starts_with("out: linux-x86_64, ") && line.contains("(cranelift, "), "{line}");
    assert_eq!(line.lines().nth(1), Some("grants: none"), "{line}");
    assert_eq!(line.lines().count(), 2, "{line}");
    assert!(output.stdout.is_empty(), "stdout is for data");
}

/// What decides is the program, and not the machine.
#[test]
fn a_program_that_is_tried_nowhere_is_told_and_packed() {
    let dir = Dir::new();
    dir.write("shared.wat", br#"(module (memory (export "memory") 1 1 shared) (func (export "_start")))"#);
    let pack = ["shared.wat", "-o", "out", "--stub", "stub"];
    let line = stderr(&dir.packs(&pack));
    let note = line.lines().nth(2).unwrap_or_default();
    assert!(note.starts_with("note: ") && note.contains("cannot be interpreted"), "{line}");
    let tried = dir.read("out");
    dir.packs(&[&pack[..], &["--no-trial"]].concat());
    assert!(tried == dir.read("out"));
}

/// A program with a function that its start does not run, and one that it does.
const STARTS: &str = r#"(module (memory (export "memory") 1) (data (i32.const 5) "x")
    (func $unused (drop (i32.const 1))) (func $used (drop (i32.load8_u (i32.const 9))))
    (func (export "_start") (call $used)) (table 2 funcref) (elem (i32.const 0) $unused $used))"#;

#[test]
fn a_profile_is_a_file_that_takes_the_place_of_the_trial() {
    let dir = Dir::new();
    dir.write("app.wat", STARTS.as_bytes());
    let pack = |more: &[&str]| {
        let said = stderr(&dir.packs(&[&["app.wat", "-o", "out", "--stub", "stub", "-v"], more].concat()));
        (dir.read("out"), said)
    };
    let (tried, said) = pack(&["--save-profile", "app.profile"]);
    assert!(
        said.contains("the 2 functions that a start runs") && said.contains("trial: started once"),
        "{said}"
    );
    let text = String::from_utf8(dir.read("app.profile")).unwrap();
    let words: Vec<&str> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(words, ["wasmpack", "start", "function", "function", "memory"], "{text}");
    let (used, said) = pack(&["--use-profile", "app.profile"]);
    assert!(said.contains("the program has 2, and 0 are gone"), "{said}");
    assert!(tried == used && tried != pack(&["--no-trial"]).0);
    // Joined with itself it is what it was.
    let again = ["--use-profile", "app.profile", "--use-profile", "app.profile", "--save-profile", "joined"];
    assert!(pack(&again).0 == used && dir.read("joined") == text.as_bytes());
    let project = b"module = 'app.wat'\noutput = 'out'\nstub = 'stub'\nuse-profile = ['app.profile']\n";
    dir.write("wasmpack.toml", project);
    dir.packs(&["build"]);
    assert!(dir.read("out") == used);
}

#[test]
fn what_is_no_profile_is_an_error_and_one_of_another_program_a_note() {
    let dir = Dir::new();
    dir.write("app.wat", STARTS.as_bytes());
    dir.write("none", b"wasmpack profile 1\nstart\nfunctions all\n");
    let pack = ["app.wat", "-o", "out", "--stub", "stub", "--use-profile"];
    dir.fails(&[&pack[..], &["none"]].concat(), &["none: line 3: unknown"]);
    dir.fails(&[&pack[..], &["missing"]].concat(), &["missing: cannot read the profile"]);
    dir.write("other", b"wasmpack profile 1\nstart\nfunction 0123456789abcdef\n");
    let said = stderr(&dir.packs(&[&pack[..], &["other"]].concat()));
    assert!(said.contains("note: ") && said.contains("of another program"), "{said}");
    // Where most is gone the little that is left is used, and told.
    dir.packs(&["app.wat", "-o", "out", "--stub", "stub", "-q", "--save-profile", "own"]);
    let own = String::from_utf8(dir.read("own")).unwrap();
    let with = |gone: usize| {
        let lines: String = (0..gone).map(|at| format!("function {at:016x}\n")).collect();
        dir.write("mixed", format!("{own}{lines}").as_bytes());
        stderr(&dir.packs(&[&pack[..], &["mixed"]].concat()))
    };
    assert!(!with(2).contains("note: "));
    let note =
        "note: of the functions in the profile the program has 2, and 3 are gone; the profile is of another";
    assert!(with(3).contains(note), "{}", with(3));
}

#[test]
fn what_adds_nothing_is_told() {
    let dir = Dir::new();
    let notes = |flags: &[&str]| {
        let said = stderr(&dir.packs(&[&PACK[..], &["--no-trial"], flags].concat()));
        said.lines().filter_map(|line| Some(line.strip_prefix("note: ")?.to_owned())).collect::<Vec<_>>()
    };
    let told = ["--env A is given 3 times; the last counts"];
    assert_eq!(notes(&["--env", "A=1", "--env", "A", "--env", "B=1", "--env", "A=2"]), told);
    let dirs = ["--dir", ".", "--dir", "/srv", "--dir", "x::/y", "--dir-ro", "z"];
    let told = ["--dir . adds nothing: --native grants it", "--dir /srv adds nothing: --native grants it"];
    assert_eq!(notes(&[&["--native"], &dirs[..]].concat()), told);
    assert!(notes(&dirs).is_empty());
}

#[test]
fn quiet_says_nothing() {
    let dir = Dir::new();
    assert_eq!(stderr(&dir.packs(&[&PACK[..], &["--quiet"]].concat())), "");
}

#[test]
fn help_and_version_are_success() {
    let dir = Dir::new();
    assert!(String::from_utf8(dir.packs(&["--help"]).stdout).unwrap().contains("--dir-ro"));
    assert!(dir.packs(&["--version"]).stdout.starts_with(b"wasmpack "));
}

#[test]
fn the_manifest_holds_what_was_typed() {
    let dir = Dir::new();
    let flags = [
        "--name",
        "tool",
        "--env",
        "A=1",
        "--env",
        "B=",
        "--dir",
        ".",
        "--dir",
        "../data::/data",
        "--dir-ro",
        "/etc::/config",
        "--",
        "-x",
        "two words",
        "",
    ];
    dir.packs(&[&PACK[..], &flags].concat());
    let manifest = prefix(&dir.read("out")).manifest;
    let grant = |host: &str, guest: &str, read_only| DirGrant {
        host: host.to_owned(),
        guest: guest.into(),
        read_only,
    };
    assert_eq!(manifest.producer, concat!("wasmpack ", env!("CARGO_PKG_VERSION")));
    assert_eq!(manifest.app, "out");
    assert_eq!(manifest.module_sha256, payload::sha256(&dir.read("app.wasm")));
    assert_eq!(manifest.argv0.as_deref(), Some("tool"));
    assert_eq!(manifest.args, ["-x", "two words", ""]);
    assert_eq!(manifest.grants.env, ["A=1", "B="]);
    let dirs = [grant(".", ".", false), grant("../data", "/data", false), grant("/etc", "/config", true)];
    assert!(manifest.grants.dirs().eq(&dirs));
    assert_eq!(manifest.grants.mounts.len(), dirs.len());
}

#[test]
fn without_flags_nothing_is_granted() {
    let dir = Dir::new();
    dir.packs(&PACK);
    let manifest = prefix(&dir.read("out")).manifest;
    assert_eq!((manifest.argv0, manifest.args.len(), manifest.grants.env.len()), (None, 0, 0));
    assert!(manifest.grants.mounts.is_empty());
}

#[test]
fn the_app_is_named_after_the_output() {
    let dir = Dir::new();
    for out in ["tool", "tool-linux-x86_64", "tool_amd64.linux"] {
        dir.packs(&["app.wasm", "-o", out, "--stub", "stub"]);
        assert_eq!(prefix(&dir.read(out)).manifest.app, "tool");
    }
}

#[test]
fn the_header_says_what_the_code_needs() {
    let dir = Dir::new();
    let v2 = [CpuFeatures::SSE3, CpuFeatures::SSSE3, CpuFeatures::SSE4_1, CpuFeatures::SSE4_2]
        .into_iter()
        .fold(CpuFeatures::POPCNT, CpuFeatures::union);
    for (compiler, cpu) in [(Compiler::Cranelift, v2), (Compiler::Singlepass, v2.union(CpuFeatures::AVX))] {
        dir.packs(&[&PACK[..], &["--compiler", compiler.name()]].concat());
        let prefix = prefix(&dir.read("out"));
        assert_eq!(prefix.header.target, Target::LinuxX86_64);
        assert_eq!(prefix.header.engine, Engine::PINNED);
        assert_eq!((prefix.header.compiler, prefix.header.cpu), (compiler, cpu));
        assert!(prefix.section(SectionKind::Metadata).is_some());
    }
}

#[test]
fn packing_twice_gives_identical_bytes() {
    let dir = Dir::new();
    // Enough functions that the order in which threads finish them would show.
    let function = "(func (param i32 f64) (result f64) local.get 1 local.get 0 f64.convert_i32_s f64.add)";
    let start = r#"(func (export "_start"))"#;
    let elements = "(table 99 funcref) (elem (i32.const 0) 1 2 3) (elem funcref (ref.func 4)) (data \"x\")";
    dir.wat("app.wasm", &format!("(module {} {start} {elements})", function.repeat(300)));
    for compiler in ["cranelift", "singlepass"] {
        let args = [&PACK[..], &["--compiler", compiler]].concat();
        dir.packs(&args);
        let first = dir.read("out");
        dir.packs(&args);
        assert!(dir.read("out") == first, "{compiler}");
    }
}

#[test]
fn text_packs_like_the_module_it_stands_for() {
    let dir = Dir::new();
    dir.write("app.wat", crate::dir::COMMAND.as_bytes());
    dir.packs(&["app.wat", "-o", "out", "--stub", "stub"]);
    let from_text = dir.read("out").len();
    dir.packs(&PACK);
    assert_eq!(dir.read("out").len(), from_text);
}

#[test]
fn every_target_compiles_with_both_compilers_and_only_the_stub_is_missing() {
    let dir = Dir::new();
    dir.write("arm", &elf(183, &[(SECTION, &payload::Locator::BARE)]));
    dir.write("riscv", &elf(243, &[(SECTION, &payload::Locator::BARE)]));
    for (target, stub) in [("linux-arm64", "arm"), ("linux-riscv64", "riscv")] {
        for compiler in ["cranelift", "singlepass"] {
            let flags = ["app.wasm", "-o", target, "--stub", stub, "--compiler", compiler];
            dir.packs(&flags);
            assert_eq!(prefix(&dir.read(target)).header.target.name(), target);
        }
    }
}

#[test]
fn a_file_is_compared_with_the_launcher_that_is_named() {
    let dir = Dir::new();
    dir.packs(&[&PACK[..], &["--no-trial"]].concat());
    let line = |args: &[&str]| {
        let output = dir.wasmpack(&[&["verify", "out"], args].concat()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), text.lines().find(|line| line.contains("launcher:")).unwrap().to_owned())
    };
    assert_eq!(line(&["--stub", "stub"]), (true, "ok      launcher: the one in stub".to_owned()));
    let (passed, text) = line(&[]);
    assert!(!passed && text.contains("verify --stub FILE"), "{text}");
    let mut other = dir.read("stub");
    let last = other.len() - 1;
    other[last] ^= 1;
    dir.write("other", &other);
    let (passed, text) = line(&["--stub", "other"]);
    assert!(!passed && text.starts_with("FAILED  launcher: not the one in other"), "{text}");
}

#[test]
fn what_is_for_windows_gets_its_ending_and_replaces_no_other_file() {
    let dir = Dir::new();
    dir.write("out", b"of another target");
    dir.packs(&["app.wasm", "-o", "out", "-t", "windows", "--no-trial"]);
    assert!(dir.read("out.exe").starts_with(b"MZ"));
    assert_eq!(dir.read("out"), b"of another target");
}

#[test]
fn targets_fit_a_terminal() {
    let output = Dir::new().packs(&["targets"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("windows-x86_64") && text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
