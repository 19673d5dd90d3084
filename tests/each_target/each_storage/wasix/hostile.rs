//! Too many descriptors, and arguments that change while calls run.

use payload::Target;

use super::{program, with_threads};
use crate::common::{self, Dir, prints, target};

#[test]
fn copies_without_end_meet_a_bound_and_the_program_goes_on() {
    let text = program(
        r#"(func (export "_start") (local $answer i32) (local $last i32)
            (loop $again
                (local.set $answer (call $dup (i32.const 1) (i32.const 8)))
                (if (i32.eqz (local.get $answer)) (then (local.set $last (i32.load (i32.const 8))) (br $again))))
            (call $is (i32.const 1) (local.get $answer) (i32.const 33))
            (call $is (i32.const 2) (local.get $last) (i32.const 65535))
            (call $is (i32.const 3) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 33))
            (call $is (i32.const 4) (call $event (i64.const 0) (i32.const 0) (i32.const 8)) (i32.const 33))
            (call $is (i32.const 5) (call $epoll_create (i32.const 8)) (i32.const 33))
            ;; One is free: a pipe takes two, or none.
            (call $is (i32.const 6) (call $close (i32.const 40)) (i32.const 0))
            (call $is (i32.const 7) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 33))
            (call $is (i32.const 8) (call $dup2 (i32.const 1) (i32.const 41) (i32.const 0) (i32.const 8)) (i32.const 33))
            (call $is (i32.const 9) (call $dup (i32.const 1) (i32.const 8)) (i32.const 0))
            (call $is (i32.const 10) (i32.load (i32.const 8)) (i32.const 40))
            (call $exit (i32.const 77)))"#,
    );
    prints(&Dir::new().pack_text("copies", &text, &[]), &[], 77);
}

#[test]
fn pipes_without_end_meet_a_bound_and_the_program_goes_on() {
    // The system's bound on open files, or that on descriptors.
    let text = program(
        r#"(func (export "_start") (local $answer i32)
            (loop $again
                (local.set $answer (call $pipe (i32.const 8) (i32.const 12)))
                (br_if $again (i32.eqz (local.get $answer))))
            (call $is (i32.const 1) (i32.or (i32.eq (local.get $answer) (i32.const 33)) (i32.eq (local.get $answer) (i32.const 41))) (i32.const 1))
            (call $is (i32.const 2) (call $close (i32.const 8)) (i32.const 0))
            (call $is (i32.const 3) (call $close (i32.const 9)) (i32.const 0))
            (call $is (i32.const 4) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $exit (i32.const 77)))"#,
    );
    prints(&Dir::new().pack_text("pipes", &text, &[]), &[], 77);
}

#[test]
fn pointers_that_leave_memory_make_nothing() {
    let text = program(
        r#"(func (export "_start")
            (call $is (i32.const 1) (call $pipe (i32.const 8) (i32.const 65533)) (i32.const 21))
            (call $is (i32.const 2) (call $pipe (i32.const -1) (i32.const 8)) (i32.const 21))
            (call $is (i32.const 3) (call $event (i64.const 0) (i32.const 0) (i32.const 65533)) (i32.const 21))
            (call $is (i32.const 4) (call $epoll_create (i32.const 65533)) (i32.const 21))
            (call $is (i32.const 5) (call $dup (i32.const 1) (i32.const 65533)) (i32.const 21))
            (call $is (i32.const 6) (call $dup2 (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 65533)) (i32.const 21))
            (call $is (i32.const 7) (call $flags_get (i32.const 1) (i32.const 65535)) (i32.const 21))
            (call $is (i32.const 8) (i32.load (i32.const 8)) (i32.const 0))
            ;; 3 and 4 are the root, and no number was given out.
            (call $is (i32.const 9) (call $dup (i32.const 1) (i32.const 8)) (i32.const 0))
            (call $is (i32.const 10) (i32.load (i32.const 8)) (i32.const 5))
            (call $exit (i32.const 77)))"#,
    );
    prints(&Dir::new().pack_text("leaves", &text, &[]), &[], 77);
}

/// Rounds of the race; fewer behind an emulator.
fn rounds() -> u32 {
    if Some(target()) == Target::host() { 20_000 } else { 1_000 }
}

#[test]
fn arguments_that_change_while_calls_run_do_no_harm() {
    // 256: what is wanted of a list, 512: what happened, 640: a path, 700: numbers of descriptors. A thread rewrites all of it,
    // and closes, copies and renumbers what the other uses.
    let text = with_threads(&format!(
        r#"(global $seed (mut i32) (i32.const 12345))
        (func $random (result i32)
            (global.set $seed (i32.xor (global.get $seed) (i32.shl (global.get $seed) (i32.const 13))))
            (global.set $seed (i32.xor (global.get $seed) (i32.shr_u (global.get $seed) (i32.const 17))))
            (global.set $seed (i32.xor (global.get $seed) (i32.shl (global.get $seed) (i32.const 5))))
            (global.get $seed))
        (func $fd (result i32) (i32.add (i32.const 5) (i32.and (call $random) (i32.const 15))))
        (func (export "wasi_thread_start") (param i32 i32)
            (loop $ever
                (i32.store (i32.const 256) (call $random))
                (i32.store (i32.const 640) (call $random))
                (i32.store (i32.const 700) (call $fd))
                (drop (call $renumber (call $fd) (call $fd)))
                (if (i32.and (call $random) (i32.const 1)) (then (drop (call $close (call $fd)))))
                (drop (call $dup2 (call $fd) (i32.const 5) (i32.const 0) (i32.const 720)))
                (br $ever)))
        (func (export "_start") (local $round i32)
            (call $is (i32.const 1) (call $spawn (i32.const 0) (i32.const 24)) (i32.const 0))
            (loop $again
                ;; What is made may be closed by the time that its number is used, and may be anything; nothing waits.
                (drop (call $pipe (i32.const 700) (i32.const 704)))
                (drop (call $set_flags (i32.load (i32.const 700)) (i32.const 4)))
                (drop (call $set_flags (i32.load (i32.const 704)) (i32.const 4)))
                (drop (call $event (i64.const 3) (i32.and (call $random) (i32.const 3)) (i32.const 708)))
                (drop (call $epoll_create (i32.const 712)))
                (drop (call $epoll_ctl (i32.load (i32.const 712)) (i32.and (call $random) (i32.const 3)) (i32.load (i32.const 700)) (i32.const 256)))
                (drop (call $epoll_ctl (call $fd) (i32.and (call $random) (i32.const 3)) (call $fd) (i32.const 256)))
                (drop (call $epoll_wait (i32.load (i32.const 712)) (i32.const 512) (i32.const 4) (i64.const 0) (i32.const 716)))
                (drop (call $chdir (i32.const 640) (i32.const 4)))
                (drop (call $close (call $fd)))
                (local.set $round (i32.add (local.get $round) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $round) (i32.const {rounds}))))
            (call $exit (i32.const 77)))"#,
        rounds = rounds(),
    ));
    let code = common::run::<&str>(&Dir::new().pack_text("race", &text, &[]), &[]).status.code();
    assert_eq!(code, Some(77));
}
