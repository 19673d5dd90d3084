//! Events, lists of interests, and waiting for several things.

use super::{program, with_threads};
use crate::common::{Dir, prints};

/// Packs and runs `text`, which must end with 77.
fn passes(text: &str) {
    prints(&Dir::new().pack_text("made", text, &[]), &[], 77);
}

/// `$add` adds a number to an event, `$take` takes what it counts, or ends if it does not.
const COUNTING: &str = r#"
    (func $add (param $fd i32) (param $number i64) (result i32)
        (i64.store (i32.const 1040) (local.get $number))
        (call $w (local.get $fd) (i32.const 8)))
    (func $take (param $fd i32) (result i64)
        (call $is (i32.const 100) (call $r (local.get $fd) (i32.const 8)) (i32.const 0))
        (call $is (i32.const 101) (i32.load (i32.const 1032)) (i32.const 8))
        (i64.load (i32.const 2048)))"#;

#[test]
fn an_event_counts_and_a_semaphore_gives_one_by_one() {
    passes(&program(&format!(
        r#"{COUNTING}
        (func (export "_start")
            (call $is (i32.const 1) (call $event (i64.const 2) (i32.const 0) (i32.const 8)) (i32.const 0))
            (call $is (i32.const 2) (call $add (i32.load (i32.const 8)) (i64.const 3)) (i32.const 0))
            (call $is (i32.const 3) (i32.wrap_i64 (call $take (i32.load (i32.const 8)))) (i32.const 5))
            (call $is (i32.const 4) (call $set_flags (i32.load (i32.const 8)) (i32.const 4)) (i32.const 0))
            (call $is (i32.const 5) (call $r (i32.load (i32.const 8)) (i32.const 8)) (i32.const 6))
            (call $is (i32.const 6) (call $add (i32.load (i32.const 8)) (i64.const -2)) (i32.const 0))
            (call $is (i32.const 7) (call $add (i32.load (i32.const 8)) (i64.const 1)) (i32.const 6))
            (call $is (i32.const 8) (call $add (i32.load (i32.const 8)) (i64.const -1)) (i32.const 28))
            (call $is (i32.const 9) (call $r (i32.load (i32.const 8)) (i32.const 7)) (i32.const 28))
            (call $is (i32.const 10) (call $event (i64.const 2) (i32.const 1) (i32.const 8)) (i32.const 0))
            (call $is (i32.const 11) (i32.wrap_i64 (call $take (i32.load (i32.const 8)))) (i32.const 1))
            (call $is (i32.const 12) (i32.wrap_i64 (call $take (i32.load (i32.const 8)))) (i32.const 1))
            (call $is (i32.const 13) (call $event (i64.const 0) (i32.const 2) (i32.const 8)) (i32.const 28))
            (call $is (i32.const 14) (call $event (i64.const -1) (i32.const 0) (i32.const 8)) (i32.const 28))
            ;; Not to wait, and closed at exec, as C libraries ask for it.
            (call $is (i32.const 15) (call $event (i64.const 0) (i32.const 0x40000004) (i32.const 8)) (i32.const 0))
            (call $is (i32.const 16) (call $r (i32.load (i32.const 8)) (i32.const 8)) (i32.const 6))
            (call $exit (i32.const 77)))"#
    )));
}

