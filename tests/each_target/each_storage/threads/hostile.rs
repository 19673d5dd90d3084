//! Programs that mean harm: too many threads, and arguments that change while calls run.

use super::program;
use crate::common::{self, Dir, prints, skipped_when_emulated, target};
use payload::{Target, target::Os};

#[test]
fn a_thread_bomb_meets_a_bound_and_the_program_goes_on() {
    // Each thread starts others until there can be no more. 1028 counts those that began.
    let text = program(
        r#"(func $more (loop $again
                (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0)) (then (br $again)))))
        (func (export "wasi_thread_start") (param i32 i32)
            (drop (i32.atomic.rmw.add (i32.const 1028) (i32.const 1)))
            (call $more)
            (call $tell (i32.const 1024))
            (drop (memory.atomic.wait32 (i32.const 1032) (i32.const 0) (i64.const -1))))
        (func (export "_start") (local $tries i32)
            (call $more)
            (if (i32.ne (call $spawn (i32.const 0)) (i32.const -6)) (then (call $exit (i32.const 1))))
            ;; Those that another one is just starting come, too.
            (loop $again
                (if (i32.and
                        (i32.lt_u (i32.atomic.load (i32.const 1024)) (i32.const 1024))
                        (i32.lt_u (local.get $tries) (i32.const 200)))
                    (then
                        (local.set $tries (i32.add (local.get $tries) (i32.const 1)))
                        (drop (memory.atomic.wait32 (i32.const 1032) (i32.const 0) (i64.const 100000000)))
                        (br $again))))
            (if (i32.gt_u (i32.atomic.load (i32.const 1028)) (i32.const 1024)) (then (call $exit (i32.const 2))))
            (call $exit (i32.add (i32.const 60) (i32.ne (i32.atomic.load (i32.const 1024)) (i32.const 1024)))))"#,
    );
    let code = common::run::<&str>(&Dir::new().pack_text("bomb", &text, &[]), &[]).status.code();
    // An emulator may have room for fewer.
    let is_here = Some(target()) == Target::host();
    assert!(code == Some(60) || !is_here && code == Some(61), "{code:?}");
}

#[test]
fn a_system_that_allows_no_more_threads_is_an_answer_and_no_end() {
    if skipped_when_emulated("with a limit on addresses") {
        return;
    }
    let text = program(
        r#"(func (export "wasi_thread_start") (param i32 i32)
            (drop (memory.atomic.wait32 (i32.const 1032) (i32.const 0) (i64.const -1))))
        (func (export "_start") (local $count i32) (local $tid i32)
            (loop $again
                (local.set $tid (call $spawn (i32.const 0)))
                (if (i32.gt_s (local.get $tid) (i32.const 0)) (then
                    (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $again))))
            (if (i32.ne (local.get $tid) (i32.const -6)) (then (call $exit (i32.const 1))))
            (call $exit (i32.add (i32.const 60) (i32.lt_u (local.get $count) (i32.const 1024)))))"#,
    );
    let dir = Dir::new();
    let program = dir.pack_text("limited", &text, &[]);
    let limited = "ulimit -v 9000000; exec \"$0\"";
    let output = common::output(std::process::Command::new("sh").args(["-c", limited]).arg(&program));
    assert_eq!(output.status.code(), Some(61), "{}", common::text(&output.stderr));
}

#[test]
fn memory_grows_in_two_threads_while_calls_read_and_write_it() {
    let text = program(
        r#"(func (export "wasi_thread_start") (param i32 i32)
            (loop $again
                (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (br $again))))
            (call $tell (i32.const 1024)))
        (func (export "_start") (local $last i32)
            (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
            (loop $again
                ;; All of the last page that there is.
                (local.set $last (i32.mul (i32.sub (memory.size) (i32.const 1)) (i32.const 65536)))
                (i32.store (i32.const 2048) (local.get $last)) (i32.store (i32.const 2052) (i32.const 65536))
                (if (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 4096)) (then (call $exit (i32.const 1))))
                (if (call $random_get (local.get $last) (i32.const 65536)) (then (call $exit (i32.const 2))))
                (br_if $again (i32.lt_u (i32.atomic.load (i32.const 1024)) (i32.const 2))))
            (call $exit (memory.size)))"#,
    );
    prints(&Dir::new().pack_text("grows", &text, &[]), &[], 64);
}

/// Rounds of the race; fewer behind an emulator.
fn rounds() -> u32 {
    if Some(target()) == Target::host() { 120_000 } else { 3_000 }
}

