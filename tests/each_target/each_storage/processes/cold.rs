//! A copy touches what is not decoded yet: what the kernel was asked about the memory is not copied with it, and a page that is
//! not there would be read as zeroes.

use std::fmt::Write as _;

use super::{has_no_copies, program};
use crate::common::{self, Dir, prints};

const FUNCTIONS: u32 = 300;
/// Bytes of data, from a page's start on.
const DATA: usize = 1 << 20;

/// A program that starts a copy, which starts one, and all three read all of the data and call all functions. The last one ends
/// with 70, and each hands on what its copy ended with.
fn text() -> String {
    let mut data = String::with_capacity(DATA);
    let (mut state, mut sum) = (7_u32, 0_u32);
    for _ in 0..DATA / 4 {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
        // Letters that stand for themselves in text.
        data.extend(state.to_le_bytes().map(|byte| char::from(b'a' + byte % 26)));
    }
    for word in data.as_bytes().chunks_exact(4) {
        sum = sum.wrapping_add(u32::from_le_bytes(word.try_into().unwrap()));
    }
    let (mut functions, mut names, mut called) = (String::new(), String::new(), 0_u32);
    for index in 0..FUNCTIONS {
        // Long enough that many chunks are full of them.
        let steps: String = (0..40)
            .map(|step| {
                let (factor, other) = (3 + index * 2, step * 7919 + index);
                format!(
                    "(local.set 0 (i32.xor (i32.mul (local.get 0) (i32.const {factor})) (i32.const {other})))"
                )
            })
            .collect();
        let _ = write!(functions, "(func $f{index} (param i32) (result i32) {steps} (local.get 0))");
        let _ = write!(names, " $f{index}");
        let value =
            (0..40_u32).fold(index, |value, step| value.wrapping_mul(3 + index * 2) ^ (step * 7919 + index));
        called = called.wrapping_add(value);
    }
    program(&format!(
        r#"(data (i32.const 65536) "{data}")
        (type $call (func (param i32) (result i32)))
        (table funcref (elem{names}))
        {functions}
        (func $read (param $at i32) (param $end i32) (result i32) (local $sum i32)
            (loop $words
                (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 4)))
                (br_if $words (i32.lt_u (local.get $at) (local.get $end))))
            (local.get $sum))
        (func $work (local $index i32) (local $called i32)
            (call $is (i32.const 1) (call $read (i32.const 65536) (i32.const {end})) (i32.const {sum}))
            (loop $calls
                (local.set $called (i32.add (local.get $called) (call_indirect (type $call) (local.get $index) (local.get $index))))
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br_if $calls (i32.lt_u (local.get $index) (i32.const {FUNCTIONS}))))
            (call $is (i32.const 2) (local.get $called) (i32.const {called})))
        (func (export "_start") (local $depth i32) (local $pid i32) (local $before i32)
            ;; Some of it is there, and what is written there stays.
            (local.set $before (i32.load (i32.const 200000)))
            (i32.store (i32.const 200000) (i32.const 0))
            (block $last
                (loop $next
                    (br_if $last (i32.eq (local.get $depth) (i32.const 2)))
                    (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
                    (local.set $pid (call $fork))
                    (br_if $next (i32.eqz (local.get $pid))))
                (call $is (i32.const 3) (i32.load (i32.const 200000)) (i32.const 0))
                (i32.store (i32.const 200000) (local.get $before))
                (call $work)
                (call $exit (i32.sub (call $join (local.get $pid)) (i32.const 1000))))
            (call $is (i32.const 4) (i32.load (i32.const 200000)) (i32.const 0))
            (i32.store (i32.const 200000) (local.get $before))
            (call $work)
            (call $exit (i32.const 70)))"#,
        end = 65536 + DATA,
    ))
}

#[test]
fn a_copy_finds_what_belongs_there() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let source = dir.write("cold.wat", text());
    for compiler in ["cranelift", "singlepass"] {
        let program = dir.join(&common::file_name(compiler));
        common::pack(&source, &program, &["--compiler", compiler]);
        for _ in 0..5 {
            prints(&program, &[], 70);
        }
        #[cfg(target_os = "linux")]
        moved(&program);
    }
}

#[test]
fn a_copy_that_becomes_another_program_finds_what_belongs_there() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let other = dir.write("other.wat", text());
    // The copy becomes the other, then this one again, and then the other: what it had is not what it has.
    let main = program(
        r#"(data (i32.const 3000) "/bin/other/bin/main")
        (data (i32.const 65536) "its own data, where the other has others")
        (func $become (param $from i32) (param $len i32)
            (i32.store (i32.const 2000) (i32.add (i32.const 3000) (local.get $from)))
            (call $exit (call $exec (i32.add (i32.const 3000) (local.get $from)) (local.get $len) (i32.const 2000)
                (i32.sub (i32.const 11) (local.get $len)) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
        (func (export "_start") (local $pid i32)
            (call $is (i32.const 11) (i32.load (i32.const 65536)) (i32.const 0x20737469))
            (call $is (i32.const 12) (call $sizes (i32.const 2008) (i32.const 2012)) (i32.const 0))
            ;; Without arguments it was started by the copy.
            (if (i32.eqz (i32.load (i32.const 2008))) (then (call $become (i32.const 0) (i32.const 10))))
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid))
                (then
                    (i32.store (i32.const 2000) (i32.const 0))
                    (call $exit (call $exec (i32.const 3010) (i32.const 9) (i32.const 2000) (i32.const 0)
                        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))))
            (call $is (i32.const 13) (call $join (local.get $pid)) (i32.const 1070))
            (call $become (i32.const 0) (i32.const 10)))"#,
    )
    .replacen(
        "(module",
        r#"(module (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
        (import "wasix_32v1" "proc_exec4" (func $exec (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#,
        1,
    );
    let source = dir.write("main.wat", main);
    let options = [format!("--with=other={}", other.display()), format!("--with=main={}", source.display())];
    for compiler in ["cranelift", "singlepass"] {
        let program = dir.join(&common::file_name(compiler));
        common::pack(&source, &program, &["--compiler", compiler, &options[0], &options[1]]);
        for _ in 0..3 {
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