#[test]
fn a_list_tells_what_happened_with_what_was_given() {
    // 8, 12: a pipe; 16: an event; 20: a list. 256: what is wanted. 512: what happened.
    passes(&program(&format!(
        r#"{COUNTING}
        (func $ctl (param $what i32) (param $fd i32) (param $wanted i32) (result i32)
            (i32.store (i32.const 256) (local.get $wanted))
            (i32.store (i32.const 264) (i32.const 0x11111111)) (i32.store (i32.const 268) (local.get $fd))
            (i32.store (i32.const 272) (i32.const 0x22222222)) (i64.store (i32.const 280) (i64.const 0x3333333344444444))
            (call $epoll_ctl (i32.load (i32.const 20)) (local.get $what) (local.get $fd) (i32.const 256)))
        ;; How many happened within some time.
        (func $happened (param $nanos i64) (result i32)
            (call $is (i32.const 102)
                (call $epoll_wait (i32.load (i32.const 20)) (i32.const 512) (i32.const 4) (local.get $nanos) (i32.const 24)) (i32.const 0))
            (i32.load (i32.const 24)))
        (func (export "_start")
            (call $is (i32.const 1) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 2) (call $event (i64.const 0) (i32.const 0) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 3) (call $epoll_create (i32.const 20)) (i32.const 0))
            (call $is (i32.const 4) (call $ctl (i32.const 0) (i32.load (i32.const 8)) (i32.const 1)) (i32.const 0))
            (call $is (i32.const 5) (call $ctl (i32.const 0) (i32.load (i32.const 8)) (i32.const 1)) (i32.const 20))
            (call $is (i32.const 6) (call $happened (i64.const 0)) (i32.const 0))
            (call $is (i32.const 7) (call $happened (i64.const 20000000)) (i32.const 0))
            (call $is (i32.const 8) (call $w (i32.load (i32.const 12)) (i32.const 3)) (i32.const 0))
            (call $is (i32.const 9) (call $happened (i64.const -1)) (i32.const 1))
            (call $is (i32.const 10) (i32.load (i32.const 512)) (i32.const 1))
            (call $is (i32.const 11) (i32.load (i32.const 520)) (i32.const 0x11111111))
            (call $is (i32.const 12) (i32.load (i32.const 524)) (i32.load (i32.const 8)))
            (call $is (i32.const 13) (i32.load (i32.const 528)) (i32.const 0x22222222))
            (call $is (i32.const 14) (i32.load (i32.const 536)) (i32.const 0x44444444))
            (call $is (i32.const 15) (i32.load (i32.const 540)) (i32.const 0x33333333))
            ;; It is still so. By edges it is told once.
            (call $is (i32.const 16) (call $happened (i64.const -1)) (i32.const 1))
            (call $is (i32.const 17) (call $ctl (i32.const 1) (i32.load (i32.const 8)) (i32.const 0x41)) (i32.const 0))
            (call $is (i32.const 18) (call $happened (i64.const -1)) (i32.const 1))
            (call $is (i32.const 19) (call $happened (i64.const 0)) (i32.const 0))
            (call $is (i32.const 20) (call $w (i32.load (i32.const 12)) (i32.const 3)) (i32.const 0))
            (call $is (i32.const 21) (call $happened (i64.const -1)) (i32.const 1))
            ;; An event tells each time that something is added, though it was not taken.
            (call $is (i32.const 22) (call $ctl (i32.const 0) (i32.load (i32.const 16)) (i32.const 0x41)) (i32.const 0))
            (call $is (i32.const 23) (call $happened (i64.const 0)) (i32.const 0))
            (call $is (i32.const 24) (call $add (i32.load (i32.const 16)) (i64.const 1)) (i32.const 0))
            (call $is (i32.const 25) (call $happened (i64.const -1)) (i32.const 1))
            (call $is (i32.const 26) (call $add (i32.load (i32.const 16)) (i64.const 1)) (i32.const 0))
            (call $is (i32.const 27) (call $happened (i64.const -1)) (i32.const 1))
            (call $is (i32.const 28) (i32.load (i32.const 524)) (i32.load (i32.const 16)))
            ;; Once, until it is asked for again.
            (call $is (i32.const 29) (call $ctl (i32.const 1) (i32.load (i32.const 16)) (i32.const 0x81)) (i32.const 0))
            (call $is (i32.const 30) (call $happened (i64.const -1)) (i32.const 1))
            (call $is (i32.const 31) (call $add (i32.load (i32.const 16)) (i64.const 1)) (i32.const 0))
            (call $is (i32.const 32) (call $happened (i64.const 0)) (i32.const 0))
            ;; Taken out, and closed.
            (call $is (i32.const 33) (call $epoll_ctl (i32.load (i32.const 20)) (i32.const 2) (i32.load (i32.const 16)) (i32.const 0)) (i32.const 0))
            (call $is (i32.const 34) (call $ctl (i32.const 2) (i32.load (i32.const 16)) (i32.const 0)) (i32.const 44))
            (call $is (i32.const 35) (call $ctl (i32.const 1) (i32.load (i32.const 16)) (i32.const 1)) (i32.const 44))
            (call $is (i32.const 36) (call $ctl (i32.const 1) (i32.load (i32.const 8)) (i32.const 1)) (i32.const 0))
            (call $is (i32.const 37) (call $happened (i64.const 0)) (i32.const 1))
            (call $is (i32.const 38) (call $close (i32.load (i32.const 8))) (i32.const 0))
            (call $is (i32.const 39) (call $happened (i64.const 0)) (i32.const 0))
            (call $is (i32.const 40) (call $ctl (i32.const 0) (i32.load (i32.const 12)) (i32.const 2)) (i32.const 0))
            (call $is (i32.const 41) (call $happened (i64.const -1)) (i32.const 1))
            ;; Writable, and nobody reads.
            (call $is (i32.const 42) (i32.load (i32.const 512)) (i32.const 0x12))
            ;; What is wrong.
            (call $is (i32.const 51) (call $ctl (i32.const 0) (i32.const 999) (i32.const 1)) (i32.const 8))
            (call $is (i32.const 52) (call $ctl (i32.const 0) (i32.load (i32.const 20)) (i32.const 1)) (i32.const 28))
            (call $is (i32.const 53) (call $ctl (i32.const 3) (i32.load (i32.const 16)) (i32.const 1)) (i32.const 28))
            (call $is (i32.const 54) (call $ctl (i32.const 0) (i32.load (i32.const 16)) (i32.const 0x100)) (i32.const 28))
            (call $is (i32.const 55) (call $epoll_ctl (i32.load (i32.const 20)) (i32.const 0) (i32.load (i32.const 16)) (i32.const 0)) (i32.const 28))
            (call $is (i32.const 56) (call $epoll_ctl (i32.load (i32.const 16)) (i32.const 0) (i32.load (i32.const 16)) (i32.const 256)) (i32.const 28))
            (call $is (i32.const 57) (call $epoll_ctl (i32.const 3) (i32.const 0) (i32.load (i32.const 16)) (i32.const 256)) (i32.const 28))
            (call $is (i32.const 58) (call $ctl (i32.const 0) (i32.const 3) (i32.const 1)) (i32.const 63))
            (call $is (i32.const 59) (call $epoll_wait (i32.load (i32.const 16)) (i32.const 512) (i32.const 4) (i64.const 0) (i32.const 24)) (i32.const 28))
            (call $is (i32.const 60) (call $epoll_wait (i32.load (i32.const 20)) (i32.const 512) (i32.const 0) (i64.const 0) (i32.const 24)) (i32.const 28))
            (call $is (i32.const 61) (call $epoll_wait (i32.load (i32.const 20)) (i32.const 65000) (i32.const 40) (i64.const 0) (i32.const 24)) (i32.const 21))
            (call $is (i32.const 62) (call $epoll_wait (i32.load (i32.const 20)) (i32.const 512) (i32.const -1) (i64.const 0) (i32.const 24)) (i32.const 21))
            (call $is (i32.const 63) (call $epoll_ctl (i32.load (i32.const 20)) (i32.const 0) (i32.load (i32.const 16)) (i32.const 65530)) (i32.const 21))
            (call $exit (i32.const 77)))"#
    )));
}

