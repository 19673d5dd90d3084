//! One start is tried when packing: it orders the functions, changes nothing else, and touches nothing of this machine.

use std::path::PathBuf;

use super::long_chain;
use crate::common::{self, Dir, prints, skipped_when_emulated, text};

/// What the packer says, and the executable that it writes.
fn packed_and_told(dir: &Dir, name: &str, source: &str, options: &[&str]) -> (PathBuf, String) {
    let (source, out) = (dir.write(&format!("{name}.wat"), source), dir.join(&common::file_name(name)));
    let output = common::wasmpack().arg(source).arg("-o").arg(&out).args(options).output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    (out, told)
}

#[test]
fn a_start_is_tried_and_changes_the_order_and_nothing_else() {
    let dir = Dir::new();
    let source = long_chain(1500);
    let (program, told) = packed_and_told(&dir, "tried", &source, &["-v"]);
    // `_start`, and each of the chain's functions that it gets to.
    assert!(told.contains("the 101 functions that a start runs lie together"), "{told}");
    let (untried, told) = packed_and_told(&dir, "untried", &source, &["-v", "--no-trial"]);
    assert!(told.contains("functions are in the order of their calls"), "{told}");
    prints(&program, &[], 99);
    prints(&untried, &[], 99);
    let once = std::fs::read(&program).unwrap();
    assert!(once == std::fs::read(packed_and_told(&dir, "tried", &source, &[]).0).unwrap());
}

/// The program looks at clocks, waits, and draws numbers, and goes to one of 64 functions after each.
#[test]
fn time_and_chance_do_not_change_what_is_packed() {
    let branch = |index: usize| {
        format!(
            "(func $f{index} (result i32) (i32.add (i32.const {index}) (i32.load (i32.const {}))))",
            index * 8
        )
    };
    let functions: String = (0..64).map(branch).collect();
    let names: String = (0..64).map(|index| format!(" $f{index}")).collect();
    let source = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1) (table funcref (elem{names})) (type $f (func (result i32)))
          ;; A wait of an hour on the monotonic clock.
          (data (i32.const 0x2010) "\01") (data (i32.const 0x2018) "\00\a0\b8\30\46\03\00\00")
          {functions}
          (func $go (drop (call_indirect (type $f) (i32.and (i32.shr_u (i32.load (i32.const 0x1000)) (i32.const 10)) (i32.const 63)))))
          (func (export "_start") (local $round i32)
            (loop $again
              (drop (call $random (i32.const 0x1000) (i32.const 4))) (call $go)
              (drop (call $time (i32.const 0) (i64.const 1) (i32.const 0x1000))) (call $go)
              (drop (call $time (i32.const 2) (i64.const 1) (i32.const 0x1000))) (call $go)
              (if (i32.eqz (i32.load (i32.const 0x1ffc)))
                (then (drop (call $poll (i32.const 0x2000) (i32.const 0x3000) (i32.const 1) (i32.const 0x1ff8)))
                  (i32.store (i32.const 0x1ffc) (i32.const 1))))
              (br_if $again (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 4))))))"#
    );
    let dir = Dir::new();
    let pack = || {
        let (program, told) = packed_and_told(&dir, "chance", &source, &["-v"]);
        assert!(told.contains("functions that a start runs lie together"), "{told}");
        std::fs::read(program).unwrap()
    };
    let first = pack();
    for again in 0..3 {
        assert!(first == pack(), "{again}");
    }
}

#[test]
fn a_start_is_tried_with_nothing_that_was_granted() {
    let dir = Dir::new();
    std::fs::create_dir(dir.join("data")).unwrap();
    let data = dir.join("data").to_str().unwrap().to_owned();
    let options = ["--dir", &format!("{data}::/data"), "--", "write", "/data/note", "written"];
    let program = dir.pack("probe", &options);
    assert!(!dir.join("data/note").exists(), "written when it was packed");
    if skipped_when_emulated("to write there") {
        return;
    }
    prints(&program, &[], 0);
    assert_eq!(std::fs::read_to_string(dir.join("data/note")).unwrap(), "written");
}

/// A start that does not end is looked at for as long on every machine: in steps, not in seconds.
#[test]
fn a_start_that_does_not_end_is_given_up() {
    let dir = Dir::new();
    let source = r#"(module (memory (export "memory") 1) (func (drop (i32.const 1)))
        (func (export "_start") (loop $l (br $l))))"#;
    let (_, told) = packed_and_told(&dir, "forever", source, &["-v"]);
    assert!(told.contains("the 1 functions that a start runs lie together"), "{told}");
    assert!(told.contains("trial: ") && told.contains("10.0 million steps; it was ended then"), "{told}");
}

/// What a start asks for in memory is the program's affair up to a size, which is the same on every machine.
#[test]
fn a_start_that_wants_much_memory_is_looked_at_until_then() {
    let dir = Dir::new();
    let source = r#"(module (memory (export "memory") 1) (func $after (drop (i32.const 1)))
        (func $before (drop (memory.grow (i32.const 16000))))
        (func (export "_start") (call $before) (call $after)))"#;
    let (program, told) = packed_and_told(&dir, "greedy", source, &["-v"]);
    assert!(told.contains("the 2 functions that a start runs lie together"), "{told}");
    assert!(told.contains("it was ended when it wanted more than 512 MiB"), "{told}");
    prints(&program, &[], 0);
    let source = source.replace("$after", "$late").replace("16000", "1000");
    let (_, told) = packed_and_told(&dir, "modest", &source, &["-v"]);
    assert!(told.contains("the 3 functions that a start runs lie together"), "{told}");
}

/// A launcher that was given for another machine cannot try the start on this one; the packer's own does.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_start_is_tried_on_this_machine_whatever_is_packed() {
    if common::launcher::skipped_when_embedded_is_too_old() {
        return;
    }
    let dir = Dir::new();
    let stub = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../prebuilt-stubs/linux-arm64");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    command.arg(common::fixture("hello")).arg("-o").arg(dir.join("app")).args([
        "--target",
        "linux-arm64",
        "--profile",
        "",
    ]);
    let output = command.arg("--stub").arg(stub).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}
