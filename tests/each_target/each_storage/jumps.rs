//! Jumps back over the stack: setjmp and longjmp of WASIX, with what Binaryen's asyncify adds to a program, here written by hand.
//!
//! A function that can be left and led back to keeps in `$step` which call it is in, and writes that and its locals down.

use super::threads::compilers;
use crate::common::{self, Dir, complains, prints};

const IMPORTS: &str = r#"
    (import "wasix_32v1" "proc_exit" (func $exit (param i32)))
    (import "wasix_32v1" "stack_checkpoint" (func $checkpoint (param i32 i32) (result i32)))
    (import "wasix_32v1" "stack_restore" (func $restore (param i32 i64)))"#;

/// What asyncify adds, and what a function needs to be left and led back to.
const ASYNCIFY: &str = r#"
    (global $state (mut i32) (i32.const 0))
    (global $notes (mut i32) (i32.const 0))
    (func $check (if (i32.gt_u (i32.load (global.get $notes)) (i32.load offset=4 (global.get $notes))) (then unreachable)))
    (func (export "asyncify_start_unwind") (param i32)
        (global.set $state (i32.const 1)) (global.set $notes (local.get 0)) (call $check))
    (func (export "asyncify_stop_unwind") (global.set $state (i32.const 0)) (call $check))
    (func (export "asyncify_start_rewind") (param i32)
        (global.set $state (i32.const 2)) (global.set $notes (local.get 0)) (call $check))
    (func (export "asyncify_stop_rewind") (global.set $state (i32.const 0)) (call $check))
    (func (export "asyncify_get_state") (result i32) (global.get $state))
    (func $push (param i32)
        (i32.store (i32.load (global.get $notes)) (local.get 0))
        (i32.store (global.get $notes) (i32.add (i32.load (global.get $notes)) (i32.const 4))))
    (func $pop (result i32)
        (i32.store (global.get $notes) (i32.sub (i32.load (global.get $notes)) (i32.const 4)))
        (i32.load (i32.load (global.get $notes))))
    (func $leaves (result i32) (i32.eq (global.get $state) (i32.const 1)))
    (func $is_led (result i32) (i32.eq (global.get $state) (i32.const 2)))"#;

/// The program's own stack, between its data and 65536, and `$is`, which ends it with a number unless two numbers are the same.
const STACK: &str = r#"
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))
    (global (export "__data_end") i32 (i32.const 8192))
    (func $is (param $number i32) (param $got i32) (param $wanted i32)
        (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $number)))))"#;

/// `$back` jumps from the depths to where it stands, five times, and uses what is behind `$at`: a place, what a jump brings, and how
/// often it was there.
const BACK: &str = r#"
    (func $deep (param $at i32) (param $depth i32) (param $value i32)
        (global.set $sp (i32.sub (global.get $sp) (i32.const 32)))
        (if (i32.eqz (local.get $depth))
            (then (call $restore (local.get $at) (i64.extend_i32_u (local.get $value))) (unreachable)))
        (call $deep (local.get $at) (i32.sub (local.get $depth) (i32.const 1)) (local.get $value)))
    (func $back (param $at i32) (local $kept i32) (local $value i32)
        (if (call $is_led)
            (then (local.set $kept (call $pop)) (local.set $at (call $pop)))
            (else (global.set $sp (i32.sub (global.get $sp) (i32.const 64))) (local.set $kept (i32.const 77))))
        (call $is (i32.const 21) (call $checkpoint (local.get $at) (i32.add (local.get $at) (i32.const 24))) (i32.const 0))
        (if (call $leaves) (then (call $push (local.get $at)) (call $push (local.get $kept)) (return)))
        (local.set $value (i32.load offset=24 (local.get $at)))
        (call $is (i32.const 22) (local.get $kept) (i32.const 77))
        (call $is (i32.const 23) (local.get $value) (i32.load offset=32 (local.get $at)))
        (i32.store offset=32 (local.get $at) (i32.add (local.get $value) (i32.const 1)))
        (local.set $kept (i32.const 78))
        (if (i32.lt_u (local.get $value) (i32.const 5))
            (then (call $deep (local.get $at) (i32.const 20) (i32.add (local.get $value) (i32.const 1)))))
        (global.set $sp (i32.add (global.get $sp) (i32.const 64))))"#;