#[test]
fn pipes_events_lists_and_clocks_are_waited_for_together() {
    // 8, 12: a pipe; 16: an event; 20: a list in which the pipe is. 256: subscriptions; 512: events.
    passes(&with_threads(&format!(
        r#"{COUNTING}
        (func $wants (param $number i32) (param $kind i32) (param $fd i32) (local $at i32)
            (local.set $at (i32.add (i32.const 256) (i32.mul (local.get $number) (i32.const 48))))
            (i64.store (local.get $at) (i64.extend_i32_u (i32.add (local.get $number) (i32.const 70))))
            (i32.store8 offset=8 (local.get $at) (local.get $kind))
            (i32.store offset=16 (local.get $at) (local.get $fd)))
        (func $poll (param $count i32) (result i32)
            (call $is (i32.const 102) (call $poll_oneoff (i32.const 256) (i32.const 512) (local.get $count) (i32.const 24)) (i32.const 0))
            (i32.load (i32.const 24)))
        (func (export "wasi_thread_start") (param i32 i32)
            ;; 30 ms, on its own subscription.
            (i64.store (i32.const 784) (i64.const 1)) (i64.store (i32.const 792) (i64.const 30000000))
            (call $is (i32.const 1) (call $poll_oneoff (i32.const 768) (i32.const 832) (i32.const 1) (i32.const 28)) (i32.const 0))
            (call $is (i32.const 2) (call $w (i32.load (i32.const 12)) (i32.const 3)) (i32.const 0)))
        (func (export "_start")
            (call $is (i32.const 11) (call $pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 12) (call $event (i64.const 0) (i32.const 0) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 13) (call $epoll_create (i32.const 20)) (i32.const 0))
            (i32.store (i32.const 640) (i32.const 1))
            (call $is (i32.const 14) (call $epoll_ctl (i32.load (i32.const 20)) (i32.const 0) (i32.load (i32.const 8)) (i32.const 640)) (i32.const 0))
            (call $wants (i32.const 0) (i32.const 1) (i32.load (i32.const 8)))
            (call $wants (i32.const 1) (i32.const 1) (i32.load (i32.const 16)))
            (call $wants (i32.const 2) (i32.const 1) (i32.load (i32.const 20)))
            ;; A clock, 20 ms: nothing else comes first.
            (call $wants (i32.const 3) (i32.const 0) (i32.const 1))
            (i64.store (i32.const 424) (i64.const 20000000))
            (call $is (i32.const 15) (call $poll (i32.const 4)) (i32.const 1))
            (call $is (i32.const 16) (i32.load (i32.const 512)) (i32.const 73))
            ;; A minute: a thread writes to the pipe, and by that the list can be read, too.
            (i64.store (i32.const 424) (i64.const 60000000000))
            (call $is (i32.const 17) (call $spawn (i32.const 0) (i32.const 28)) (i32.const 0))
            (call $is (i32.const 18) (call $poll (i32.const 4)) (i32.const 2))
            (call $is (i32.const 19) (i32.load (i32.const 512)) (i32.const 70))
            (call $is (i32.const 20) (i32.load (i32.const 528)) (i32.const 3))
            (call $is (i32.const 21) (i32.load (i32.const 544)) (i32.const 72))
            (call $is (i32.const 22) (call $r (i32.load (i32.const 8)) (i32.const 3)) (i32.const 0))
            (call $is (i32.const 23) (call $add (i32.load (i32.const 16)) (i64.const 1)) (i32.const 0))
            (call $is (i32.const 24) (call $poll (i32.const 4)) (i32.const 1))
            (call $is (i32.const 25) (i32.load (i32.const 512)) (i32.const 71))
            ;; What can be written.
            (call $wants (i32.const 0) (i32.const 2) (i32.load (i32.const 12)))
            (call $wants (i32.const 1) (i32.const 2) (i32.load (i32.const 16)))
            (call $is (i32.const 26) (call $poll (i32.const 2)) (i32.const 2))
            ;; The end of a pipe.
            (call $wants (i32.const 0) (i32.const 1) (i32.load (i32.const 8)))
            (call $is (i32.const 27) (call $close (i32.load (i32.const 12))) (i32.const 0))
            (call $is (i32.const 28) (call $poll (i32.const 1)) (i32.const 1))
            (call $is (i32.const 29) (i32.load16_u (i32.const 536)) (i32.const 1))
            ;; Without the right to.
            (call $wants (i32.const 0) (i32.const 2) (i32.load (i32.const 8)))
            (call $is (i32.const 30) (call $poll (i32.const 1)) (i32.const 1))
            (call $is (i32.const 31) (i32.load16_u (i32.const 520)) (i32.const 76))
            (call $exit (i32.const 77)))"#
    )));
}