#[test]
fn arguments_that_change_while_calls_run_reach_nothing_outside() {
    // 2048: a path, of which a thread makes another one again and again, whole and by bytes. 2064: what it may be. 3072: a list
    // of buffers. 4096: subscriptions. 5120: what was read.
    let text = program(&format!(
        r#"(data (i32.const 2048) "in/a.txt") (data (i32.const 2064) "in/a.txt" "../s.txt" "up/s.txt" "in/../a.")
        (global $seed (mut i32) (i32.const 1))
        (func $random (result i32)
            (global.set $seed (i32.xor (global.get $seed) (i32.shl (global.get $seed) (i32.const 13))))
            (global.set $seed (i32.xor (global.get $seed) (i32.shr_u (global.get $seed) (i32.const 17))))
            (global.set $seed (i32.xor (global.get $seed) (i32.shl (global.get $seed) (i32.const 5))))
            (global.get $seed))
        (func (export "wasi_thread_start") (param i32) (param $seed i32) (local $number i32) (local $byte i32)
            (global.set $seed (local.get $seed))
            (call $tell (i32.const 1024))
            (loop $ever
                (local.set $number (call $random))
                (i64.atomic.store (i32.const 2048)
                    (i64.load (i32.add (i32.const 2064) (i32.and (local.get $number) (i32.const 24)))))
                (local.set $byte (i32.and (i32.shr_u (local.get $number) (i32.const 8)) (i32.const 7)))
                (i32.store8 offset=2048 (local.get $byte)
                    (i32.load8_u offset=2064 (i32.or (local.get $byte) (i32.and (i32.shr_u (local.get $number) (i32.const 12)) (i32.const 24)))))
                (i32.store (i32.const 3072)
                    (select (i32.const 5120) (i32.sub (i32.const 0) (local.get $byte)) (i32.and (local.get $number) (i32.const 0x10000))))
                (i32.store (i32.const 3076)
                    (select (i32.const 8) (i32.const 0x7fffffff) (i32.and (local.get $number) (i32.const 0x20000))))
                ;; A clock, a descriptor to read or to write, or nothing known; the second is a clock, so that no call waits.
                (i32.store8 (i32.const 4104) (i32.and (local.get $number) (i32.const 3)))
                (i32.store (i32.const 4112) (i32.and (i32.shr_u (local.get $number) (i32.const 20)) (i32.const 7)))
                (i32.store16 (i32.const 4136) (i32.and (i32.shr_u (local.get $number) (i32.const 24)) (i32.const 3)))
                (br $ever)))
        (func (export "_start") (local $round i32) (local $opened i32) (local $refused i32)
            (drop (call $spawn (i32.const 12345))) (drop (call $spawn (i32.const 54321)))
            (call $wait (i32.const 1024) (i32.const 2))
            (i32.store (i32.const 4160) (i32.const 1))
            (loop $again
                (if (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (i32.const 2048) (i32.const 8) (i32.const 0)
                        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1032)))
                    (then
                        (local.set $opened (i32.add (local.get $opened) (i32.const 1)))
                        (i64.store (i32.const 5120) (i64.const 0))
                        (drop (call $fd_read (i32.load (i32.const 1032)) (i32.const 3072) (i32.const 1) (i32.const 1036)))
                        ;; "secr".
                        (if (i32.eq (i32.load (i32.const 5120)) (i32.const 0x72636573)) (then (call $exit (i32.const 1))))
                        (drop (call $fd_close (i32.load (i32.const 1032)))))
                    (else (local.set $refused (i32.add (local.get $refused) (i32.const 1)))))
                (drop (call $fd_write (i32.const 1) (i32.const 3072) (i32.const 1) (i32.const 1036)))
                (drop (call $poll_oneoff (i32.const 4096) (i32.const 6144) (i32.const 2) (i32.const 1036)))
                (local.set $round (i32.add (local.get $round) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $round) (i32.const {rounds})))
                ;; On a busy machine the others may hardly have begun.
                (br_if $again (i32.and (i32.lt_u (local.get $round) (i32.const {most}))
                    (i32.or (i32.eqz (local.get $opened)) (i32.eqz (local.get $refused))))))
            (call $exit (i32.add (i32.const 50) (i32.or (i32.eqz (local.get $opened)) (i32.eqz (local.get $refused))))))"#,
        rounds = rounds(),
        most = rounds() * 20,
    ));
    let dir = Dir::new();
    dir.write("granted/in/a.txt", "inside..");
    dir.write("s.txt", "secret..");
    // wine shows a link of this machine as what it points to, so that nobody could tell it from a directory.
    if target().os() != Os::Windows {
        std::os::unix::fs::symlink("..", dir.join("granted/up")).unwrap();
    }
    let grant = format!("{}::/", dir.join("granted").display());
    let program = dir.pack_text("race", &text, &["--dir", &grant]);
    let status = common::start(&program)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(50));
}
