//! The calls of WASIX.

use crate::common::{self, Dir, prints, text};

/// A program that imports from WASIX alone, with `fields` of its own.
fn program(fields: &str) -> String {
    format!(
        r#"(module
        (import "env" "memory" (memory 2 64 shared))
        (import "wasix_32v1" "proc_exit" (func $exit (param i32)))
        (import "wasix_32v1" "thread_spawn" (func $spawn (param i32 i32) (result i32)))
        (import "wasix_32v1" "thread_spawn_v2" (func $spawn_v2 (param i32 i32) (result i32)))
        (import "wasix_32v1" "thread_join" (func $join (param i32) (result i32)))
        (import "wasix_32v1" "thread_id" (func $id (param i32) (result i32)))
        (import "wasix_32v1" "thread_exit" (func $thread_exit (param i32)))
        (import "wasix_32v1" "thread_sleep" (func $sleep (param i64) (result i32)))
        (import "wasix_32v1" "thread_parallelism" (func $parallelism (param i32) (result i32)))
        (import "wasix_32v1" "futex_wait" (func $futex_wait (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "futex_wake" (func $futex_wake (param i32 i32) (result i32)))
        (import "wasix_32v1" "futex_wake_all" (func $futex_wake_all (param i32 i32) (result i32)))
        (import "wasix_32v1" "thread_local_create" (func $local_create (param i64 i32) (result i32)))
        (import "wasix_32v1" "thread_local_set" (func $local_set (param i32 i64) (result i32)))
        (import "wasix_32v1" "thread_local_get" (func $local_get (param i32 i32) (result i32)))
        (import "wasix_32v1" "thread_local_destroy" (func $local_destroy (param i32) (result i32)))
        (import "wasix_32v1" "callback_signal" (func $callback_signal (param i32 i32)))
        (import "wasix_32v1" "proc_id" (func $proc_id (param i32) (result i32)))
        (import "wasix_32v1" "proc_parent" (func $proc_parent (param i32 i32) (result i32)))
        (import "wasix_32v1" "proc_signals_sizes_get" (func $signals_sizes (param i32) (result i32)))
        (import "wasix_32v1" "proc_signals_get" (func $signals (param i32) (result i32)))
        (import "wasix_32v1" "getcwd" (func $getcwd (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "sched_yield" (func $yield (result i32)))
        (func $is (param $number i32) (param $got i32) (param $wanted i32)
            (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $number)))))
        {fields})"#
    )
}

