//! A program with threads starts copies: a copy has one thread, the one that called.

use super::{FUNCTIONS, IMPORTS, has_no_copies};
use crate::common::{self, Dir, prints};

/// A program whose memory is shared. `$wait` waits until the word at an address is a number, and `$tell` adds one to it.
fn program(fields: &str) -> String {
    format!(
        r#"(module {IMPORTS}
        (import "env" "memory" (memory 64 64 shared))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (import "wasix_32v1" "thread_join" (func $thread_join (param i32) (result i32)))
        (import "wasix_32v1" "futex_wait" (func $futex_wait (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "futex_wake" (func $futex_wake (param i32 i32) (result i32)))
        (import "wasix_32v1" "thread_exit" (func $thread_exit (param i32)))
        (import "wasix_32v1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasix_32v1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
        {FUNCTIONS}
        (func $wait (param $at i32) (param $number i32)
            (loop $again
                (drop (call $sleep (i64.const 100000)))
                (br_if $again (i32.lt_u (i32.atomic.load (local.get $at)) (local.get $number)))))
        (func $tell (param $at i32)
            (drop (i32.atomic.rmw.add (local.get $at) (i32.const 1))))
        {fields})"#
    )
}

#[test]
fn a_copy_has_only_the_thread_that_called_and_can_have_new_ones() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    // Threads by argument: 1 writes without end, 2 waits for a word, 3 begins and ends others without end, 4 starts copies, 5 only
    // tells that it was there, 6 starts one copy.
    let text = program(
        r#"(data (i32.const 2048) "x")
        (func (export "wasi_thread_start") (param $tid i32) (param $what i32) (local $rounds i32) (local $pid i32)
            (if (i32.eq (local.get $what) (i32.const 1))
                (then (call $tell (i32.const 3000))
                    (loop $ever (drop (call $fd_read (i32.const 0) (i32.const 3016) (i32.const 0) (i32.const 3020)))
                        (drop (call $proc_id (i32.const 3024))) (br $ever))))
            (if (i32.eq (local.get $what) (i32.const 2))
                (then (call $tell (i32.const 3000))
                    (loop $ever (drop (call $futex_wait (i32.const 3008) (i32.const 0) (i32.const 3040) (i32.const 3060))) (br $ever))))
            (if (i32.eq (local.get $what) (i32.const 3))
                (then (call $tell (i32.const 3000))
                    (loop $ever (drop (call $thread_join (call $spawn (i32.const 5)))) (br $ever))))
            (if (i32.eq (local.get $what) (i32.const 5)) (then (call $tell (i32.const 3004)) (return)))
            (if (i32.eq (local.get $what) (i32.const 6))
                (then (i32.atomic.store (i32.const 3100) (call $fork))
                    (if (i32.eqz (i32.load (i32.const 3100))) (then (call $exit (i32.const 6))))
                    (return)))
            (call $wait (i32.const 3000) (i32.const 3))
            (loop $more
                (local.set $pid (call $fork))
                (if (i32.eqz (local.get $pid))
                    (then
                        ;; Nobody else is there: nobody is woken, and what this thread does is all that is done.
                        (call $is (i32.const 31) (call $futex_wake (i32.const 3008) (i32.const 3012)) (i32.const 0))
                        (call $is (i32.const 32) (i32.load8_u (i32.const 3012)) (i32.const 0))
                        (i32.atomic.store (i32.const 3004) (i32.const 0))
                        (call $is (i32.const 33) (call $thread_join (call $spawn (i32.const 5))) (i32.const 0))
                        (call $is (i32.const 34) (i32.atomic.load (i32.const 3004)) (i32.const 1))
                        ;; One of three ends by itself, and takes no other thread to end.
                        (if (i32.eqz (i32.rem_u (local.get $rounds) (i32.const 3))) (then (return)))
                        (call $exit (i32.const 5))))
                (call $is (i32.const 35) (call $join (local.get $pid))
                    (select (i32.const 1000) (i32.const 1005) (i32.eqz (i32.rem_u (local.get $rounds) (i32.const 3)))))
                (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $rounds) (i32.const 30))))
            (call $exit (i32.const 70)))
        (func (export "_start")
            ;; A copy that one thread has started is waited for by another.
            (drop (call $thread_join (call $spawn (i32.const 6))))
            (call $is (i32.const 36) (call $join (i32.load (i32.const 3100))) (i32.const 1006))
            (drop (call $spawn (i32.const 1))) (drop (call $spawn (i32.const 2))) (drop (call $spawn (i32.const 3)))
            (drop (call $thread_join (call $spawn (i32.const 4))))
            (call $exit (i32.const 1)))"#,
    );
    let source = dir.write("threads.wat", text);
    let program = dir.join(&common::file_name("threads"));
    common::pack(&source, &program, &["--compiler", "cranelift"]);
    prints(&program, &[], 70);
}

