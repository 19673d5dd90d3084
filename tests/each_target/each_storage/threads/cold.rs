//! Threads touch what is not decoded yet, all at once.

use std::fmt::Write as _;

use super::program;
use crate::common::{self, Dir, prints};

const THREADS: u32 = 8;
const FUNCTIONS: u32 = 600;
/// Bytes of data, from a page's start on.
const DATA: usize = 2 << 20;

/// A program whose threads read all of its data and call all of its functions, each in an order of its own.
fn text() -> String {
    let mut data = String::with_capacity(DATA);
    let (mut state, mut sum) = (7_u32, 0_u32);
    for _ in 0..DATA / 4 {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
        // Letters that stand for themselves in text.
        for byte in state.to_le_bytes().map(|byte| b'a' + byte % 26) {
            data.push(char::from(byte));
        }
    }
    for word in data.as_bytes().chunks_exact(4) {
        sum = sum.wrapping_add(u32::from_le_bytes(word.try_into().unwrap()));
    }
    let (mut functions, mut names) = (String::new(), String::new());
    for index in 0..FUNCTIONS {
        // Long enough that many chunks are full of them.
        let steps: String = (0..40)
            .map(|step| {
                format!(
                    "(local.set 0 (i32.xor (i32.mul (local.get 0) (i32.const {})) (i32.const {})))",
                    3 + index * 2,
                    step * 7919 + index
                )
            })
            .collect();
        let _ = write!(functions, "(func $f{index} (param i32) (result i32) {steps} (local.get 0))");
        let _ = write!(names, " $f{index}");
    }
    let mut called = 0_u32;
    for index in 0..FUNCTIONS {
        let value =
            (0..40_u32).fold(index, |value, step| value.wrapping_mul(3 + index * 2) ^ (step * 7919 + index));
        called = called.wrapping_add(value);
    }
    let text = program(&format!(
        r#"(data (i32.const 65536) "{data}")
        (type $call (func (param i32) (result i32)))
        (table funcref (elem{names}))
        {functions}
        (func $work (param $first i32) (local $index i32) (local $sum i32) (local $at i32) (local $called i32)
            ;; Pages in an order that begins elsewhere in each thread, words of each in their order.
            (loop $pages
                (local.set $at (i32.add (i32.const 65536) (i32.mul (i32.const 4096)
                    (i32.rem_u (i32.add (local.get $first) (i32.mul (local.get $index) (i32.const 37))) (i32.const {pages})))))
                (loop $words
                    (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
                    (local.set $at (i32.add (local.get $at) (i32.const 4)))
                    (br_if $words (i32.and (local.get $at) (i32.const 4095))))
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br_if $pages (i32.lt_u (local.get $index) (i32.const {pages}))))
            (if (i32.ne (local.get $sum) (i32.const {sum})) (then (call $exit (i32.const 1))))
            (local.set $index (i32.const 0))
            (loop $calls
                (local.set $at (i32.rem_u (i32.add (local.get $first) (i32.mul (local.get $index) (i32.const 71))) (i32.const {FUNCTIONS})))
                (local.set $called (i32.add (local.get $called) (call_indirect (type $call) (local.get $at) (local.get $at))))
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br_if $calls (i32.lt_u (local.get $index) (i32.const {FUNCTIONS}))))
            (if (i32.ne (local.get $called) (i32.const {called})) (then (call $exit (i32.const 2))))
            (call $tell (i32.const 1024)))
        (func (export "wasi_thread_start") (param i32) (param $first i32)
            (call $tell (i32.const 1028)) (call $wait (i32.const 1028) (i32.const {THREADS})) (call $work (local.get $first)))
        (func (export "_start") (local $index i32)
            (loop $more
                (drop (call $spawn (i32.mul (local.get $index) (i32.const 61))))
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $index) (i32.const {THREADS}))))
            (call $wait (i32.const 1024) (i32.const {THREADS}))
            (call $exit (i32.const 70)))"#,
        pages = DATA / 4096,
    ));
    text.replace("(memory $memory 2 64 shared)", "(memory $memory 64 64 shared)")
}

#[test]
fn threads_that_touch_cold_chunks_at_once_find_what_belongs_there() {
    let dir = Dir::new();
    let source = dir.write("cold.wat", text());
    for compiler in super::compilers() {
        let program = dir.join(&common::file_name(compiler));
        common::pack(&source, &program, &["--compiler", compiler]);
        for _ in 0..5 {
            prints(&program, &[], 70);
        }
        #[cfg(target_os = "linux")]
        moved(&program);
    }
}

/// Under a filter of system calls chunks are moved to their places, and not filled in there.
#[cfg(target_os = "linux")]
fn moved(program: &std::path::Path) {
    use crate::common::confine;
    if common::skipped_when_emulated("under a filter of system calls") {
        return;
    }
    for _ in 0..5 {
        let mut command = common::start(program);
        confine::filter(&mut command, libc::SYS_acct, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32);
        let output = common::output(&mut command);
        assert_eq!(output.status.code(), Some(70), "{}", common::text(&output.stderr));
    }
}

#[test]
fn what_a_start_with_threads_touches_is_noted_up_to_the_first_of_them() {
    // What is stored raw is tried by nobody.
    if std::env::var_os("WASMPACK_TEST_RAW").is_some() {
        return;
    }
    if common::skipped_when_emulated("to be profiled") {
        return;
    }
    let dir = Dir::new();
    let source = dir.write("cold.wat", text());
    let bytes = |name: &str| {
        // The file's name is part of it.
        std::fs::create_dir(dir.join(name)).unwrap();
        let out = dir.join(name).join("cold");
        common::pack(&source, &out, &["--profile", "", "--no-cache"]);
        std::fs::read(out).unwrap()
    };
    assert!(bytes("one") == bytes("two"), "the same input gives the same bytes");
}
