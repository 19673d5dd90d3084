//! Signals among the processes of a program. Its C library counts them as Linux does.

use super::{has_no_copies, program};
use crate::common::{Dir, prints};

/// `program`, which handles signals: `$told` is how often, and `$last` which was the last.
fn handles(fields: &str) -> String {
    program(&format!(
        r#"(global $told (mut i32) (i32.const 0)) (global $last (mut i32) (i32.const 0))
        (func (export "__wasm_signal") (param $signal i32)
            (global.set $last (local.get $signal))
            ;; It is told of none while it is told of one.
            (drop (call $sleep (i64.const 1000000)))
            (global.set $told (i32.add (global.get $told) (i32.const 1))))
        {fields}"#
    ))
}

#[test]
fn a_program_is_told_that_a_copy_has_ended_if_it_handles_signals() {
    if has_no_copies() {
        return;
    }
    let wait = |until: &str| {
        format!(
            r#"(local.set $rounds (i32.const 0))
            (loop $wait
                (drop (call $sleep (i64.const 1000000)))
                (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
                (if (i32.gt_u (local.get $rounds) (i32.const 60000)) (then (call $exit (i32.const 9))))
                (br_if $wait (i32.eqz {until})))"#
        )
    };
    let text = handles(&format!(
        r#"(func (export "_start") (local $pid i32) (local $rounds i32)
            (call $callback_signal (i32.const 0) (i32.const 0))
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid)) (then (call $exit (i32.const 3))))
            {told}
            (call $is (i32.const 1) (global.get $last) (i32.const 17))
            (call $is (i32.const 2) (call $join (local.get $pid)) (i32.const 1003))
            ;; A copy is told of its own copies, and of none before.
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid)) (then
                (global.set $told (i32.const 0))
                (drop (call $sleep (i64.const 1000000)))
                (call $is (i32.const 3) (global.get $told) (i32.const 0))
                (if (i32.eqz (call $fork)) (then (call $exit (i32.const 0))))
                {told}
                (call $exit (i32.const 5))))
            (call $is (i32.const 4) (call $join (local.get $pid)) (i32.const 1005))
            (call $exit (i32.const 77)))"#,
        told = wait("(global.get $told)")
    ));
    let dir = Dir::new();
    prints(&dir.pack_text("told", &text, &[]), &[], 77);
    // Who does not handle them goes on.
    let text = program(
        r#"(func (export "_start") (local $pid i32)
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid)) (then (call $exit (i32.const 3))))
            (drop (call $sleep (i64.const 50000000)))
            (call $is (i32.const 1) (call $join (local.get $pid)) (i32.const 1003))
            (call $exit (i32.const 77)))"#,
    );
    prints(&dir.pack_text("untold", &text, &[]), &[], 77);
}

#[test]
fn a_handler_that_fails_when_a_copy_has_ended_ends_the_program() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    for (name, body, code) in [("exits", "(call $exit (i32.const 55))", 55), ("traps", "(unreachable)", 134)]
    {
        let text = program(&format!(
            r#"(func (export "__wasm_signal") (param $signal i32) {body})
            (func (export "_start")
                (call $callback_signal (i32.const 0) (i32.const 0))
                (if (i32.eqz (call $fork)) (then (call $exit (i32.const 3))))
                (loop $ever (drop (call $sleep (i64.const 1000000))) (br $ever)))"#
        ));
        prints(&dir.pack_text(name, &text, &[]), &[], code);
    }
}

#[test]
fn a_copy_is_sent_signals_by_who_started_it_and_nobody_else_is() {
    if has_no_copies() {
        return;
    }
    let text = program(
        r#"(func $never (loop $ever (drop (call $sleep (i64.const 1000000000))) (br $ever)))
        (func $ends_by (param $signal i32) (param $told i32) (local $pid i32)
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid)) (then (call $never)))
            (call $is (i32.const 1) (call $proc_signal (local.get $pid) (i32.const 0)) (i32.const 0))
            (call $is (i32.const 2) (call $proc_signal (local.get $pid) (local.get $signal)) (i32.const 0))
            (call $is (local.get $signal) (call $join (local.get $pid)) (i32.add (i32.const 2000) (local.get $told)))
            (call $is (i32.const 3) (call $proc_signal (local.get $pid) (i32.const 9)) (i32.const 71)))
        (func (export "_start") (local $pid i32)
            (call $ends_by (i32.const 15) (i32.const 15))
            (call $ends_by (i32.const 9) (i32.const 9))
            (call $ends_by (i32.const 24) (i32.const 24))
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid)) (then (call $never)))
            ;; No signal, and one that is none of WASI's.
            (call $is (i32.const 4) (call $proc_signal (local.get $pid) (i32.const 99)) (i32.const 28))
            (call $is (i32.const 5) (call $proc_signal (local.get $pid) (i32.const 16)) (i32.const 28))
            (call $is (i32.const 6) (call $proc_signal (local.get $pid) (i32.const 271)) (i32.const 28))
            (call $is (i32.const 7) (call $proc_signal (i32.const 12345) (i32.const 9)) (i32.const 71))
            (call $is (i32.const 8) (call $proc_signal (i32.const -1) (i32.const 9)) (i32.const 71))
            (call $is (i32.const 9) (call $proc_signal (i32.const 0) (i32.const 9)) (i32.const 71))
            ;; A sibling and the parent are somebody else's.
            (if (i32.eqz (call $fork)) (then
                (call $is (i32.const 10) (call $proc_signal (local.get $pid) (i32.const 9)) (i32.const 63))
                (call $is (i32.const 11) (call $proc_signal (i32.const 1) (i32.const 9)) (i32.const 71))
                (call $exit (i32.const 6))))
            (call $is (i32.const 12) (call $join (i32.add (local.get $pid) (i32.const 1))) (i32.const 1006))
            (call $is (i32.const 13) (call $proc_signal (local.get $pid) (i32.const 9)) (i32.const 0))
            (call $is (i32.const 14) (call $join (local.get $pid)) (i32.const 2009))
            (call $exit (i32.const 77)))"#,
    );
    prints(&Dir::new().pack_text("kills", &text, &[]), &[], 77);
}
