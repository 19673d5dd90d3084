//! Threads begin, work and end.

use super::program;
use crate::common::{self, Dir, prints, skipped_when_emulated, text};

#[test]
fn threads_share_memory_and_have_numbers_arguments_and_globals_of_their_own() {
    let text = program(
        r#"(global $own (mut i32) (i32.const 0))
        (func (export "wasi_thread_start") (param $tid i32) (param $argument i32) (local $turns i32)
            ;; A number that no other thread has: what was there is 0.
            (if (i32.atomic.rmw.xchg (i32.add (i32.const 4096) (i32.mul (local.get $tid) (i32.const 4))) (i32.const 1))
                (then unreachable))
            (if (global.get $own) (then unreachable))
            (global.set $own (local.get $argument))
            (loop $again
                (drop (i32.atomic.rmw.add (i32.const 1028) (global.get $own)))
                (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $turns) (i32.const 1000))))
            (call $tell (i32.const 1024)))
        (func (export "_start") (local $index i32) (local $tid i32)
            (loop $more
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (local.set $tid (call $spawn (local.get $index)))
                (if (i32.or (i32.le_s (local.get $tid) (i32.const 0)) (i32.ge_u (local.get $tid) (i32.const 0x20000000)))
                    (then (call $exit (i32.const 1))))
                (br_if $more (i32.lt_u (local.get $index) (i32.const 8))))
            (call $wait (i32.const 1024) (i32.const 8))
            (if (global.get $own) (then (call $exit (i32.const 2))))
            ;; 36 a turn.
            (call $exit (i32.eq (i32.atomic.load (i32.const 1028)) (i32.const 36000))))"#,
    );
    let dir = Dir::new();
    for compiler in super::compilers() {
        let program = dir.pack_text(&format!("share-{compiler}"), &text, &["--compiler", compiler]);
        prints(&program, &[], 1);
    }
}

#[test]
fn data_is_put_in_its_place_once_and_a_start_function_runs_in_each_instance() {
    let text = program(
        r#"(data (i32.const 2048) "\07")
        (func $start (drop (i32.atomic.rmw.add (i32.const 1028) (i32.const 1))))
        (start $start)
        (func (export "wasi_thread_start") (param i32 i32)
            (if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 9)) (then unreachable))
            (call $tell (i32.const 1024)))
        (func (export "_start")
            (if (i32.ne (i32.load8_u (i32.const 2048)) (i32.const 7)) (then unreachable))
            (i32.store8 (i32.const 2048) (i32.const 9))
            (drop (call $spawn (i32.const 0)))
            (drop (call $spawn (i32.const 0)))
            (call $wait (i32.const 1024) (i32.const 2))
            (call $exit (i32.atomic.load (i32.const 1028))))"#,
    );
    prints(&Dir::new().pack_text("start", &text, &[]), &[], 3);
}

#[test]
fn what_the_linkers_start_function_copies_is_there_in_every_thread() {
    let text = program(
        r#"(global $tls (mut i32) (i32.const 0))
        (data $variables "thread") (data $data "data")
        (func $init
            (block (block (block
                (br_table 0 1 2 (i32.atomic.rmw.cmpxchg (i32.const 8192) (i32.const 0) (i32.const 1))))
                (global.set $tls (i32.const 4096))
                (memory.init $variables (i32.const 4096) (i32.const 0) (i32.const 6))
                (memory.init $data (i32.const 4112) (i32.const 0) (i32.const 4))
                (memory.fill (i32.const 5000) (i32.const 0) (i32.const 100))
                (i32.atomic.store (i32.const 8192) (i32.const 2))
                (drop (memory.atomic.notify (i32.const 8192) (i32.const -1)))
                (br 1))
                (drop (memory.atomic.wait32 (i32.const 8192) (i32.const 1) (i64.const -1))))
            (data.drop $data))
        (start $init)
        (func $check (param $tls i32)
            ;; "thre", "data".
            (if (i32.ne (i32.load (local.get $tls)) (i32.const 0x65726874)) (then unreachable))
            (if (i32.ne (i32.load (i32.const 4112)) (i32.const 0x61746164)) (then unreachable)))
        (func (export "wasi_thread_start") (param $tid i32) (param $place i32)
            (if (global.get $tls) (then unreachable))
            (memory.init $variables (local.get $place) (i32.const 0) (i32.const 6))
            (global.set $tls (local.get $place))
            (call $check (global.get $tls))
            (i32.store8 (global.get $tls) (i32.const 0))
            (call $tell (i32.const 1024)))
        (func (export "_start")
            (if (i32.ne (i32.atomic.load (i32.const 8192)) (i32.const 2)) (then unreachable))
            (drop (call $spawn (i32.const 6000)))
            (drop (call $spawn (i32.const 7000)))
            (call $wait (i32.const 1024) (i32.const 2))
            (call $check (global.get $tls))
            (call $exit (i32.shr_u (global.get $tls) (i32.const 8))))"#,
    );
    let dir = Dir::new();
    prints(&dir.pack_text("linked", &text, &[]), &[], 16);
    // And so it is where the function is another one.
    let other = text.replace("(br 1))", "(nop) (br 1))");
    assert_ne!(other, text);
    prints(&dir.pack_text("other", &other, &[]), &[], 16);
}

