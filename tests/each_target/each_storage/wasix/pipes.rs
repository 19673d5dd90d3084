//! Pipes, and copies of descriptors.

use super::{program, with_threads};
use crate::common::{Dir, prints};

/// Packs and runs `text`, which must end with 77; what it printed.
fn passes(text: &str) -> String {
    prints(&Dir::new().pack_text("made", text, &[]), &[], 77)
}

#[test]
fn a_pipe_gives_what_was_written_until_nobody_can_write() {
    // 8, 12: its ends. 16: what is told of them.
    passes(&program(
        r#"(data (i32.const 1040) "hello")
        (func (export "_start")
            (call $is (i32.const 1) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 2) (call $w (i32.load (i32.const 12)) (i32.const 5)) (i32.const 0))
            (call $is (i32.const 3) (i32.load (i32.const 1032)) (i32.const 5))
            (call $is (i32.const 4) (call $r (i32.load (i32.const 8)) (i32.const 3)) (i32.const 0))
            (call $is (i32.const 5) (i32.load (i32.const 1032)) (i32.const 3))
            (call $is (i32.const 6) (i32.load (i32.const 2048)) (i32.const 0x6c6568))
            ;; Of no known type, and without positions.
            (call $is (i32.const 7) (call $fdstat (i32.load (i32.const 8)) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 8) (i32.load8_u (i32.const 16)) (i32.const 0))
            (call $is (i32.const 9) (call $filestat (i32.load (i32.const 12)) (i32.const 64)) (i32.const 0))
            (call $is (i32.const 10) (i32.load8_u (i32.const 80)) (i32.const 0))
            (call $is (i32.const 11) (call $seek (i32.load (i32.const 8)) (i64.const 0) (i32.const 0) (i32.const 16)) (i32.const 70))
            ;; Each end is good for one thing.
            (call $is (i32.const 12) (call $w (i32.load (i32.const 8)) (i32.const 5)) (i32.const 76))
            (call $is (i32.const 13) (call $r (i32.load (i32.const 12)) (i32.const 5)) (i32.const 76))
            (call $is (i32.const 14) (call $close (i32.load (i32.const 12))) (i32.const 0))
            (call $is (i32.const 15) (call $r (i32.load (i32.const 8)) (i32.const 9)) (i32.const 0))
            (call $is (i32.const 16) (i32.load (i32.const 1032)) (i32.const 2))
            (call $is (i32.const 17) (call $r (i32.load (i32.const 8)) (i32.const 9)) (i32.const 0))
            (call $is (i32.const 18) (i32.load (i32.const 1032)) (i32.const 0))
            (call $exit (i32.const 77)))"#,
    ));
}

#[test]
fn a_pipe_that_nobody_reads_is_an_answer_and_ends_nothing() {
    passes(&program(
        r#"(func (export "_start") (local $rounds i32)
            (loop $again
                (call $is (i32.const 1) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
                (call $is (i32.const 2) (call $close (i32.load (i32.const 8))) (i32.const 0))
                (call $is (i32.const 3) (call $w (i32.load (i32.const 12)) (i32.const 5)) (i32.const 64))
                (call $is (i32.const 4) (call $close (i32.load (i32.const 12))) (i32.const 0))
                (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $rounds) (i32.const 100))))
            (call $exit (i32.const 77)))"#,
    ));
}

#[test]
fn who_must_not_wait_does_not_whichever_copy_was_told_so() {
    passes(&program(
        r#"(func (export "_start") (local $all i32)
            (call $is (i32.const 1) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 2) (call $dup (i32.load (i32.const 8)) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 3) (call $set_flags (i32.load (i32.const 16)) (i32.const 4)) (i32.const 0))
            (call $is (i32.const 4) (call $r (i32.load (i32.const 8)) (i32.const 9)) (i32.const 6))
            (call $is (i32.const 5) (call $fdstat (i32.load (i32.const 8)) (i32.const 64)) (i32.const 0))
            (call $is (i32.const 6) (i32.load16_u (i32.const 66)) (i32.const 4))
            (call $is (i32.const 7) (call $set_flags (i32.load (i32.const 12)) (i32.const 4)) (i32.const 0))
            (loop $again
                (if (i32.eqz (call $w (i32.load (i32.const 12)) (i32.const 4096)))
                    (then (local.set $all (i32.add (local.get $all) (i32.load (i32.const 1032)))) (br $again))))
            (call $is (i32.const 8) (call $w (i32.load (i32.const 12)) (i32.const 4096)) (i32.const 6))
            (call $is (i32.const 9) (i32.lt_u (local.get $all) (i32.const 4096)) (i32.const 0))
            ;; Nothing else can be set.
            (call $is (i32.const 10) (call $set_flags (i32.load (i32.const 12)) (i32.const 1)) (i32.const 58))
            (call $exit (i32.const 77)))"#,
    ));
}