#[test]
fn threads_begin_wait_wake_and_are_waited_for() {
    // 1024: the thread's number; 1032: a word to wait for; 1040: whether woken; 1048 a timeout; 1100 what the threads did.
    let text = program(
        r#"(func (export "wasi_thread_start") (param $tid i32) (param $argument i32)
            (call $is (i32.const 1) (call $id (local.get $argument)) (i32.const 0))
            (call $is (i32.const 2) (i32.load (local.get $argument)) (local.get $tid))
            (call $is (i32.const 3) (call $join (local.get $tid)) (i32.const 16))
            (call $is (i32.const 4) (call $futex_wait (i32.const 1032) (i32.const 0) (i32.const 1048) (i32.const 1040)) (i32.const 0))
            (call $is (i32.const 5) (i32.load8_u (i32.const 1040)) (i32.const 1))
            (drop (i32.atomic.rmw.add (i32.const 1100) (i32.const 1)))
            (call $thread_exit (i32.const 9)) (unreachable))
        (func (export "_start") (local $first i32)
            (call $callback_signal (i32.const 0) (i32.const 0))
            (call $is (i32.const 11) (call $id (i32.const 1024)) (i32.const 0))
            (call $is (i32.const 12) (i32.load (i32.const 1024)) (i32.const 1))
            (call $is (i32.const 13) (call $parallelism (i32.const 1024)) (i32.const 0))
            (call $is (i32.const 14) (i32.eqz (i32.load (i32.const 1024))) (i32.const 0))
            (call $is (i32.const 15) (call $spawn (i32.const 2048) (i32.const 1024)) (i32.const 0))
            (local.set $first (i32.load (i32.const 1024)))
            (call $is (i32.const 16) (call $spawn_v2 (i32.const 2056) (i32.const 1024)) (i32.const 0))
            (call $is (i32.const 17) (i32.eq (i32.load (i32.const 1024)) (local.get $first)) (i32.const 0))
            (call $is (i32.const 18) (call $sleep (i64.const 20000000)) (i32.const 0))
            (call $is (i32.const 19) (i32.atomic.load (i32.const 1100)) (i32.const 0))
            (i32.atomic.store (i32.const 1032) (i32.const 1))
            (call $is (i32.const 20) (call $futex_wake (i32.const 1032) (i32.const 1044)) (i32.const 0))
            (call $is (i32.const 21) (call $futex_wake_all (i32.const 1032) (i32.const 1044)) (i32.const 0))
            (call $is (i32.const 22) (call $join (local.get $first)) (i32.const 0))
            (call $is (i32.const 23) (call $join (i32.load (i32.const 1024))) (i32.const 0))
            (call $is (i32.const 24) (call $join (i32.const 12345)) (i32.const 0))
            (call $is (i32.const 25) (i32.atomic.load (i32.const 1100)) (i32.const 2))
            ;; Nobody waits any more.
            (call $is (i32.const 26) (call $futex_wake (i32.const 1032) (i32.const 1044)) (i32.const 0))
            (call $is (i32.const 27) (i32.load8_u (i32.const 1044)) (i32.const 0))
            ;; A value that is not there, a time that is up, and an address that is none.
            (call $is (i32.const 28) (call $futex_wait (i32.const 1032) (i32.const 7) (i32.const 1048) (i32.const 1040)) (i32.const 0))
            (call $is (i32.const 29) (i32.load8_u (i32.const 1040)) (i32.const 1))
            (i32.store8 (i32.const 1048) (i32.const 1)) (i64.store (i32.const 1056) (i64.const 1000))
            (call $is (i32.const 30) (call $futex_wait (i32.const 1032) (i32.const 1) (i32.const 1048) (i32.const 1040)) (i32.const 0))
            (call $is (i32.const 31) (i32.load8_u (i32.const 1040)) (i32.const 0))
            (call $is (i32.const 32) (call $futex_wait (i32.const 1033) (i32.const 1) (i32.const 1048) (i32.const 1040)) (i32.const 28))
            (call $is (i32.const 33) (call $futex_wait (i32.const -4) (i32.const 1) (i32.const 1048) (i32.const 1040)) (i32.const 21))
            (call $is (i32.const 34) (call $futex_wake (i32.const 1032) (i32.const -1)) (i32.const 21))
            (call $exit (i32.const 77)))"#,
    );
    let dir = Dir::new();
    for compiler in super::compilers() {
        prints(&dir.pack_text(&format!("wasix-{compiler}"), &text, &["--compiler", compiler]), &[], 77);
    }
}

#[test]
fn a_program_goes_on_until_its_last_thread_when_the_first_one_alone_ends() {
    let text = program(
        r#"(data (i32.const 2048) "\08\08\00\00\05\00\00\00last\0a")
        (func (export "wasi_thread_start") (param i32 i32)
            (call $is (i32.const 1) (call $sleep (i64.const 50000000)) (i32.const 0))
            (call $is (i32.const 2) (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 4096)) (i32.const 0)))
        (func (export "_start")
            (call $is (i32.const 3) (call $spawn (i32.const 0) (i32.const 1024)) (i32.const 0))
            (call $thread_exit (i32.const 5)))"#,
    );
    assert_eq!(prints(&Dir::new().pack_text("last", &text, &[]), &[], 0), "last\n");
}

