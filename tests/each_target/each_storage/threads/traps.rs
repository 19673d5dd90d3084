//! A thread traps: the program ends, once, and says what happened and where.

use super::program;
use crate::common::{self, Dir, says, text};

/// What a thread can trap by, and what is said then. The first are traps of the CPU, the others are the engine's.
const TRAPS: [(&str, &str); 8] = [
    ("unreachable", "unreachable"),
    ("(drop (i32.div_u (i32.const 1) (local.get 0)))", "integer divide by zero"),
    ("(drop (i32.load offset=0x7fffffff (i32.const 0x70000000)))", "out of bounds memory access"),
    ("(call $deep)", "call stack exhausted"),
    ("(drop (table.get $table (i32.const 9)))", "out of bounds table access"),
    ("(memory.fill (i32.const -1) (i32.const 1) (i32.const 9))", "out of bounds memory access"),
    ("(memory.copy (i32.const 0) (i32.const -1) (i32.const 9))", "out of bounds memory access"),
    ("(drop (memory.atomic.wait32 (i32.const 1029) (i32.const 0) (i64.const 0)))", "unaligned atomic"),
];

fn trapping(body: &str, first: &str) -> String {
    program(&format!(
        r#"(table $table 1 funcref)
        (func $deep (call $deep) (call $tell (i32.const 1032)))
        (func $culprit (param i32) {body})
        (func $caller (call $culprit (i32.const 0)))
        (func (export "wasi_thread_start") (param i32 i32)
            (call $tell (i32.const 1024)) (call $wait (i32.const 1024) (i32.const 2)) (call $caller))
        (func (export "_start")
            (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) {first})"#
    ))
}

#[test]
fn a_trap_in_a_thread_says_what_and_where_with_both_compilers() {
    let dir = Dir::new();
    for compiler in super::compilers() {
        for (index, (body, what)) in TRAPS.into_iter().enumerate() {
            let name = format!("trap{index}");
            // Both threads trap, at the same moment, while the first waits or is about to enter the engine itself.
            let first = match index % 2 {
                0 => {
                    "(loop $ever (drop (memory.atomic.wait32 (i32.const 1028) (i32.const 0) (i64.const 1))) (br $ever))"
                }
                _ => "(loop $ever (memory.fill (i32.const 8192) (i32.const 1) (i32.const 9)) (br $ever))",
            };
            let program = dir.pack_text(&name, &trapping(body, first), &["--compiler", compiler]);
            let output = common::run::<&str>(&program, &[]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(134), "{compiler} {body}: {said}");
            let first = said.lines().next().unwrap_or_default();
            assert!(
                first.starts_with(&format!("{}trap: ", says(&name))) && first.contains(what),
                "{compiler} {body}: {said}"
            );
            assert_eq!(said.matches("trap: ").count(), 1, "{compiler} {body}: {said}");
            if what != "call stack exhausted" {
                let names: Vec<&str> = said
                    .lines()
                    .skip(1)
                    .filter_map(|line| line.trim().strip_prefix("at ")?.split(' ').next())
                    .collect();
                assert_eq!(
                    names,
                    ["culprit", "caller", "wasi_thread_start"].map(|name| {
                        // A function that has no name goes by its index.
                        if name == "wasi_thread_start" { "function" } else { name }
                    }),
                    "{compiler} {body}: {said}"
                );
            }
        }
    }
}

#[test]
fn the_first_thread_traps_while_others_run() {
    let text = program(
        r#"(func (export "wasi_thread_start") (param i32 i32) (call $tell (i32.const 1024)) (loop $ever
            (memory.fill (i32.const 8192) (i32.const 1) (i32.const 9)) (br $ever)))
        (func $culprit (memory.fill (i32.const -1) (i32.const 1) (i32.const 9)))
        (func (export "_start") (drop (call $spawn (i32.const 0))) (call $wait (i32.const 1024) (i32.const 1)) (call $culprit))"#,
    );
    let dir = Dir::new();
    let program = dir.pack_text("first", &text, &[]);
    for _ in 0..10 {
        let said = common::complains(&program, &[], 134);
        assert!(said.contains("out of bounds memory access") && said.contains("at culprit"), "{said}");
    }
}

#[test]
fn a_thread_with_hardly_any_stack_left_traps_where_it_enters_the_engine() {
    // Frames of many sizes come to the end of the stack in the engine's own functions, at every distance.
    let text = program(
        r#"(table $table 8 funcref)
        (func $deep (param $turn i32) (local i64 i64 i64 i64 i64 i64 i64)
            (drop (table.grow $table (ref.null func) (i32.const 0)))
            (drop (memory.grow (i32.const 0)))
            (memory.fill (i32.const 8192) (i32.const 1) (i32.const 9))
            (drop (memory.atomic.notify (i32.const 1028) (i32.const 1)))
            (call $deep (i32.add (local.get $turn) (i32.const 1)))
            (drop (table.get $table (i32.and (local.get $turn) (i32.const 7)))))
        (func (export "wasi_thread_start") (param i32 i32) (call $deep (i32.const 0)))
        (func (export "_start") (drop (call $spawn (i32.const 0)))
            (drop (memory.atomic.wait32 (i32.const 1032) (i32.const 0) (i64.const -1))))"#,
    );
    let dir = Dir::new();
    for compiler in super::compilers() {
        let program = dir.pack_text(&format!("edge-{compiler}"), &text, &["--compiler", compiler]);
        let said = common::complains(&program, &[], 134);
        assert!(said.contains("trap: call stack exhausted"), "{compiler}: {said}");
    }
}