#[test]
fn a_copy_stands_for_the_same_and_the_pipe_ends_with_the_last() {
    let printed = passes(&program(
        r#"(data (i32.const 1040) "hello")
        (func (export "_start")
            (call $is (i32.const 1) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 2) (call $dup (i32.load (i32.const 12)) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 3) (i32.eq (i32.load (i32.const 16)) (i32.load (i32.const 12))) (i32.const 0))
            (call $is (i32.const 4) (call $close (i32.load (i32.const 12))) (i32.const 0))
            (call $is (i32.const 5) (call $w (i32.load (i32.const 16)) (i32.const 5)) (i32.const 0))
            ;; The lowest free number that is at least so high, and closed by a program that follows.
            (call $is (i32.const 6) (call $dup2 (i32.load (i32.const 16)) (i32.const 40) (i32.const 1) (i32.const 20)) (i32.const 0))
            (call $is (i32.const 7) (i32.load (i32.const 20)) (i32.const 40))
            (call $is (i32.const 8) (call $dup2 (i32.load (i32.const 16)) (i32.const 40) (i32.const 0) (i32.const 24)) (i32.const 0))
            (call $is (i32.const 9) (i32.load (i32.const 24)) (i32.const 41))
            (call $is (i32.const 10) (call $flags_get (i32.const 40) (i32.const 28)) (i32.const 0))
            (call $is (i32.const 11) (i32.load16_u (i32.const 28)) (i32.const 1))
            (call $is (i32.const 12) (call $flags_get (i32.const 41) (i32.const 28)) (i32.const 0))
            (call $is (i32.const 13) (i32.load16_u (i32.const 28)) (i32.const 0))
            (call $is (i32.const 14) (call $flags_set (i32.const 41) (i32.const 1)) (i32.const 0))
            (call $is (i32.const 15) (call $flags_set (i32.const 41) (i32.const 2)) (i32.const 28))
            (call $is (i32.const 16) (call $flags_get (i32.const 41) (i32.const 28)) (i32.const 0))
            (call $is (i32.const 17) (i32.load16_u (i32.const 28)) (i32.const 1))
            (call $is (i32.const 18) (call $dup2 (i32.const 41) (i32.const 65536) (i32.const 0) (i32.const 24)) (i32.const 28))
            (call $is (i32.const 19) (call $dup (i32.const 999) (i32.const 24)) (i32.const 8))
            ;; Renumbering is dup2 here, under both names: the first stays, the other need not be open.
            (call $is (i32.const 20) (call $renumber1 (i32.const 41) (i32.const 50)) (i32.const 0))
            (call $is (i32.const 21) (call $flags_get (i32.const 50) (i32.const 28)) (i32.const 0))
            (call $is (i32.const 22) (i32.load16_u (i32.const 28)) (i32.const 0))
            (call $is (i32.const 23) (call $renumber (i32.const 41) (i32.const 41)) (i32.const 0))
            (call $is (i32.const 24) (call $renumber (i32.const 999) (i32.const 41)) (i32.const 8))
            (call $is (i32.const 25) (call $renumber (i32.const 41) (i32.const 65536)) (i32.const 8))
            ;; Standard output kept, led into the pipe, and back.
            (call $is (i32.const 26) (call $dup2 (i32.const 1) (i32.const 60) (i32.const 0) (i32.const 24)) (i32.const 0))
            (call $is (i32.const 27) (call $renumber (i32.const 41) (i32.const 1)) (i32.const 0))
            (call $is (i32.const 28) (call $w (i32.const 1) (i32.const 4)) (i32.const 0))
            (call $is (i32.const 29) (call $renumber (i32.const 60) (i32.const 1)) (i32.const 0))
            (call $is (i32.const 30) (call $w (i32.const 1) (i32.const 5)) (i32.const 0))
            (call $is (i32.const 31) (call $r (i32.load (i32.const 8)) (i32.const 64)) (i32.const 0))
            (call $is (i32.const 32) (i32.load (i32.const 1032)) (i32.const 9))
            (call $is (i32.const 33) (call $close (i32.load (i32.const 16))) (i32.const 0))
            (call $is (i32.const 34) (call $close (i32.const 40)) (i32.const 0))
            (call $is (i32.const 35) (call $close (i32.const 41)) (i32.const 0))
            (call $is (i32.const 36) (call $close (i32.const 50)) (i32.const 0))
            (call $is (i32.const 37) (call $r (i32.load (i32.const 8)) (i32.const 64)) (i32.const 0))
            (call $is (i32.const 38) (i32.load (i32.const 1032)) (i32.const 0))
            (call $exit (i32.const 77)))"#,
    ));
    assert_eq!(printed, "hello");
}

#[test]
fn a_thread_waits_for_a_pipe_while_others_go_on_and_close_what_it_waits_for() {
    // 8, 12: a pipe. 16, 20: another, by which it tells. 24: the thread's number.
    passes(&with_threads(
        r#"(data (i32.const 1040) "x")
        (func (export "wasi_thread_start") (param i32 i32) (local $answer i32)
            (local.set $answer (call $r (i32.load (i32.const 8)) (i32.const 1)))
            (if (i32.ne (local.get $answer) (i32.const 8)) (then
                (call $is (i32.const 1) (local.get $answer) (i32.const 0))
                (call $is (i32.const 2) (i32.load8_u (i32.const 2048)) (i32.const 120))))
            (call $is (i32.const 3) (call $close (i32.load (i32.const 8))) (i32.const 8)))
        (func (export "_start")
            (call $is (i32.const 11) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 12) (call $spawn (i32.const 0) (i32.const 24)) (i32.const 0))
            (call $is (i32.const 13) (call $pipe (i32.const 16) (i32.const 20)) (i32.const 0))
            ;; A clock of 50 ms, so that the thread most likely reads; if it does not yet, it reads what is closed.
            (i64.store (i32.const 112) (i64.const 1)) (i64.store (i32.const 120) (i64.const 50000000))
            (call $is (i32.const 14) (call $poll_oneoff (i32.const 96) (i32.const 256) (i32.const 1) (i32.const 28)) (i32.const 0))
            (call $is (i32.const 15) (call $close (i32.load (i32.const 8))) (i32.const 0))
            (call $is (i32.const 16) (call $w (i32.load (i32.const 12)) (i32.const 1)) (i32.const 0))
            (call $is (i32.const 17) (call $join (i32.load (i32.const 24))) (i32.const 0))
            ;; Now nobody reads any more.
            (call $is (i32.const 18) (call $w (i32.load (i32.const 12)) (i32.const 1)) (i32.const 64))
            (call $exit (i32.const 77)))"#,
    ));
}
