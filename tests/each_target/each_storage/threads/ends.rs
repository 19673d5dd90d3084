//! The program ends while its threads are about something: once, and with the right code.

use std::process::Stdio;
use std::time::Instant;

use super::program;
use crate::common::{self, Dir};

/// What a thread can be about for ever.
const BUSY: [(&str, &str); 4] = [
    ("loop", "(loop $ever (br $ever))"),
    ("wait", "(drop (memory.atomic.wait32 (i32.const 1028) (i32.const 0) (i64.const -1)))"),
    // A clock that rings in three centuries. Subscription and event are at 2048 and 3072.
    (
        "poll",
        "(i32.store (i32.const 2064) (i32.const 1)) (i64.store (i32.const 2072) (i64.const 0x7fffffffffffffff))
         (drop (call $poll_oneoff (i32.const 2048) (i32.const 3072) (i32.const 1) (i32.const 4000)))",
    ),
    // Standard input, which stays open.
    (
        "read",
        "(i32.store (i32.const 2048) (i32.const 4096)) (i32.store (i32.const 2052) (i32.const 16))
         (drop (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 4000)))",
    ),
];

/// Runs a program that ends with `code` although its input stays open.
#[track_caller]
fn ends(dir: &Dir, name: &str, text: &str, code: i32) {
    let program = dir.pack_text(name, text, &[]);
    let since = Instant::now();
    let mut command = common::start(&program);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!(output.status.code(), Some(code), "{name}: {}", common::text(&output.stderr));
    assert_eq!(common::text(&output.stderr), "", "{name}");
    assert!(since.elapsed().as_secs() < 60, "{name}");
}

#[test]
fn a_thread_ends_the_program_whatever_the_first_is_about() {
    let dir = Dir::new();
    for (name, busy) in BUSY {
        let text = program(&format!(
            r#"(func (export "wasi_thread_start") (param i32 i32)
                (call $wait (i32.const 1024) (i32.const 1)) (call $exit (i32.const 33)))
            (func (export "_start") (drop (call $spawn (i32.const 0))) (call $tell (i32.const 1024)) {busy})"#
        ));
        ends(&dir, &format!("other-{name}"), &text, 33);
    }
}

#[test]
fn the_first_thread_ends_the_program_whatever_others_are_about() {
    let dir = Dir::new();
    for (how, end, code) in [("exit", "(call $exit (i32.const 34))", 34), ("return", "", 0)] {
        for (name, busy) in BUSY {
            let text = program(&format!(
                r#"(func (export "wasi_thread_start") (param i32 i32) (call $tell (i32.const 1024)) {busy})
                (func (export "_start") (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
                    (call $wait (i32.const 1024) (i32.const 2)) {end})"#
            ));
            ends(&dir, &format!("first-{how}-{name}"), &text, code);
        }
    }
}

#[test]
fn of_several_that_end_it_at_once_one_does() {
    let text = program(
        r#"(func $end
            (call $tell (i32.const 1024))
            (loop $until (br_if $until (i32.lt_u (i32.atomic.load (i32.const 1024)) (i32.const 9))))
            (call $exit (i32.const 35)))
        (func (export "wasi_thread_start") (param i32 i32) (call $end))
        (func (export "_start") (local $index i32)
            (loop $more
                (drop (call $spawn (i32.const 0)))
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $index) (i32.const 8))))
            (call $end))"#,
    );
    let dir = Dir::new();
    let program = dir.pack_text("all", &text, &[]);
    for _ in 0..20 {
        let output = common::run::<&str>(&program, &[]);
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(35), &b""[..]));
    }
}

#[test]
fn a_wait_ends_when_its_time_is_up_or_it_is_told_and_not_before() {
    let text = program(
        r#"(func $is (param $got i32) (param $wanted i32)
            (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $got)))))
        (func (export "wasi_thread_start") (param i32) (param $timeouts i32)
            (call $is (memory.atomic.wait32 (i32.const 1028) (i32.const 0) (i64.const 0)) (i32.const 2))
            (call $is (memory.atomic.wait32 (i32.const 1028) (i32.const 0) (i64.const 1)) (i32.const 2))
            (call $is (memory.atomic.wait32 (i32.const 1028) (i32.const 1) (i64.const -1)) (i32.const 1))
            (call $is (memory.atomic.wait64 (i32.const 1032) (i64.const 1) (i64.const -1)) (i32.const 1))
            (call $is (memory.atomic.wait64 (i32.const 1032) (i64.const 0) (i64.const 1000)) (i32.const 2))
            (call $tell (i32.const 1024))
            (call $is (memory.atomic.wait32 (i32.const 1028) (i32.const 0) (i64.load (local.get $timeouts))) (i32.const 0))
            (call $tell (i32.const 1024)))
        (data (i32.const 2048) "\ff\ff\ff\ff\ff\ff\ff\7f" "\00\00\00\00\00\00\00\80" "\ff\ff\ff\ff\ff\ff\ff\ff")
        (func (export "_start") (local $woken i32)
            (drop (call $spawn (i32.const 2048))) (drop (call $spawn (i32.const 2056))) (drop (call $spawn (i32.const 2064)))
            (call $wait (i32.const 1024) (i32.const 3))
            (loop $more
                (local.set $woken (i32.add (local.get $woken) (memory.atomic.notify (i32.const 1028) (i32.const 1))))
                (br_if $more (i32.lt_u (local.get $woken) (i32.const 3))))
            (call $wait (i32.const 1024) (i32.const 6))
            (call $exit (i32.add (i32.const 40) (memory.atomic.notify (i32.const 1028) (i32.const -1)))))"#,
    );
    let dir = Dir::new();
    for compiler in super::compilers() {
        let program = dir.pack_text(&format!("times-{compiler}"), &text, &["--compiler", compiler]);
        common::prints(&program, &[], 40);
    }
}
