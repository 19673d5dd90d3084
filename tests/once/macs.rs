//! One file for both Macs: what is in it, what `lipo` makes of it, and what this packer reads in it. Nothing here starts one.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Dir, executable, fixture, runner, text};
use payload::{Target, target::Cpu};

/// One file for both Macs, and the two that it is made of.
fn both_macs(dir: &Dir) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let pack = |options: &[&str]| {
        let out = dir.join("packed");
        let output = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
            .arg(fixture("hello"))
            .arg("-o")
            .arg(&out)
            .args(options)
            .arg("--force")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read(out).unwrap()
    };
    (pack(&["-t", "macos"]), pack(&["-t", "macos-x86_64"]), pack(&["-t", "macos-arm64"]))
}

#[test]
fn a_file_for_both_macs_holds_each_as_it_is_alone_and_passes_the_independent_check() {
    let dir = Dir::new();
    let (both, intel, arm) = both_macs(&dir);
    let slices = payload::universal::slices(&both, both.len() as u64).unwrap();
    let content = |index: usize| {
        let place = slices[index].place();
        &both[place.start as usize..place.end as usize]
    };
    assert_eq!(slices.len(), 2);
    assert!(content(0) == intel && content(1) == arm);
    assert!(slices.iter().all(|slice| slice.align == 14));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/check-macho");
    let file = executable(&dir, "both", &both);
    let mut python = Command::new("python3");
    python.arg(&script).arg(&file).args(["--identifier", "packed", "--flips", "20"]);
    let output = python.output().expect("python3 is there");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("all found"), "{}", text(&output.stdout));
}

/// Whoever takes it apart has the two files, and whoever joins two files has one in which each is found.
#[test]
fn lipo_takes_a_file_for_both_macs_apart_and_makes_it() {
    let lipos = lipos();
    if lipos.is_empty() {
        skip::because("llvm-lipo is not here");
        return;
    }
    let dir = Dir::new();
    let (both, intel, arm) = both_macs(&dir);
    for (name, bytes) in [("both", &both), ("intel", &intel), ("arm", &arm)] {
        executable(&dir, name, bytes);
    }
    lipos.iter().for_each(|lipo| takes_apart_and_makes(lipo, &dir, &both, &intel, &arm));
}

/// Every llvm-lipo that is installed. Debian has it under its version's name alone.
fn lipos() -> Vec<PathBuf> {
    let versioned = (14..40).map(|version| format!("llvm-lipo-{version}"));
    ["llvm-lipo".to_owned()]
        .into_iter()
        .chain(versioned)
        .filter_map(|name| runner::installed(&name))
        .collect()
}

fn takes_apart_and_makes(lipo: &Path, dir: &Dir, both: &[u8], intel: &[u8], arm: &[u8]) {
    let does = |args: &str| {
        let output = Command::new(lipo).args(args.split(' ')).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{} {args}: {}", lipo.display(), text(&output.stderr));
        text(&output.stdout)
    };
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let info = does("both -info");
    assert!(info.contains("x86_64") && info.contains("arm64"), "{info}");
    does("both -verify_arch x86_64 arm64");
    does("both -thin x86_64 -output thin");
    assert!(read("thin") == intel);
    does("both -thin arm64 -output thin");
    assert!(read("thin") == arm);
    // It puts Intel's executables at multiples of 4 KiB, unless it is told.
    does("-create arm intel -segalign x86_64 4000 -output made");
    assert!(read("made") == both);
    does("both -replace arm64 arm -output made");
    let replaced = read("made");
    does("-create intel arm -output made");
    for file in [replaced, read("made")] {
        let len = file.len() as u64;
        for (cpu, own) in [(Cpu::X86_64, intel), (Cpu::Arm64, arm)] {
            let place = payload::universal::slice(&file[..payload::universal::MOST_HEAD], len, cpu).unwrap();
            assert!(file[place.start as usize..place.end as usize] == *own);
        }
        let output = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
            .arg("verify")
            .arg(executable(dir, "made", &file))
            .output()
            .unwrap();
        let found = text(&output.stdout);
        assert!(
            output.status.success()
                && found.contains("ok      program: the same in macos-x86_64 and macos-arm64"),
            "{found}"
        );
    }
}

#[test]
fn a_file_for_both_macs_is_looked_at_packed_again_and_refused_when_its_halves_differ() {
    let dir = Dir::new();
    let does = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_wasmpack")).args(args).current_dir(dir.path()).output().unwrap()
    };
    let good = |args: &[&str]| {
        let output = does(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    dir.write("note", "carried");
    let hello = fixture("hello");
    let hello = hello.to_str().unwrap();
    let report = good(&[hello, "-o", "app-macos", "--files", "note", "--keep-module", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let of = |value: &serde_json::Value, key: &str| value[key].as_u64().unwrap();
    let output = &report["outputs"][0];
    let executables = output["executables"].as_array().unwrap();
    assert_eq!((output["target"].as_str(), executables.len()), (Some("macos"), 2));
    let sum = |key: &str| executables.iter().map(|one| of(one, key)).sum::<u64>();
    assert_eq!(of(output, "launcher_size"), sum("launcher_size"));
    assert!(of(output, "size") > sum("size"));

    let text_of = good(&["inspect", "--long", "app-macos"]);
    for part in ["macos-x86_64", "macos-arm64", "which", "launcher"] {
        assert!(text_of.matches(part).count() >= 2, "{part}: {text_of}");
    }
    let json: serde_json::Value = serde_json::from_str(&good(&["inspect", "--json", "app-macos"])).unwrap();
    assert_eq!(
        (&json["target"], &json["others"][0]["target"]),
        (&"macos-x86_64".into(), &"macos-arm64".into())
    );
    assert_eq!(json["size"], output["size"]);
    assert!(good(&["inspect", "--files", "app-macos"]).contains("note"));
    good(&["extract", "app-macos", "-o", "hello.wasm", "--files", "out"]);
    assert_eq!(std::fs::read(dir.join("hello.wasm")).unwrap(), std::fs::read(hello).unwrap());
    // Packed again, also for one of the two.
    good(&["app-macos", "-o", "again-macos"]);
    good(&[hello, "-o", "two", "-t", "macos-arm64", "--files", "note", "--keep-module"]);
    good(&["app-macos", "-o", "one", "-t", "macos-arm64"]);
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let both = read("app-macos");
    assert_eq!(read("one").len(), read("two").len());

    // Of two packs.
    good(&[hello, "-o", "app-arm64", "-t", "macos-arm64", "--env", "A=1"]);
    let intel = payload::universal::slice(&both, both.len() as u64, Cpu::X86_64).unwrap();
    let parts = [
        (Target::MacosX86_64, both[intel.start as usize..intel.end as usize].to_vec()),
        (Target::MacosArm64, read("app-arm64")),
    ];
    let joined = container::universal::join(&parts).unwrap();
    executable(&dir, "joined", &joined);
    for args in [
        &["inspect", "joined"][..],
        &["extract", "joined", "-o", "x"],
        &["joined", "-o", "y", "-t", "linux-x86_64"],
    ] {
        let output = does(args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("macos-x86_64 and macos-arm64 are not of one program: "), "{said}");
    }
    let output = does(&["verify", "joined"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("FAILED  program: its executables for"),
        "{}",
        text(&output.stdout)
    );
}