#[test]
fn atomic_instructions_compute_what_they_say() {
    let text = program(
        r#"(global $g (mut i32) (i32.const 5))
        (func $is (param $n i32) (param $v i32) (param $e i32) (if (i32.ne (local.get $v) (local.get $e)) (then (call $exit (local.get $n)))))
 (func (export "_start") (local $l i32) (local $L i64)
  (local.set $l (i32.const 7)) (local.set $L (i64.const 7))
  (call $is (i32.const 1) (i32.atomic.rmw.add (i32.const 1024) (local.get $l)) (i32.const 0))
  (call $is (i32.const 2) (i32.atomic.rmw.add (i32.const 1024) (global.get $g)) (i32.const 7))
  (call $is (i32.const 3) (i32.atomic.rmw.sub (i32.const 1024) (local.get $l)) (i32.const 12))
  (call $is (i32.const 4) (i32.atomic.rmw.or (i32.const 1024) (local.get $l)) (i32.const 5))
  (call $is (i32.const 5) (i32.atomic.rmw.and (i32.const 1024) (global.get $g)) (i32.const 7))
  (call $is (i32.const 6) (i32.atomic.rmw.xor (i32.const 1024) (local.get $l)) (i32.const 5))
  (call $is (i32.const 7) (i32.atomic.rmw.xchg (i32.const 1024) (local.get $l)) (i32.const 2))
  (call $is (i32.const 8) (i32.atomic.rmw.cmpxchg (i32.const 1024) (local.get $l) (global.get $g)) (i32.const 7))
  (call $is (i32.const 9) (i32.atomic.rmw.cmpxchg (i32.const 1024) (local.get $l) (local.get $l)) (i32.const 5))
  (call $is (i32.const 10) (i32.atomic.load (i32.const 1024)) (i32.const 5))
  (call $is (i32.const 11) (i32.wrap_i64 (i64.atomic.rmw.add (i32.const 1032) (local.get $L))) (i32.const 0))
  (call $is (i32.const 12) (i32.wrap_i64 (i64.atomic.rmw.sub (i32.const 1032) (local.get $L))) (i32.const 7))
  (call $is (i32.const 13) (i32.wrap_i64 (i64.atomic.rmw.xchg (i32.const 1032) (local.get $L))) (i32.const 0))
  (call $is (i32.const 14) (i32.wrap_i64 (i64.atomic.rmw.cmpxchg (i32.const 1032) (local.get $L) (i64.const 9))) (i32.const 7))
  (call $is (i32.const 15) (i32.atomic.rmw8.add_u (i32.const 1040) (local.get $l)) (i32.const 0))
  (call $is (i32.const 16) (i32.atomic.rmw8.sub_u (i32.const 1040) (local.get $l)) (i32.const 7))
  (call $is (i32.const 17) (i32.atomic.rmw16.add_u (i32.const 1044) (local.get $l)) (i32.const 0))
  (call $is (i32.const 18) (i32.atomic.rmw16.cmpxchg_u (i32.const 1044) (local.get $l) (global.get $g)) (i32.const 7))
  (call $is (i32.const 19) (i32.atomic.rmw8.cmpxchg_u (i32.const 1040) (i32.const 0) (local.get $l)) (i32.const 0))
  (call $is (i32.const 20) (i32.load (i32.const 1040)) (i32.const 7))
  (call $is (i32.const 21) (i32.load (i32.const 1044)) (i32.const 5))
  (call $is (i32.const 22) (i32.wrap_i64 (i64.load (i32.const 1032))) (i32.const 9))
  (i32.atomic.store (i32.const 1024) (local.get $l)) (i32.atomic.store8 (i32.const 1028) (local.get $l))
  (call $is (i32.const 23) (i32.atomic.load (i32.const 1024)) (i32.const 7))
  (call $is (i32.const 24) (i32.atomic.load8_u (i32.const 1028)) (i32.const 7))
  (call $exit (i32.const 77)))"#,
    );
    let dir = Dir::new();
    for compiler in super::compilers() {
        prints(&dir.pack_text(&format!("atomic-{compiler}"), &text, &["--compiler", compiler]), &[], 77);
    }
}