#[test]
fn what_needs_nothing_of_the_host_is_there() {
    let text = program(
        r#"(func (export "wasi_thread_start") (param i32 i32)
            ;; What the first thread has under the key is its own.
            (call $is (i32.const 1) (call $local_get (i32.load (i32.const 1024)) (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 2) (i64.eqz (i64.load (i32.const 1032))) (i32.const 1))
            (call $is (i32.const 3) (call $local_set (i32.load (i32.const 1024)) (i64.const 8)) (i32.const 0)))
        (func (export "_start")
            (call $is (i32.const 11) (call $local_create (i64.const 0) (i32.const 1024)) (i32.const 0))
            (call $is (i32.const 12) (call $local_set (i32.load (i32.const 1024)) (i64.const 7)) (i32.const 0))
            (call $is (i32.const 13) (call $spawn (i32.const 0) (i32.const 1040)) (i32.const 0))
            (call $is (i32.const 14) (call $join (i32.load (i32.const 1040))) (i32.const 0))
            (call $is (i32.const 15) (call $local_get (i32.load (i32.const 1024)) (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 16) (i32.load (i32.const 1032)) (i32.const 7))
            (call $is (i32.const 17) (call $local_destroy (i32.load (i32.const 1024))) (i32.const 0))
            (call $is (i32.const 18) (call $local_get (i32.load (i32.const 1024)) (i32.const 1032)) (i32.const 28))
            (call $is (i32.const 19) (call $proc_id (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 20) (i32.load (i32.const 1032)) (i32.const 1))
            (call $is (i32.const 21) (call $proc_parent (i32.const 1) (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 22) (i32.load (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 23) (call $signals_sizes (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 24) (call $signals (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 25) (call $yield) (i32.const 0))
            (i32.store (i32.const 1032) (i32.const 64))
            (call $is (i32.const 26) (call $getcwd (i32.const 2048) (i32.const 1032)) (i32.const 0))
            (i32.store (i32.const 1040) (i32.const 2048)) (i32.store (i32.const 1044) (i32.load (i32.const 1032)))
            (call $is (i32.const 27) (call $fd_write (i32.const 1) (i32.const 1040) (i32.const 1) (i32.const 4096)) (i32.const 0))
            (call $exit (i32.const 77)))"#,
    );
    let dir = Dir::new();
    assert_eq!(prints(&dir.pack_text("nothing", &text, &[]), &[], 77), "/");
    let grant = format!("{}::/work", dir.path().display());
    let stands = dir.pack_text("stands", &text, &["--dir", &grant, "--cwd", "/work"]);
    assert_eq!(prints(&stands, &[], 77), "/work");
}

#[test]
fn what_is_not_there_answers_so_and_packing_names_it() {
    let text = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasix_32v1" "proc_exit" (func $exit (param i32)))
        (import "wasix_32v1" "proc_snapshot" (func $snapshot (param i32 i32) (result i32)))
        (import "wasix_32v1" "port_bridge" (func $open (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "fd_read" (func $other (param i32 i64) (result i32)))
        (import "wasix_32v1" "proc_exec9" (func $ends (param i32 i32 i32 i32)))
        (func (export "_start")
            (if (i32.ne (call $snapshot (i32.const 0) (i32.const 0)) (i32.const 52)) (then (call $exit (i32.const 1))))
            (if (i32.ne (call $other (i32.const 0) (i64.const 0)) (i32.const 52)) (then (call $exit (i32.const 2))))
            (call $exit (call $open (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))))"#;
    let dir = Dir::new();
    let source = dir.write("unknown.wat", text);
    let program = dir.join(&common::file_name("unknown"));
    let output = common::wasmpack().arg(&source).arg("-o").arg(&program).output().unwrap();
    let said = common::text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains(
            "of wasix_32v1 it imports proc_snapshot, port_bridge, fd_read, which wasmpack does not have"
        ),
        "{said}"
    );
    assert!(said.contains("wasix_32v1.proc_exec9, which wasmpack does not provide"), "{said}");
    prints(&program, &[], 52);
    let strict = common::wasmpack().arg(&source).arg("-o").arg(&program).arg("--strict").output().unwrap();
    assert!(!strict.status.success() && self::text(&strict.stderr).contains("--strict"));
}

#[test]
fn threads_begin_as_programs_of_2022_have_them_begin() {
    // 1024: the thread's number; 1032: told when it has begun; 1040: told when it may end. Its data is 0x500000400.
    let program = r#"(module
        (import "env" "memory" (memory 2 64 shared))
        (import "wasix_32v1" "proc_exit" (func $exit (param i32)))
        (import "wasix_32v1" "thread_spawn" (func $spawn (param i64 i64 i64 i32 i32) (result i32)))
        (import "wasix_32v1" "thread_id" (func $id (param i32) (result i32)))
        (import "wasix_32v1" "thread_join" (func $join (param i32) (result i32)))
        (global $stack (export "__stack_pointer") (mut i32) (i32.const 65536))
        (global $begun (mut i32) (i32.const 0))
        (func $begin (global.set $begun (i32.const 1))) (start $begin)
        (func $is (param $number i32) (param $got i32) (param $wanted i32)
            (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $number)))))
        (func (export "_start_thread") (param $low i32) (param $high i32)
            (call $is (i32.const 1) (local.get $low) (i32.const 0x400))
            (call $is (i32.const 2) (local.get $high) (i32.const 5))
            (call $is (i32.const 3) (global.get $stack) (i32.const 40000))
            (call $is (i32.const 4) (global.get $begun) (i32.const 1))
            (call $is (i32.const 5) (call $id (i32.const 1048)) (i32.const 0))
            (i32.atomic.store (i32.const 1032) (i32.const 1))
            (loop $wait (br_if $wait (i32.eqz (i32.atomic.load (i32.const 1040)))))
            (call $is (i32.const 6) (i32.load (i32.const 1048)) (i32.load (i32.const 1024)))
            (i32.atomic.store (i32.const 1032) (i32.const 2)))
        (func $start (param $reacts i32) (result i32)
            (call $spawn (i64.const 0x500000400) (i64.const 40000) (i64.const 36000) (local.get $reacts) (i32.const 1024)))
        (func (export "_start")
            (call $is (i32.const 7) (call $start (i32.const 0)) (i32.const 0))
            (loop $wait (br_if $wait (i32.eqz (i32.atomic.load (i32.const 1032)))))
            (call $is (i32.const 8) (global.get $stack) (i32.const 65536))
            (i32.atomic.store (i32.const 1040) (i32.const 1))
            (call $is (i32.const 9) (call $join (i32.load (i32.const 1024))) (i32.const 0))
            (call $is (i32.const 10) (i32.atomic.load (i32.const 1032)) (i32.const 2))
            ;; One that is to be called when something happens is not to be had, and no stack lies beyond 4 GiB.
            (call $is (i32.const 11) (call $start (i32.const 1)) (i32.const 58))
            (call $is (i32.const 12)
                (call $spawn (i64.const 0) (i64.const 0x100000000) (i64.const 0) (i32.const 0) (i32.const 1024)) (i32.const 58))
            (call $exit (i32.const 77))))"#;
    let dir = Dir::new();
    prints(&dir.pack_text("of-2022", program, &[]), &[], 77);
    // Without what a thread is to run there is none, and without a stack pointer.
    for (missing, present) in [("_start_thread", "__stack_pointer"), ("__stack_pointer", "_start_thread")] {
        let program = program.replace(&format!("(export \"{missing}\")"), "").replace(
            "(call $is (i32.const 7) (call $start (i32.const 0)) (i32.const 0))",
            "(call $is (i32.const 7) (call $start (i32.const 0)) (i32.const 6)) (call $exit (i32.const 78))",
        );
        assert!(program.contains(present));
        prints(&dir.pack_text(&format!("without{missing}"), &program, &[]), &[], 78);
    }
}