/// A program of one thread, with `fields` of its own.
fn program(fields: &str) -> String {
    format!(r#"(module {IMPORTS} (memory (export "memory") 2) {ASYNCIFY} {STACK} {BACK} {fields})"#)
}

/// Packs `text` with each compiler.
fn packed(dir: &Dir, name: &str, text: &str) -> Vec<std::path::PathBuf> {
    let source = dir.write(&format!("{name}.wat"), text);
    let pack = |compiler: &&str| {
        let program = dir.join(&common::file_name(&format!("{name}-{compiler}")));
        common::pack(&source, &program, &["--compiler", compiler]);
        program
    };
    compilers().iter().map(pack).collect()
}

#[test]
fn a_function_is_jumped_back_to_with_what_it_had() {
    let dir = Dir::new();
    let text = program(
        r#"(func (export "_start")
            (call $back (i32.const 2048))
            (if (call $leaves) (then (return)))
            (call $is (i32.const 1) (global.get $sp) (i32.const 65536))
            (call $is (i32.const 2) (i32.load (i32.const 2080)) (i32.const 6))
            (call $exit (i32.const 70)))"#,
    );
    packed(&dir, "back", &text).iter().for_each(|program| drop(prints(program, &[], 70)));
}

#[test]
fn what_runs_before_the_program_runs_once() {
    let dir = Dir::new();
    let text = program(
        r#"(func $first (i32.store (i32.const 4000) (i32.add (i32.load (i32.const 4000)) (i32.const 1)))) (start $first)
        (func (export "_start")
            (call $back (i32.const 2048))
            (if (call $leaves) (then (return)))
            (call $is (i32.const 1) (i32.load (i32.const 4000)) (i32.const 1))
            (call $exit (i32.const 70)))"#,
    );
    packed(&dir, "once", &text).iter().for_each(|program| drop(prints(program, &[], 70)));
}

/// `$outer` stands at the place at 2048, and calls `$inner`, which stands at that at 2112.
const NESTED: &str = r#"
    (func $inner
        (if (call $is_led) (then) (else (global.set $sp (i32.sub (global.get $sp) (i32.const 64)))))
        (call $is (i32.const 11) (call $checkpoint (i32.const 2112) (i32.const 2136)) (i32.const 0))
        (if (call $leaves) (then (return)))
        (if (i64.eqz (i64.load (i32.const 2136))) (then (call $deep (i32.const 2112) (i32.const 3) (i32.const 9))))
        (call $is (i32.const 12) (i32.load (i32.const 2136)) (i32.const 9))
        (call $restore (i32.const 2048) (i64.const 1)) (unreachable))
    (func $outer (param $x i32) (result i32) (local $step i32) (local $value i32)
        (if (call $is_led)
            (then (local.set $step (call $pop)) (local.set $x (call $pop)))
            (else (global.set $sp (i32.sub (global.get $sp) (i32.const 4096)))))
        (if (i32.eqz (local.get $step))
            (then
                (call $is (i32.const 13) (call $checkpoint (i32.const 2048) (i32.const 2072)) (i32.const 0))
                (if (call $leaves) (then (call $push (local.get $x)) (call $push (i32.const 0)) (return (i32.const 0))))
                (local.set $value (i32.load (i32.const 2072)))
                (if (i32.and (i32.gt_u (local.get $value) (i32.const 0)) (i32.lt_u (local.get $value) (i32.const 4)))
                    (then (call $restore (i32.const 2048) (i64.extend_i32_u (i32.add (local.get $value) (i32.const 1)))) (unreachable)))
                (if (local.get $value)
                    (then
                        (global.set $sp (i32.add (global.get $sp) (i32.const 4096)))
                        (return (i32.add (local.get $x) (local.get $value)))))))
        (call $inner)
        (if (call $leaves) (then (call $push (local.get $x)) (call $push (i32.const 1)) (return (i32.const 0))))
        (unreachable))"#;

#[test]
fn places_are_nested_and_one_of_a_function_that_has_returned_is_none() {
    let dir = Dir::new();
    let text = program(&format!(
        r#"{NESTED}
        (func (export "_start") (local $step i32) (local $got i32)
            (if (call $is_led) (then (local.set $step (call $pop))))
            (if (i32.eqz (local.get $step))
                (then
                    (local.set $got (call $outer (i32.const 41)))
                    (if (call $leaves) (then (call $push (i32.const 0)) (return)))
                    (call $is (i32.const 1) (local.get $got) (i32.const 45))
                    (call $is (i32.const 2) (global.get $sp) (i32.const 65536))))
            (drop (call $checkpoint (i32.const 3072) (i32.const 3096)))
            (if (call $leaves) (then (call $push (i32.const 1)) (return)))
            (call $restore (i32.const 2048) (i64.const 1))
            (call $exit (i32.const 3)))"#
    ));
    for program in packed(&dir, "nested", &text) {
        let said = complains(&program, &[], 134);
        assert!(
            said.contains("trap: it jumped to a place on its stack that is not there (longjmp)\n"),
            "{said}"
        );
    }
}