#[test]
fn without_something_to_run_no_thread_begins() {
    let text = program(
        r#"(func (export "_start") (call $exit (i32.sub (i32.const 0) (call $spawn (i32.const 0)))))"#,
    );
    // again
    prints(&Dir::new().pack_text("nothing", &text, &[]), &[], 6);
}

#[test]
fn one_thread_after_another_leaves_nothing_behind() {
    if skipped_when_emulated("with a limit on addresses") {
        return;
    }
    let text = program(
        r#"(func (export "wasi_thread_start") (param i32 i32) (call $tell (i32.const 1024)))
        (func (export "_start") (local $index i32)
            (loop $more
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (if (i32.lt_s (call $spawn (local.get $index)) (i32.const 0)) (then (call $exit (i32.const 1))))
                (call $wait (i32.const 1024) (local.get $index))
                (br_if $more (i32.lt_u (local.get $index) (i32.const 6000)))))"#,
    );
    let dir = Dir::new();
    let program = dir.pack_text("churn", &text, &[]);
    // What their stacks for handlers would take by themselves is more.
    let limited = "ulimit -v 7000000; exec \"$0\"";
    let output = common::output(std::process::Command::new("sh").args(["-c", limited]).arg(&program));
    assert_eq!(output.status.code(), Some(0), "{}", common::text(&output.stderr));
}

#[test]
fn memory_that_is_shared_is_bound_as_any() {
    let grows = |by: u32| {
        program(&format!(
            r#"(func (export "_start")
                (call $exit (i32.and (i32.const 127) (memory.grow (i32.const {by})))))"#
        ))
    };
    let dir = Dir::new();
    let run = |name: &str, by: u32, options: &[&str]| {
        common::run::<&str>(&dir.pack_text(name, &grows(by), options), &[]).status.code()
    };
    assert_eq!(run("grow", 62, &[]), Some(2));
    assert_eq!(run("beyond", 63, &[]), Some(127));
    assert_eq!(run("within", 1, &["--max-memory", "192KiB"]), Some(2));
    assert_eq!(run("above", 2, &["--max-memory", "192KiB"]), Some(127));
    let source = dir.write("little.wat", grows(1));
    let mut packer = common::wasmpack();
    let output =
        packer.arg(source).arg("-o").arg(dir.join("little")).args(["--max-memory", "64KiB"]).output();
    let said = text(&output.unwrap().stderr);
    assert!(said.contains("begins with 131072 bytes of memory"), "{said}");
}

#[test]
fn a_module_that_is_no_program_of_its_own_is_refused_with_what_it_imports() {
    let dir = Dir::new();
    let text = r#"(module (import "env" "memory" (memory 1 2 shared)) (import "env" "__memory_base" (global i32))
        (import "wasix_32v1" "dlopen" (func (result i32))) (func (export "_start")))"#;
    let source = dir.write("side.wat", text);
    let output = common::wasmpack().arg(source).arg("-o").arg(dir.join("side")).output().unwrap();
    let said = common::text(&output.stderr);
    assert!(said.contains("the global env.__memory_base, which") && said.contains("WASIX"), "{said}");
}
