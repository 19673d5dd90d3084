//! Start functions of a module write to a stream before `_start` runs.

use crate::common::{self, Dir};

#[test]
fn calls_of_a_start_function_work_on_the_programs_memory() {
    let dir = Dir::new();
    let text_of = |end: &str| {
        format!(
            r#"(module
                (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1)
                (data (i32.const 0) "\10\00\00\00\03\00\00\00") (data (i32.const 16) "one") (data (i32.const 19) "two")
                (func $say (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
                (func $start (call $say)
                    ;; what was grown meanwhile is there, too
                    (drop (memory.grow (i32.const 1)))
                    (i32.store (i32.const 0) (i32.const 65536)) (i32.store16 (i32.const 65536) (i32.const 0x2d2d))
                    (i32.store8 (i32.const 65538) (i32.const 0x2d)) (call $say) {end})
                (start $start)
                (func (export "_start") (i32.store (i32.const 0) (i32.const 19)) (call $say)))"#
        )
    };
    for options in [&[][..], &["--no-compress"], &["--compiler", "singlepass"]] {
        let program = dir.pack_text("start", &text_of(""), options);
        assert_eq!(common::prints(&program, &[], 0), "one---two", "{options:?}");
    }
    let program = dir.pack_text("exits", &text_of("(call $exit (i32.const 7))"), &[]);
    assert_eq!(common::prints(&program, &[], 7), "one---");
}
