//! Frames of many kilobytes, where the stack ends.

use payload::Target;

use super::{COMPILERS, READ, end_at, packed};
use crate::common::{self, Dir, target};

/// Goes as deep as four bytes of standard input say, and does `leaf` there.
fn deep(fields: &str, leaf: &str) -> String {
    format!(
        r#"(module {READ} {fields} (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\04\00\00\00")
          (global $sink (mut i64) (i64.const 0))
          (func $deep (param i32) (if (i32.eqz (local.get 0)) (then {leaf} return))
            (call $deep (i32.sub (local.get 0) (i32.const 1))))
          (func (export "_start")
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $deep (i32.load (i32.const 16)))))"#
    )
}

/// Every way to a frame of many kilobytes, at every depth around the end of the stack: it fits, or it is a trap.
#[test]
fn a_large_frame_at_the_end_of_the_stack_is_a_trap() {
    let (types, values, drops) =
        ("i64 ".repeat(1000), "(i64.const 0x4141414142424242) ".repeat(1000), "drop ".repeat(1000));
    let many = 6_000;
    let (calls, sinks) = ("(call $make) ".repeat(many), "(global.set $sink) ".repeat(many));
    let (opened, closed) = ("block (result i64) ".repeat(many), "end ".repeat(many));
    let cases = [
        ("results", format!("(func $big (result {types}) {values})"), format!("(call $big) {drops}")),
        ("parameters", format!("(func $big (param {types}))"), format!("{values} (call $big)")),
        (
            "import",
            format!(r#"(import "no" "body" (func $big (param {types})))"#),
            format!("{values} (call $big)"),
        ),
        (
            "indirect",
            format!(
                "(type $t (func (result {types}))) (func $big (type $t) {values}) (table funcref (elem $big))"
            ),
            format!("(call_indirect (type $t) (i32.const 0)) {drops}"),
        ),
        (
            "locals",
            format!("(func $leaf) (func $big (param {types}) (local {}) (call $leaf))", types.repeat(5)),
            format!("{values} (call $big)"),
        ),
        (
            "operands",
            format!("(func $make (result i64) (i64.const 1)) (func $big {calls} {sinks})"),
            "(call $big)".to_owned(),
        ),
        (
            "blocks",
            format!("(func $leaf) (func $big {opened} (call $leaf) (i64.const 1) {closed} drop)"),
            "(call $big)".to_owned(),
        ),
    ];
    // A start takes wine as long as a hundred of the others.
    let cases = if common::on_windows() { &cases[..2] } else { &cases[..] };
    let dir = Dir::new();
    for compiler in COMPILERS {
        // Windows has no stack but the app's for who handles a fault: where Singlepass stepped over the pages that grow it, the
        // system ends the process without a word.
        let ends_in_silence = common::on_windows() && compiler == "singlepass";
        let mut last = 0;
        for (name, fields, leaf) in cases {
            let program = packed(&dir, name, &deep(fields, leaf), &["--compiler", compiler, "--no-trial"]);
            let program = match program {
                Ok(program) => program,
                Err(told) => {
                    assert!((compiler, target()) == ("singlepass", Target::LinuxRiscv64), "{name}: {told}");
                    assert!(told.contains("pack with --compiler cranelift"), "{told}");
                    continue;
                }
            };
            // An import that nobody provides traps at any depth: it is tried where the program before fitted for the last time.
            if *name != "import" {
                let mut high = 40_000_000;
                last = 0;
                while high - last > 1 {
                    let middle = last + (high - last) / 2;
                    if end_at(&program, middle) == Some(0) { last = middle } else { high = middle }
                }
            }
            for depth in last.saturating_sub(8)..last + 24 {
                let end = end_at(&program, depth);
                let is_right = matches!(end, Some(0 | 134)) || ends_in_silence && end.is_none();
                assert!(is_right, "{name}, {compiler}, depth {depth}: {end:?}");
            }
        }
    }
}
