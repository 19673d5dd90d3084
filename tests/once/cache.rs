//! What earlier packs left in the cache never decides the bytes of a later one.

use std::{fs, path::Path, process::Command};

use crate::common::{Dir, run, text};

/// Functions that trap when told to, and one that says so; `body` is in the middle, `data` is what it says.
fn program(body: &str, data: &str) -> String {
    let traps = (0..40).map(|number| {
        format!("(func $f{number} (param i32) (result i32) (i32.div_u (i32.const {number}) (local.get 0)))")
    });
    let traps: String = traps.collect();
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\10\00\00\00\04\00\00\00") (data (i32.const 16) "{data}")
          (func $before (param i32) (result i32) (call $f3 (local.get 0)))
          (func $middle (param i32) (result i32) {body})
          {traps}
          (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (drop (call $before (call $middle (i32.const 0))))))"#
    )
}

fn packed(dir: &Dir, source: &Path, out: &str, options: &[&str]) -> Vec<u8> {
    let out = dir.join(out).join("all");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    command.arg(source).args(["-q", "-t", "all", "-o"]).arg(&out).args(options);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut files: Vec<_> = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 6);
    files.iter().flat_map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn a_program_of_which_most_was_compiled_before_is_packed_to_the_same_bytes() {
    let dir = Dir::new();
    let cache = dir.join("cache");
    let cache = ["--cache", cache.to_str().unwrap()];
    let versions = [
        program("(local.get 0)", "one\\n"),
        program("(i32.add (i32.const 1) (i32.sub (local.get 0) (i32.const 1)))", "two\\n"),
        program("(local.get 0)", "six\\n"),
    ];
    for (number, version) in versions.iter().enumerate() {
        let source = dir.write("program.wat", version);
        let again = packed(&dir, &source, &format!("with{number}"), &cache);
        let alone = packed(&dir, &source, &format!("without{number}"), &["--no-cache"]);
        assert!(again == alone, "version {number}");
    }
}

#[test]
fn the_trap_of_a_function_that_was_known_is_told_where_it_lies_now() {
    let dir = Dir::new();
    let cache = dir.join("cache");
    let cache = ["--cache", cache.to_str().unwrap()];
    let trace = |body: &str, options: &[&str]| {
        let program = dir.pack_text("program", &program(body, "now\\n"), options);
        let output = run(&program, &[] as &[&str]);
        assert_eq!(text(&output.stdout), "now\n");
        text(&output.stderr).to_owned()
    };
    let first = trace("(local.get 0)", &cache);
    let longer = "(i32.sub (i32.add (local.get 0) (i32.const 123456)) (i32.const 123456))";
    let (again, alone) = (trace(longer, &cache), trace(longer, &["--no-cache"]));
    assert!(again.contains("f3") && again.contains("before"), "{again}");
    assert_eq!(again, alone);
    assert_ne!(again, first, "the place has moved");
}

#[test]
fn what_was_compiled_for_a_profile_is_packed_only_where_it_was_compiled_as_asked_for() {
    let dir = Dir::new();
    // With the features of x86-64-v3 it is one instruction, and several without.
    let module = r#"(module (memory (export "memory") 1) (func (export "_start")
        (i32.store (i32.const 0) (i32.clz (i32.load (i32.const 4))))))"#;
    let source = dir.write("program.wat", module);
    let profile = dir.join("profile");
    let profile = profile.to_str().unwrap();
    let pack = |options: &[&str]| {
        let out = dir.join("out");
        let output = Command::new(env!("CARGO_BIN_EXE_wasmpack"))
            .arg(&source)
            .args(["-q", "--force", "--no-cache", "-t", "macos-x86_64", "--cpu", "x86-64-v3", "-o"])
            .arg(&out)
            .args(options)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        fs::read(out).unwrap()
    };
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        skip::because("only Linux on x86-64 tries a start with code that macOS runs");
        return;
    }
    let tried = pack(&["--profile", "", "--save-profile", profile]);
    assert!(tried == pack(&["--use-profile", profile]));
}
