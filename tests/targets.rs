//! Executables for other machines, made on this one: their form, since most cannot run here.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{Dir, fixture, text};
use goblin::elf::{Elf, header::EM_AARCH64};
use goblin::pe::PE;

/// Packs the hello fixture with the embedded launcher for `target`.
fn packed(dir: &Dir, target: &str, options: &[&str]) -> Vec<u8> {
    let out = dir.join("app.exe");
    let command = &mut Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    let output = command
        .arg(fixture("hello"))
        .arg("-o")
        .arg(&out)
        .args(["--target", target])
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    std::fs::read(out).unwrap()
}

#[test]
fn arm64_linux_gets_an_arm64_file() {
    let dir = Dir::new();
    assert_eq!(Elf::parse(&packed(&dir, "linux-arm64", &[])).unwrap().header.e_machine, EM_AARCH64);
}

#[test]
fn windows_gets_a_console_program_or_one_without_and_its_version() {
    const CONSOLE: u16 = 3;
    const GUI: u16 = 2;
    let dir = Dir::new();
    for (options, subsystem) in [(&["--version-info", "FileVersion=1.2.3"][..], CONSOLE), (&["--gui"], GUI)] {
        let file = packed(&dir, "windows-x86_64", options);
        let pe = PE::parse(&file).unwrap();
        assert_eq!(pe.header.optional_header.unwrap().windows_fields.subsystem, subsystem);
        assert!(pe.sections.iter().any(|section| section.name().is_ok_and(|name| name == ".wpk")));
        let version: Vec<u8> = "1.2.3".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = file.windows(version.len()).any(|window| window == version);
        assert_eq!(found, subsystem == CONSOLE, "{options:?}");
    }
}

#[test]
fn options_for_windows_are_refused_for_others() {
    let dir = Dir::new();
    for options in [&["--gui"][..], &["--icon", "x.ico"], &["--version-info", "FileVersion=1"]] {
        let out = dir.join("app");
        let output = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
            .arg(fixture("hello"))
            .arg("-o")
            .arg(&out)
            .args(["--target", "linux-x86_64"])
            .args(options)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("the target is linux-x86_64"), "{}", text(&output.stderr));
        assert!(!out.exists());
    }
}

#[test]
fn a_target_without_a_launcher_names_those_there_are() {
    let dir = Dir::new();
    let out = dir.join("app");
    let output = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
        .arg(fixture("hello"))
        .arg("-o")
        .arg(&out)
        .args(["--target", "macos-arm64"])
        .output()
        .unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    for part in ["macos-arm64", "linux-x86_64", "linux-arm64", "windows-x86_64", "--stub"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!out.exists());
}