#[test]
fn a_loop_that_stands_at_one_place_again_and_again_keeps_the_last() {
    let dir = Dir::new();
    // What names the first place is kept at 4096.
    let text = program(
        r#"(func (export "_start") (local $round i32)
            (if (call $is_led) (then (local.set $round (call $pop))))
            (loop $again
                (call $is (i32.const 1) (call $checkpoint (i32.const 2048) (i32.const 2072)) (i32.const 0))
                (if (call $leaves) (then (call $push (local.get $round)) (return)))
                (if (i32.eqz (local.get $round)) (then (memory.copy (i32.const 4096) (i32.const 2048) (i32.const 24))))
                (local.set $round (i32.add (local.get $round) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $round) (i32.const 5000))))
            (call $is (i32.const 2) (local.get $round) (i32.const 5000))
            (if (i64.eqz (i64.load (i32.const 2072))) (then (call $restore (i32.const 2048) (i64.const 3)) (unreachable)))
            (call $is (i32.const 3) (i32.load (i32.const 2072)) (i32.const 3))
            (call $restore (i32.const 4096) (i64.const 3)))"#,
    );
    let program = dir.pack_text("loop", &text, &[]);
    let said = complains(&program, &[], 134);
    assert!(said.contains("it jumped to a place on its stack that is not there"), "{said}");
}

#[test]
fn a_stack_without_room_and_a_program_that_cannot_are_told_so() {
    let dir = Dir::new();
    let stands = r#"(func (export "_start")
            (local.set 0 (call $checkpoint (i32.const 2048) (i32.const 2072)))
            (if (call $leaves) (then (call $push (i32.const 1)) (call $push (i32.const 2)) (call $push (i32.const 3)) (return)))
            (call $exit (local.get 0)))"#
        .replace("(func (export \"_start\")", "(func (export \"_start\") (local i32)");
    let at = |end: &str| program(&stands).replace("(export \"__data_end\") i32 (i32.const 8192)", end);
    let none = at("(export \"__data_end\") i32 (i32.const 65536)");
    prints(&dir.pack_text("none", &none, &[]), &[], 48);
    let little = at("(export \"__data_end\") i32 (i32.const 65520)");
    let said = complains(&dir.pack_text("little", &little, &[]), &[], 134);
    assert!(said.contains("trap: its stack has no room left to note where it stands (setjmp)"), "{said}");

    let plain = |fields: &str| format!(r#"(module {IMPORTS} (memory (export "memory") 2) {STACK} {fields})"#);
    let stands = plain(
        r#"(func (export "_start") (call $exit (call $checkpoint (i32.const 2048) (i32.const 2072))))"#,
    );
    prints(&dir.pack_text("stands", &stands, &[]), &[], 58);
    let jumps = plain(r#"(func (export "_start") (call $restore (i32.const 2048) (i64.const 1)))"#);
    let said = complains(&dir.pack_text("jumps", &jumps, &[]), &[], 134);
    assert!(said.contains("has no functions that asyncify adds"), "{said}");
}

#[test]
fn wrong_places_and_functions_that_lie_do_no_harm() {
    let dir = Dir::new();
    let text = program(
        r#"(func (export "_start")
            (call $is (i32.const 1) (call $checkpoint (i32.const -8) (i32.const 2072)) (i32.const 21))
            (call $is (i32.const 2) (call $checkpoint (i32.const 2048) (i32.const -4)) (i32.const 21))
            (global.set $sp (i32.const -1))
            (call $is (i32.const 3) (call $checkpoint (i32.const 2048) (i32.const 2072)) (i32.const 21))
            (global.set $sp (i32.const 0))
            (call $is (i32.const 4) (call $checkpoint (i32.const 2048) (i32.const 2072)) (i32.const 48))
            (call $restore (i32.const -8) (i64.const 1)))"#,
    );
    let said = complains(&dir.pack_text("wrong", &text, &[]), &[], 134);
    assert!(said.contains("not there (longjmp)"), "{said}");
    for (zero, end) in [("0", "134"), ("-1", "134"), ("100000000", "134")] {
        // It says that its notes end elsewhere.
        let text = program(&format!(
            r#"(func (export "_start")
                (drop (call $checkpoint (i32.const 2048) (i32.const 2072)))
                (if (call $leaves) (then (i32.store (global.get $notes) (i32.const {zero})) (return)))
                (call $exit (i32.const 3)))"#
        ))
        .replace("(then unreachable)", "(then)");
        complains(&dir.pack_text("lies", &text, &[]), &[], end.parse().unwrap());
    }
    // It does nothing of what it should, so it is called again once, and ends as it wants.
    let idle =
        ["start_unwind\") (param i32)", "stop_unwind\")", "start_rewind\") (param i32)", "stop_rewind\")"];
    let idle: String = idle.iter().map(|head| format!("(func (export \"asyncify_{head})")).collect();
    let text = format!(
        r#"(module {IMPORTS} (memory (export "memory") 2) {idle} {STACK}
        (func (export "_start")
            (drop (call $checkpoint (i32.const 2048) (i32.const 2072)))
            (call $exit (i32.const 3))))"#
    );
    prints(&dir.pack_text("idle", &text, &[]), &[], 3);
}

