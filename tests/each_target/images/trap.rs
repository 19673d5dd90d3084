//! Traps that the engine raises in functions of its own are told like those of compiled code.

use crate::common::{Dir, complains, on_windows, says};

/// The engine raises these traps itself, in functions that compiled code calls.
#[test]
fn a_trap_inside_the_engine_says_where_it_came_from() {
    let dir = Dir::new();
    let cases = [
        ("(memory.fill (i32.const 65530) (local.get 0) (i32.const 100))", "out of bounds memory access"),
        ("(memory.copy (i32.const 65530) (local.get 0) (i32.const 100))", "out of bounds memory access"),
        ("(table.copy (i32.const 0) (i32.const 5) (i32.const 3))", "out of bounds table access"),
        ("unreachable", "unreachable"),
    ];
    for compiler in ["cranelift", "singlepass"] {
        for (body, what) in cases {
            let source = format!(
                "(module (memory (export \"memory\") 1) (table 2 funcref)
                   (func $inner (param i32) {body})
                   (func $outer (call $inner (i32.const 0)))
                   (func $start (export \"_start\") (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)) (call $outer)))"
            );
            let message = complains(&dir.pack_text("engine", &source, &["--compiler", compiler]), &[], 134);
            let first = message.lines().next().unwrap_or_default();
            assert!(
                first.starts_with(&format!("{}trap: ", says("engine"))) && first.contains(what),
                "{compiler}: {body}: {message}"
            );
            for name in ["inner", "outer", "start"] {
                assert!(message.contains(&format!("at {name} ")), "{compiler}: {body}: {message}");
            }
        }
    }
}

/// What sees the app enter the engine must be there for a start function, too, and in an app without a memory.
#[test]
fn a_trap_of_the_engine_is_told_in_a_start_function_and_without_a_memory() {
    let dir = Dir::new();
    let deeper = "(call $inner (i32.add (local.get 0) (i32.const 1)))";
    let cases = [
        ("(table.copy (i32.const 0) (i32.const 5) (i32.const 3))", "out of bounds table access"),
        ("(drop (table.get (i32.const 7)))", "out of bounds table access"),
        ("(call_indirect (type $none) (i32.const 0))", "uninitialized element"),
        (&format!("(drop (table.grow (ref.null func) (i32.const 0))) {deeper}"), "call stack exhausted"),
        ("(memory.fill (i32.const 65530) (i32.const 0) (i32.const 100))", "out of bounds memory access"),
        (&format!("(drop (memory.grow (i32.const 0))) {deeper}"), "call stack exhausted"),
    ];
    for compiler in ["cranelift", "singlepass"] {
        for (body, what) in cases {
            for memory in ["(memory (export \"memory\") 1)", ""] {
                if memory.is_empty() && body.contains("memory.") {
                    continue;
                }
                for start in
                    ["(start $first) (func (export \"_start\"))", "(export \"_start\" (func $first))"]
                {
                    let source = format!(
                        "(module (type $none (func)) {memory} (table 2 funcref)
                           (func $inner (param i32) {body})
                           (func $outer (call $inner (i32.const 0)))
                           (func $first (call $outer))
                           {start})"
                    );
                    let program = dir.pack_text("engine", &source, &["--compiler", compiler]);
                    let message = complains(&program, &[], 134);
                    let mut lines = message.lines();
                    let first = lines.next().unwrap_or_default();
                    assert!(
                        first.starts_with(&format!("{}trap: ", says("engine"))) && first.contains(what),
                        "{compiler}: {source}: {message}"
                    );
                    let names: Vec<&str> =
                        lines.filter_map(|line| line.trim().strip_prefix("at ")?.split(' ').next()).collect();
                    // Windows has no stack left to look at the stack with, where that ends.
                    let wanted: &[&str] = match what {
                        "call stack exhausted" if on_windows() => &[],
                        "call stack exhausted" => &["inner", "inner"],
                        _ => &["inner", "outer", "first"],
                    };
                    assert!(names.starts_with(wanted), "{compiler}: {source}: {message}");
                }
            }
        }
    }
}
