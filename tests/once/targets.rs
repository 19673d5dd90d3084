//! Executables for all targets, made on this machine: which file is for which, what form it has, and that those which
//! can be run here do.

use std::path::Path;
use std::process::{Command, Output};

use crate::common::{Dir, fixture, runner, text};
use goblin::elf::{Elf, header};
use goblin::pe::PE;
use payload::{Target, target::Cpu};

/// Runs the packer on the hello fixture, whatever target the other tests are run for.
fn wasmpack(out: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    command.arg(fixture("hello")).arg("-o").arg(out).args(options).output().unwrap()
}

/// Packs the hello fixture, which must succeed.
#[track_caller]
fn packed(dir: &Dir, name: &str, options: &[&str]) -> Vec<u8> {
    let out = dir.join(name);
    let output = wasmpack(&out, options);
    assert!(output.status.success(), "{}", text(&output.stderr));
    std::fs::read(out).unwrap()
}

#[track_caller]
fn refused(out: &Path, options: &[&str], parts: &[&str]) {
    let output = wasmpack(out, options);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
    assert!(!out.exists());
}

/// The machine that an executable is for, by its first bytes.
fn kind(file: &[u8]) -> Target {
    match &file[..4] {
        b"\x7fELF" => match Elf::parse(file).unwrap().header.e_machine {
            header::EM_X86_64 => Target::LinuxX86_64,
            header::EM_AARCH64 => Target::LinuxArm64,
            header::EM_RISCV => Target::LinuxRiscv64,
            other => panic!("machine {other}"),
        },
        [0xcf, 0xfa, 0xed, 0xfe] => match file[4] {
            0x0c => Target::MacosArm64,
            _ => Target::MacosX86_64,
        },
        _ => {
            assert_eq!(PE::parse(file).unwrap().header.coff_header.machine, 0x8664);
            Target::WindowsX86_64
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What `--target all` calls the files, for a program called hello.
fn all() -> Vec<String> {
    let file = |target: Target| format!("hello-{}{}", target.name(), target.os().program_suffix());
    let mut files = Target::ALL.map(file).to_vec();
    files.sort();
    files
}

#[test]
fn all_writes_a_file_each_and_every_one_that_can_be_run_here_runs() {
    if crate::common::launcher::skipped_when_embedded_is_too_old() {
        return;
    }
    for compiler in ["cranelift", "singlepass"] {
        let dir = Dir::new();
        let dist = dir.join("new/dist");
        let output = wasmpack(&dist, &["--target", "all", "--compiler", compiler]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr).lines().count(), 1 + Target::ALL.len(), "{}", text(&output.stderr));
        assert_eq!(names(&dist), all());
        for target in Target::ALL {
            let file = dist.join(format!("hello-{}{}", target.name(), target.os().program_suffix()));
            assert_eq!(kind(&std::fs::read(&file).unwrap()), target);
            let Some(runner) = runner::or_skip(target) else { continue };
            let output = runner.command(&file).args(["a", "b"]).output().unwrap();
            assert_eq!(output.status.code(), Some(7), "{}: {}", target.name(), text(&output.stderr));
            let line = "hello from a packed program, 2 arguments\n";
            assert_eq!(text(&output.stdout).replace('\r', ""), line, "{}", target.name());
        }
    }
}

#[test]
fn the_same_bytes_come_alone_together_twice_and_in_another_folder() {
    let dir = Dir::new();
    let (one, two) = (dir.join("one"), dir.join("two/deeper"));
    for dist in [&one, &two] {
        assert!(wasmpack(dist, &["--target", "all", "--env", "A=b"]).status.success());
    }
    for name in all() {
        let first = std::fs::read(one.join(&name)).unwrap();
        assert!(std::fs::read(two.join(&name)).unwrap() == first, "{name}");
        assert!(packed(&dir, &name, &["--env", "A=b"]) == first, "{name}: alone");
    }
}

#[test]
fn the_outputs_name_says_the_target_or_the_option_does() {
    let dir = Dir::new();
    for (name, options, target) in [
        ("app-linux-arm64", &[][..], Target::LinuxArm64),
        ("app-apple-arm64", &[], Target::MacosArm64),
        ("app.exe", &[], Target::WindowsX86_64),
        ("app-windows-x86_64.exe", &[], Target::WindowsX86_64),
        ("app", &["--target", "aarch64-unknown-linux-gnu"], Target::LinuxArm64),
        ("app-arm64", &["--target", "darwin_arm64"], Target::MacosArm64),
    ] {
        assert_eq!(kind(&packed(&dir, name, options)), target, "{name}");
    }
    if let Some(host) = Target::host() {
        assert_eq!(kind(&packed(&dir, "app", &["--force"])), host);
    }
}

#[test]
fn contradictions_and_unknown_targets_are_refused_with_a_way_out() {
    let dir = Dir::new();
    let both = ["app-windows-x86_64.exe", "--target linux-arm64", "rename the output"];
    refused(&dir.join("app-windows-x86_64.exe"), &["--target", "linux-arm64"], &both);
    refused(&dir.join("app.exe"), &["--target", "linux-x86_64"], &["app.exe", "contradicts --target"]);
    refused(&dir.join("app-linux-macos"), &[], &["could be linux-x86_64", "macos-arm64", "--target"]);
    refused(&dir.join("app-macos-arm64"), &["--target", "macos"], &["contradicts --target macos:"]);
    refused(&dir.join("app"), &["--target", "universal-linux"], &["is not a target"]);
    let stub = ["--target", "macos", "--stub", "x"];
    refused(&dir.join("app"), &stub, &["--stub is a launcher for one target"]);
    refused(&dir.join("app"), &["--target", "linux-arm46"], &["did you mean linux-arm64?"]);
    refused(&dir.join("app"), &["--target", "windows-arm64"], &["by emulation"]);
    let stub = ["--target", "linux-arm64,linux-x86_64", "--stub", "x"];
    refused(&dir.join("app"), &stub, &["--stub is a launcher for one target"]);
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn one_target_that_fails_takes_nothing_from_the_others() {
    // A RISC-V CPU need not have vectors.
    let vectors = "(module (memory (export \"memory\") 1)
        (func (export \"_start\") (drop (v128.const i64x2 1 2))))";
    let dir = Dir::new();
    let source = dir.write("simd.wat", vectors);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    let dist = dir.join("dist");
    command.arg(source).arg("-o").arg(&dist).args([
        "--target",
        "linux-riscv64,linux-x86_64",
        "--target",
        "linux-arm64",
    ]);
    let output = command.output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_eq!(names(&dist), ["simd-linux-arm64", "simd-linux-x86_64"]);
    let failures: Vec<&str> = message.lines().filter(|line| line.starts_with("wasmpack: ")).collect();
    assert_eq!(failures.len(), 1, "{message}");
    assert!(failures[0].contains("SIMD") && failures[0].contains("linux-riscv64"), "{message}");
}

#[test]
fn what_no_target_can_have_is_said_once_and_leaves_no_folder() {
    let dir = Dir::new();
    let source = dir.write("library.wat", "(module)");
    let output = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
        .arg(source)
        .arg("-o")
        .arg(dir.join("dist"))
        .args(["--target", "all"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    assert_eq!(names(dir.path()), ["library.wat"]);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let dir = Dir::new();
    let out = dir.write("dist", "a file");
    let output = wasmpack(&out, &["--target", "all"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("dist: the output goes to a folder"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read(out).unwrap(), b"a file");
}

#[test]
fn windows_gets_a_console_program_or_one_without_and_its_version() {
    const CONSOLE: u16 = 3;
    const GUI: u16 = 2;
    let dir = Dir::new();
    for (options, subsystem) in [(&["--version-info", "FileVersion=1.2.3"][..], CONSOLE), (&["--gui"], GUI)] {
        let file = packed(&dir, "app.exe", options);
        let pe = PE::parse(&file).unwrap();
        assert_eq!(pe.header.optional_header.unwrap().windows_fields.subsystem, subsystem);
        assert!(pe.sections.iter().any(|section| section.name().is_ok_and(|name| name == ".wpk")));
        let version: Vec<u8> = "1.2.3".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = file.windows(version.len()).any(|window| window == version);
        assert_eq!(found, subsystem == CONSOLE, "{options:?}");
    }
}

#[test]
fn options_for_some_targets_apply_to_those_and_are_refused_without_them() {
    let dir = Dir::new();
    for options in [&["--gui"][..], &["--icon", "x.ico"], &["--version-info", "FileVersion=1"]] {
        let options = [&["--target", "linux-x86_64"], options].concat();
        refused(&dir.join("app"), &options, &["the target is linux-x86_64"]);
    }
    let options = ["--target", "linux-arm64,linux-riscv64", "--cpu", "x86-64-v3"];
    refused(&dir.join("app"), &options, &["it cannot be used for linux-arm64, linux-riscv64"]);
    let dist = dir.join("dist");
    let output =
        wasmpack(&dist, &["--target", "windows,linux-arm64,linux-x86_64", "--gui", "--cpu", "+avx2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let pe = std::fs::read(dist.join("hello-windows-x86_64.exe")).unwrap();
    assert_eq!(PE::parse(&pe).unwrap().header.optional_header.unwrap().windows_fields.subsystem, 2);
}

#[test]
fn the_table_of_targets_is_printed_for_people_and_for_programs() {
    let targets = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_wasmpack")).arg("targets").args(args).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        text(&output.stdout)
    };
    let list: serde_json::Value = serde_json::from_str(&targets(&["--json"])).unwrap();
    for (target, entry) in Target::ALL.iter().zip(list.as_array().unwrap()) {
        assert_eq!(entry["name"], target.name());
        assert!(entry["launcher_size"].as_u64().is_some_and(|size| size > 500_000), "{entry}");
        assert!(targets(&[]).contains(target.triple()));
    }
}

#[test]
fn a_cpu_that_lacks_what_was_asked_for_is_told_in_one_line() {
    let dir = Dir::new();
    let program = dir.join("app-linux-x86_64");
    let output = wasmpack(&program, &["--cpu", "x86-64-v4"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let Some(emulator) = runner::installed("qemu-x86_64-static") else {
        skip::because("qemu-x86_64-static is not here, and this machine may have every feature");
        return;
    };
    // A CPU of 2008: x86-64-v2, and nothing that was asked for.
    let output = Command::new(emulator).args(["-cpu", "Nehalem"]).arg(&program).output().unwrap();
    let expected = "app-linux-x86_64: this CPU lacks what the program needs: avx, avx2, bmi1, bmi2, lzcnt, avx512f, \
                    avx512dq, avx512vl; it cannot run on this machine\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(125), expected));
}

#[test]
fn code_for_this_very_cpu_runs_here() {
    if !Target::host().is_some_and(|target| target.cpu() == Cpu::X86_64) {
        skip::because("there is nothing to raise on this machine");
        return;
    }
    let dir = Dir::new();
    for compiler in ["cranelift", "singlepass"] {
        packed(&dir, "app", &["--cpu", "native", "--compiler", compiler]);
        let output = Command::new(dir.join("app")).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{compiler}: {}", text(&output.stderr));
    }
}

#[test]
fn the_entitlements_are_a_property_list_with_the_one_that_is_needed() {
    let output = Command::new(env!("CARGO_BIN_EXE_wasmpack")).arg("entitlements").output().unwrap();
    let list = text(&output.stdout);
    assert!(output.status.success() && list.starts_with("<?xml"));
    assert_eq!(list.matches("<key>").count(), 1);
    assert!(list.contains("<key>com.apple.security.cs.allow-unsigned-executable-memory</key>"), "{list}");
}
