//! Programs that start copies of their own process (WASIX's fork).
//!
//! ```text
//! again    programs become one another many times
//! family   copies begin, end and are waited for
//! grants   the owner takes it away, and is told
//! exec     a program becomes another one that it carries
//! cold     a copy touches what is not decoded yet
//! spawn    another program begins in a copy
//! threads  a program with threads starts copies
//! signals  a program is told that a copy has ended, and sends it signals
//! bounds   too many copies, and wrong arguments
//! ```

mod again;
mod bounds;
mod cold;
mod exec;
mod family;
mod grants;
mod signals;
mod spawn;
mod threads;

/// Imports that these tests use, and functions on them. The program has one thread and a memory of its own: what is behind 1024
/// is free. `$is` ends the program with a number unless two numbers are the same; `$fork` returns the number of the copy, and 0
/// in that; `$join` waits for one and returns how it ended: which of exit and signal, and the number; `$say` writes what is at an
/// address.
const FUNCTIONS: &str = r#"
    (func $is (param $number i32) (param $got i32) (param $wanted i32)
        (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $number)))))
    (func $fork (result i32)
        (i32.store (i32.const 1032) (i32.const -1))
        (call $is (i32.const 101) (call $proc_fork (i32.const 1) (i32.const 1032)) (i32.const 0))
        (i32.load (i32.const 1032)))
    (func $join (param $pid i32) (result i32)
        (i32.store (i32.const 1040) (i32.const 1))
        (i32.store (i32.const 1044) (local.get $pid))
        (call $is (i32.const 102) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 0))
        (call $is (i32.const 103) (i32.load (i32.const 1044)) (local.get $pid))
        (call $how))
    (func $how (result i32)
        (i32.add (i32.mul (i32.load8_u (i32.const 1048)) (i32.const 1000))
            (select (i32.load8_u (i32.const 1052)) (i32.load16_u (i32.const 1050))
                (i32.eq (i32.load8_u (i32.const 1048)) (i32.const 2)))))
    (func $say (param $at i32) (param $len i32)
        (i32.store (i32.const 1056) (local.get $at)) (i32.store (i32.const 1060) (local.get $len))
        (drop (call $fd_write (i32.const 1) (i32.const 1056) (i32.const 1) (i32.const 1064))))"#;

const IMPORTS: &str = r#"
    (import "wasix_32v1" "proc_exit" (func $exit (param i32)))
    (import "wasix_32v1" "proc_fork" (func $proc_fork (param i32 i32) (result i32)))
    (import "wasix_32v1" "proc_join" (func $proc_join (param i32 i32 i32) (result i32)))
    (import "wasix_32v1" "proc_join" (func $proc_join_2022 (param i32 i32) (result i32)))
    (import "wasix_32v1" "proc_id" (func $proc_id (param i32) (result i32)))
    (import "wasix_32v1" "proc_parent" (func $proc_parent (param i32 i32) (result i32)))
    (import "wasix_32v1" "proc_exit2" (func $exit2 (param i32)))
    (import "wasix_32v1" "proc_signal" (func $proc_signal (param i32 i32) (result i32)))
    (import "wasix_32v1" "callback_signal" (func $callback_signal (param i32 i32)))
    (import "wasix_32v1" "thread_sleep" (func $sleep (param i64) (result i32)))
    (import "wasix_32v1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasix_32v1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasix_32v1" "fd_pipe" (func $fd_pipe (param i32 i32) (result i32)))
    (import "wasix_32v1" "fd_close" (func $fd_close (param i32) (result i32)))"#;

/// A program of one thread, with `fields` of its own.
fn program(fields: &str) -> String {
    format!(r#"(module {IMPORTS} (memory (export "memory") 64) {FUNCTIONS} {fields})"#)
}

/// True where a process cannot be copied.
fn has_no_copies() -> bool {
    crate::common::skipped_on_windows("copies of a process")
}