/// A program whose threads have their stacks behind 65536, each with its address for an argument; the thread itself runs `run`.
fn with_threads(run: &str, fields: &str) -> String {
    format!(
        r#"(module {IMPORTS} (import "env" "memory" (memory 64 64 shared))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (import "wasix_32v1" "thread_join" (func $join (param i32) (result i32)))
        {ASYNCIFY} {STACK} {BACK}
        (func (export "wasi_thread_start") (param $tid i32) (param $at i32)
            (if (call $is_led) (then (local.set $at (call $pop)))
                (else (global.set $sp (i32.load (local.get $at)))))
            {run})
        {fields})"#
    )
}

#[test]
fn each_thread_jumps_over_its_own_stack() {
    let dir = Dir::new();
    let text = with_threads(
        r#"(call $back (i32.add (local.get $at) (i32.const 64)))
            (if (call $leaves) (then (call $push (local.get $at)) (return)))
            (call $is (i32.const 31) (global.get $sp) (i32.load (local.get $at)))
            (drop (i32.atomic.rmw.add (i32.const 4000) (i32.const 1)))"#,
        r#"(func $begin (param $at i32) (result i32)
            ;; Where its stack ends, and how long it is.
            (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 65536)))
            (i32.store offset=56 (local.get $at) (i32.const 32768))
            (call $spawn (local.get $at)))
        (func (export "_start") (local $one i32) (local $two i32) (local $round i32)
            (loop $again
                (i32.store (i32.const 131168) (i32.const 0)) (i32.store (i32.const 262240) (i32.const 0))
                (memory.fill (i32.const 131072) (i32.const 0) (i32.const 262144))
                (local.set $one (call $begin (i32.const 131072)))
                (local.set $two (call $begin (i32.const 262144)))
                (drop (call $join (local.get $one))) (drop (call $join (local.get $two)))
                (local.set $round (i32.add (local.get $round) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $round) (i32.const 20))))
            (call $is (i32.const 2) (i32.atomic.load (i32.const 4000)) (i32.const 40))
            (call $exit (i32.const 70)))"#,
    );
    packed(&dir, "threads", &text).iter().for_each(|program| drop(prints(program, &[], 70)));
}

#[test]
fn no_thread_jumps_over_the_stack_of_another() {
    let dir = Dir::new();
    let text = with_threads(
        "(call $restore (i32.const 2048) (i64.const 1))",
        r#"(func (export "_start")
            (drop (call $checkpoint (i32.const 2048) (i32.const 2072)))
            (if (call $leaves) (then (return)))
            (if (i64.eqz (i64.load (i32.const 2072)))
                (then (drop (call $join (call $spawn (i32.const 131072))))))
            (call $exit (i32.const 3)))"#,
    );
    for program in packed(&dir, "other", &text) {
        let said = complains(&program, &[], 134);
        assert!(said.contains("not there (longjmp)"), "{said}");
    }
}

#[test]
fn a_copy_of_the_process_jumps_to_where_it_stood_before() {
    if common::skipped_on_windows("copies of a process") {
        return;
    }
    let dir = Dir::new();
    let text = program(
        r#"(func (export "_start")
            (drop (call $checkpoint (i32.const 2048) (i32.const 2072)))
            (if (call $leaves) (then (return)))
            (if (i32.eq (i32.load (i32.const 2072)) (i32.const 5)) (then (call $exit (i32.const 5))))
            (call $is (i32.const 1) (call $fork (i32.const 1) (i32.const 1032)) (i32.const 0))
            (if (i32.eqz (i32.load (i32.const 1032))) (then (call $deep (i32.const 2048) (i32.const 4) (i32.const 5))))
            (i32.store (i32.const 1040) (i32.const 1)) (i32.store (i32.const 1044) (i32.load (i32.const 1032)))
            (call $is (i32.const 2) (call $join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 0))
            (call $is (i32.const 3) (i32.load16_u (i32.const 1050)) (i32.const 5))
            (call $exit (i32.const 70)))"#,
    )
    .replacen(
        "(module",
        r#"(module (import "wasix_32v1" "proc_fork" (func $fork (param i32 i32) (result i32)))
        (import "wasix_32v1" "proc_join" (func $join (param i32 i32 i32) (result i32)))"#,
        1,
    );
    packed(&dir, "copy", &text).iter().for_each(|program| drop(prints(program, &[], 70)));
}