#[test]
fn there_is_no_copy_while_a_thread_waits_by_an_instruction_of_which_the_engine_keeps_traces() {
    if has_no_copies() {
        return;
    }
    let text = program(
        r#"(func (export "wasi_thread_start") (param $tid i32) (param $wide i32)
            (call $tell (i32.const 3000))
            (if (local.get $wide)
                (then (drop (memory.atomic.wait64 (i32.const 3008) (i64.const 0) (i64.const -1))))
                (else (drop (memory.atomic.wait32 (i32.const 3008) (i32.const 0) (i64.const -1)))))
            (call $tell (i32.const 3004)))
        (func $try (result i32) (call $proc_fork (i32.const 1) (i32.const 1032)))
        (func $round (param $wide i32) (local $tries i32)
            (i32.store (i32.const 3000) (i32.const 0)) (i32.store (i32.const 3004) (i32.const 0))
            (drop (call $spawn (local.get $wide)))
            (call $wait (i32.const 3000) (i32.const 1))
            ;; Until it waits, and while it does.
            (loop $until
                (drop (call $sleep (i64.const 1000000)))
                (local.set $tries (i32.add (local.get $tries) (i32.const 1)))
                (if (i32.gt_u (local.get $tries) (i32.const 60000)) (then (call $exit (i32.const 41))))
                (if (i32.eqz (call $try)) (then
                    (if (i32.eqz (i32.load (i32.const 1032))) (then (call $exit (i32.const 5))))
                    (call $is (i32.const 42) (call $join (i32.load (i32.const 1032))) (i32.const 1005))
                    (br $until))))
            (call $is (i32.const 43) (call $try) (i32.const 6))
            (loop $wake
                (drop (memory.atomic.notify (i32.const 3008) (i32.const 1)))
                (br_if $wake (i32.eqz (i32.atomic.load (i32.const 3004)))))
            (drop (call $sleep (i64.const 10000000)))
            (call $is (i32.const 44) (call $try) (i32.const 0))
            (if (i32.eqz (i32.load (i32.const 1032))) (then
                (drop (memory.atomic.notify (i32.const 3008) (i32.const 1))) (call $exit (i32.const 6))))
            (call $is (i32.const 45) (call $join (i32.load (i32.const 1032))) (i32.const 1006)))
        (func (export "_start") (call $round (i32.const 0)) (call $round (i32.const 1)) (call $exit (i32.const 70)))"#,
    );
    prints(&Dir::new().pack_text("waits", &text, &["--compiler", "cranelift"]), &[], 70);
}

#[test]
fn a_copy_made_while_other_threads_end_or_write_much_does_not_hang() {
    if has_no_copies() {
        return;
    }
    // Threads by argument: 1 begins others without end, 2 ends at once by itself, 3 writes 64 MiB into memory again and again, 4
    // lets the memory grow, as far as it does and again. Each holds a lock meanwhile. A copy opens a file, lets its memory grow,
    // and ends, which raises an error.
    let text = program(
        r#"(data (i32.const 2048) "tmp/large") (data (i32.const 2064) "tmp/other")
        (func $make (param $name i32) (param $fd i32) (result i32)
            (call $open (i32.const 3) (i32.const 0) (local.get $name) (i32.const 9) (i32.const 1)
                (i64.const 0x40) (i64.const 0) (i32.const 0) (local.get $fd)))
        (func (export "wasi_thread_start") (param $tid i32) (param $what i32)
            (if (i32.eq (local.get $what) (i32.const 2)) (then (call $thread_exit (i32.const 0))))
            (call $tell (i32.const 3000))
            (if (i32.eq (local.get $what) (i32.const 1)) (then (loop $ever (drop (call $spawn (i32.const 2))) (br $ever))))
            (if (i32.eq (local.get $what) (i32.const 4)) (then (loop $ever (drop (memory.grow (i32.const 1))) (br $ever))))
            (call $is (i32.const 41) (call $make (i32.const 2048) (i32.const 3004)) (i32.const 0))
            (i32.store (i32.const 3012) (i32.const 0x400000))
            (loop $ever
                (drop (call $pwrite (i32.load (i32.const 3004)) (i32.const 3200) (i32.const 16) (i64.const 0) (i32.const 3020)))
                (br $ever)))
        (func (export "_start") (local $pid i32) (local $rounds i32) (local $looks i32)
            ;; Sixteen pieces of 4 MiB, all of them the whole memory.
            (loop $pieces
                (i32.store (i32.add (i32.const 3204) (i32.mul (local.get $rounds) (i32.const 8))) (i32.const 0x400000))
                (br_if $pieces (i32.lt_u
                    (local.tee $rounds (i32.add (local.get $rounds) (i32.const 1))) (i32.const 16))))
            (local.set $rounds (i32.const 0))
            (drop (call $spawn (i32.const 1))) (drop (call $spawn (i32.const 3)))
            (drop (call $spawn (i32.const 4)))
            (call $wait (i32.const 3000) (i32.const 3))
            (loop $more
                (local.set $pid (call $fork))
                (if (i32.eqz (local.get $pid))
                    (then
                        (call $is (i32.const 42) (call $make (i32.const 2064) (i32.const 3016)) (i32.const 0))
                        (drop (memory.grow (i32.const 1)))
                        (call $exit (i32.const 5))))
                (local.set $looks (i32.const 0))
                (loop $look
                    (i32.store (i32.const 1040) (i32.const 1)) (i32.store (i32.const 1044) (local.get $pid))
                    (call $is (i32.const 43) (call $proc_join (i32.const 1040) (i32.const 1) (i32.const 1048)) (i32.const 0))
                    (if (i32.eqz (i32.load8_u (i32.const 1048)))
                        (then
                            (drop (call $sleep (i64.const 1000000)))
                            (local.set $looks (i32.add (local.get $looks) (i32.const 1)))
                            (if (i32.gt_u (local.get $looks) (i32.const 60000)) (then (call $exit (i32.const 44))))
                            (br $look))))
                (call $is (i32.const 45) (call $how) (i32.const 1005))
                (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $rounds) (i32.const 40))))
            (call $exit (i32.const 70)))"#,
    );
    prints(&Dir::new().pack_text("busy", &text, &["--tmp"]), &[], 70);
}