#[test]
fn threads_wake_who_waits_in_a_list() {
    // As an executor does it: a list with edges, and an event that other threads add to and nobody takes from.
    passes(&with_threads(&format!(
        r#"{COUNTING}
        (func (export "wasi_thread_start") (param i32 i32) (local $rounds i32)
            (i64.store (i32.const 3000) (i64.const 1)) (i32.store (i32.const 3008) (i32.const 3000)) (i32.store (i32.const 3012) (i32.const 8))
            (loop $again
                (call $is (i32.const 1) (call $fd_write (i32.load (i32.const 16)) (i32.const 3008) (i32.const 1) (i32.const 3016)) (i32.const 0))
                ;; Until it was heard of.
                (loop $heard (br_if $heard (i32.eq (i32.atomic.load (i32.const 28)) (local.get $rounds))))
                (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $rounds) (i32.const 200)))))
        (func (export "_start")
            (call $is (i32.const 11) (call $event (i64.const 0) (i32.const 0) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 12) (call $epoll_create (i32.const 20)) (i32.const 0))
            (i32.store (i32.const 640) (i32.const 0x41))
            (call $is (i32.const 13) (call $epoll_ctl (i32.load (i32.const 20)) (i32.const 0) (i32.load (i32.const 16)) (i32.const 640)) (i32.const 0))
            (call $is (i32.const 14) (call $spawn (i32.const 0) (i32.const 24)) (i32.const 0))
            (loop $again
                (call $is (i32.const 15) (call $epoll_wait (i32.load (i32.const 20)) (i32.const 512) (i32.const 4) (i64.const -1) (i32.const 32)) (i32.const 0))
                (call $is (i32.const 16) (i32.load (i32.const 32)) (i32.const 1))
                (i32.atomic.store (i32.const 28) (i32.add (i32.load (i32.const 28)) (i32.const 1)))
                (br_if $again (i32.lt_u (i32.load (i32.const 28)) (i32.const 200))))
            (call $is (i32.const 17) (call $join (i32.load (i32.const 24))) (i32.const 0))
            (call $is (i32.const 18) (i32.wrap_i64 (call $take (i32.load (i32.const 16)))) (i32.const 200))
            (call $exit (i32.const 77)))"#
    )));
}
