//! Another program begins in a copy of the process.

use super::{has_no_copies, program};
use crate::common::{self, Dir, prints, text};

/// Imports, and functions on them. 2000 to 2999 is theirs: at 2200 is the list of what is to be done with descriptors, and `$act`
/// adds to it; its count is at 2100. `$spawn` returns the new process' number.
const SPAWN: &str = r#"
    (import "wasix_32v1" "proc_spawn2" (func $spawn2 (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasix_32v1" "proc_spawn3" (func $spawn3 (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasix_32v1" "getcwd" (func $getcwd (param i32 i32) (result i32)))"#;

fn spawns(fields: &str) -> String {
    program(&format!(
        r#"(data (i32.const 3000) "/bin/other") (data (i32.const 3020) "other\nx\n") (data (i32.const 3040) "tmp/made") (data (i32.const 3050) "/tmp")
        (data (i32.const 3060) "/bin/nothing")
        (func $act (param $what i32) (param $fd i32) (param $from i32) (param $path i32) (param $len i32) (local $at i32)
            (local.set $at (i32.add (i32.const 2200) (i32.mul (i32.load (i32.const 2100)) (i32.const 56))))
            (i32.store (i32.const 2100) (i32.add (i32.load (i32.const 2100)) (i32.const 1)))
            (i32.store (local.get $at) (local.get $what))
            (i32.store offset=4 (local.get $at) (local.get $fd)) (i32.store offset=8 (local.get $at) (local.get $from))
            (i32.store offset=12 (local.get $at) (local.get $path)) (i32.store offset=16 (local.get $at) (local.get $len))
            ;; To be made, and to be written.
            (i32.store16 offset=24 (local.get $at) (i32.const 1)) (i64.store offset=32 (local.get $at) (i64.const 0x40)))
        (func $spawn (param $name i32) (param $len i32) (param $search i32) (result i32)
            (i32.store (i32.const 2104) (i32.const -1))
            (call $spawn2 (local.get $name) (local.get $len) (i32.const 3020) (i32.const 8) (i32.const 0) (i32.const 0)
                (i32.const 2200) (i32.load (i32.const 2100)) (i32.const 0) (i32.const 0)
                (local.get $search) (i32.const 0) (i32.const 0) (i32.const 2104)))
        {fields}"#
    ))
    .replacen("(module", &format!("(module {SPAWN}"), 1)
}

/// Says where it stands, and ends with what it reads from standard input.
const OTHER: &str = r#"(func (export "_start")
    (i32.store (i32.const 1056) (i32.const 3500)) (i32.store (i32.const 1060) (i32.const 1))
    (call $is (i32.const 21) (call $fd_read (i32.const 0) (i32.const 1056) (i32.const 1) (i32.const 1064)) (i32.const 0))
    (call $is (i32.const 22) (i32.load (i32.const 1064)) (i32.const 1))
    (i32.store (i32.const 3508) (i32.const 64))
    (call $is (i32.const 23) (call $getcwd (i32.const 3600) (i32.const 3508)) (i32.const 0))
    (call $say (i32.const 3600) (i32.load (i32.const 3508)))
    ;; The ends of the pipe that were not for it.
    (call $is (i32.const 24) (call $fd_close (i32.const 6)) (i32.const 8))
    (call $exit (i32.load8_u (i32.const 3500))))"#;

#[test]
fn a_process_begins_with_the_descriptors_and_the_place_that_it_is_given() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let other = dir.write("other.wat", spawns(OTHER));
    // 6 and 7 are the ends of a pipe.
    let main = spawns(
        r#"(func (export "_start")
            (call $is (i32.const 1) (call $fd_pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 2) (i32.load (i32.const 8)) (i32.const 6))
            (call $act (i32.const 1) (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 0))
            (call $act (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 0))
            (call $act (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 0) (i32.const 0))
            (call $act (i32.const 0) (i32.const 99) (i32.const 0) (i32.const 0) (i32.const 0))
            (call $act (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3050) (i32.const 4))
            (call $is (i32.const 3) (call $spawn (i32.const 3000) (i32.const 10) (i32.const 0)) (i32.const 0))
            (call $is (i32.const 4) (i32.load (i32.const 2104)) (i32.const 2))
            (i32.store8 (i32.const 3700) (i32.const 42))
            (i32.store (i32.const 1056) (i32.const 3700)) (i32.store (i32.const 1060) (i32.const 1))
            (call $is (i32.const 5) (call $fd_write (i32.const 7) (i32.const 1056) (i32.const 1) (i32.const 1064)) (i32.const 0))
            (call $is (i32.const 6) (call $join (i32.const 2)) (i32.const 1042))
            ;; By its name, with the output in a file; the input ends at once.
            (i32.store (i32.const 2100) (i32.const 0))
            (call $act (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 3040) (i32.const 8))
            (call $is (i32.const 7) (call $spawn (i32.const 3020) (i32.const 5) (i32.const 1)) (i32.const 0))
            (call $is (i32.const 8) (call $join (i32.load (i32.const 2104))) (i32.const 1021))
            ;; What cannot be prepared ends so.
            (i32.store (i32.const 2100) (i32.const 0))
            (call $act (i32.const 1) (i32.const 0) (i32.const 99) (i32.const 0) (i32.const 0))
            (call $is (i32.const 9) (call $spawn (i32.const 3000) (i32.const 10) (i32.const 0)) (i32.const 0))
            (call $is (i32.const 10) (call $join (i32.load (i32.const 2104))) (i32.const 1127))
            (i32.store (i32.const 2200) (i32.const 9))
            (call $is (i32.const 11) (call $spawn (i32.const 3000) (i32.const 10) (i32.const 0)) (i32.const 0))
            (call $is (i32.const 12) (call $join (i32.load (i32.const 2104))) (i32.const 1127))
            ;; What there is not does not begin.
            (call $is (i32.const 13) (call $spawn (i32.const 3060) (i32.const 12) (i32.const 0)) (i32.const 44))
            (call $is (i32.const 14) (call $spawn (i32.const 3065) (i32.const 7) (i32.const 1)) (i32.const 44))
            (call $is (i32.const 15) (i32.load (i32.const 2104)) (i32.const -1))
            (call $is (i32.const 16) (call $spawn3 (i32.const 3000) (i32.const 10) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const -8) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2104)) (i32.const 21))
            (call $is (i32.const 17) (call $spawn3 (i32.const 3000) (i32.const 10) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -3)) (i32.const 21))
            (call $exit (i32.const 70)))"#,
    );
    let with = format!("--with=other={}", other.display());
    let program = dir.pack_text("main", &main, &["--tmp", &with]);
    assert_eq!(prints(&program, &[], 70), "/tmp");
    // Who starts it can forbid that.
    let denied = dir.pack_text(
        "denied",
        &spawns(r#"(func (export "_start") (call $exit (call $spawn (i32.const 3000) (i32.const 10) (i32.const 0))))"#),
        &[&with],
    );
    let output = common::output(common::start(&denied).env("WASMPACK_OPTS", "--deny-fork"));
    assert_eq!(output.status.code(), Some(63), "{}", text(&output.stderr));
}

#[test]
fn windows_starts_none_and_says_so() {
    let dir = Dir::new();
    let other = dir.write("other.wat", spawns(OTHER));
    let main = spawns(
        r#"(func (export "_start") (call $exit (call $spawn (i32.const 3000) (i32.const 10) (i32.const 0))))"#,
    );
    let program = dir.pack_text("main", &main, &[&format!("--with=other={}", other.display())]);
    let answer = if common::on_windows() { 52 } else { 0 };
    assert_eq!(common::run(&program, &[] as &[&str]).status.code(), Some(answer));
}
