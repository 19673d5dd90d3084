//! Copies begin, end and are waited for.

use super::{has_no_copies, program};
use crate::common::{self, Dir, complains, prints, text};

#[test]
fn a_copy_has_what_the_program_had_and_ends_by_itself() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let text = program(
        r#"(data (i32.const 2048) "before\nchild\nparent\n")
        (global $kept (mut i32) (i32.const 0))
        (func (export "_start") (local $pid i32)
            (global.set $kept (i32.const 11)) (i32.store (i32.const 3000) (i32.const 12))
            (call $say (i32.const 2048) (i32.const 7))
            (call $is (i32.const 1) (call $proc_id (i32.const 1024)) (i32.const 0))
            (call $is (i32.const 2) (i32.load (i32.const 1024)) (i32.const 1))
            (call $is (i32.const 3) (call $proc_parent (i32.const 1) (i32.const 1024)) (i32.const 0))
            (call $is (i32.const 4) (i32.load (i32.const 1024)) (i32.const 0))
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid))
                (then
                    (call $is (i32.const 5) (global.get $kept) (i32.const 11))
                    (call $is (i32.const 6) (i32.load (i32.const 3000)) (i32.const 12))
                    (i32.store (i32.const 3000) (i32.const 13))
                    (call $is (i32.const 7) (call $proc_id (i32.const 1024)) (i32.const 0))
                    (call $is (i32.const 8) (i32.load (i32.const 1024)) (i32.const 2))
                    (call $is (i32.const 9) (call $proc_parent (i32.const 2) (i32.const 1024)) (i32.const 0))
                    (call $is (i32.const 10) (i32.load (i32.const 1024)) (i32.const 1))
                    (call $say (i32.const 2055) (i32.const 6))
                    (call $exit2 (i32.const 7)) (unreachable)))
            (call $is (i32.const 11) (local.get $pid) (i32.const 2))
            (call $is (i32.const 12) (call $proc_parent (i32.const 2) (i32.const 1024)) (i32.const 0))
            (call $is (i32.const 13) (i32.load (i32.const 1024)) (i32.const 1))
            (call $is (i32.const 14) (call $join (local.get $pid)) (i32.const 1007))
            (call $say (i32.const 2061) (i32.const 7))
            (call $is (i32.const 15) (i32.load (i32.const 3000)) (i32.const 12))
            ;; It is told once, and nobody has its number now.
            (call $is (i32.const 16) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 12))
            (call $is (i32.const 17) (call $proc_parent (i32.const 2) (i32.const 1024)) (i32.const 8))
            (call $exit (i32.const 70)))"#,
    );
    let said = prints(&dir.pack_text("fork", &text, &[]), &[], 70);
    assert_eq!(said, "before\nchild\nparent\n", "what was written before is not written again");
}

#[test]
fn a_pipe_leads_from_a_copy_to_the_program_until_all_writers_are_gone() {
    if has_no_copies() {
        return;
    }
    // 8, 12: the ends of the pipe.
    let text = program(
        r#"(data (i32.const 2048) "through")
        (func $read (result i32)
            (i32.store (i32.const 1056) (i32.const 3000)) (i32.store (i32.const 1060) (i32.const 16))
            (call $is (i32.const 1) (call $fd_read (i32.load (i32.const 8)) (i32.const 1056) (i32.const 1) (i32.const 1064)) (i32.const 0))
            (i32.load (i32.const 1064)))
        (func (export "_start") (local $pid i32)
            (call $is (i32.const 2) (call $fd_pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (local.set $pid (call $fork))
            (if (i32.eqz (local.get $pid))
                (then
                    (i32.store (i32.const 1056) (i32.const 2048)) (i32.store (i32.const 1060) (i32.const 7))
                    (drop (call $sleep (i64.const 20000000)))
                    (drop (call $fd_write (i32.load (i32.const 12)) (i32.const 1056) (i32.const 1) (i32.const 1064)))
                    (call $exit (i32.const 3))))
            (call $is (i32.const 3) (call $fd_close (i32.load (i32.const 12))) (i32.const 0))
            (call $is (i32.const 4) (call $read) (i32.const 7))
            (call $is (i32.const 5) (call $read) (i32.const 0))
            (call $is (i32.const 6) (call $join (local.get $pid)) (i32.const 1003))
            (call $say (i32.const 3000) (i32.const 7))
            (call $exit (i32.const 70)))"#,
    );
    assert_eq!(prints(&Dir::new().pack_text("pipe", &text, &[]), &[], 70), "through");
}

#[test]
fn any_copy_can_be_waited_for_and_nobody_waits_for_one_that_is_not_there() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let text = program(
        r#"(func (export "_start") (local $index i32) (local $sum i32)
            (call $is (i32.const 1) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 12))
            ;; One that waits for an end of its input, which does not come.
            (if (i32.eqz (call $fork)) (then (drop (call $sleep (i64.const 300000000))) (call $exit (i32.const 100))))
            (i64.store (i32.const 1040) (i64.const 0))
            (call $is (i32.const 2) (call $proc_join (i32.const 1040) (i32.const 1) (i32.const 1048)) (i32.const 0))
            (call $is (i32.const 3) (i32.load8_u (i32.const 1048)) (i32.const 0))
            (call $is (i32.const 4) (i32.load (i32.const 1044)) (i32.const 0))
            (loop $more
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (if (i32.eqz (call $fork)) (then (call $exit (local.get $index))))
                (br_if $more (i32.lt_u (local.get $index) (i32.const 5))))
            (local.set $index (i32.const 0))
            (loop $more
                (i64.store (i32.const 1040) (i64.const 0))
                (call $is (i32.const 5) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 0))
                (call $is (i32.const 6) (i32.load8_u (i32.const 1040)) (i32.const 1))
                ;; The numbers of the processes and how they ended.
                (local.set $sum (i32.add (local.get $sum) (i32.add (i32.load (i32.const 1044)) (call $how))))
                (local.set $index (i32.add (local.get $index) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $index) (i32.const 6))))
            (call $is (i32.const 7) (local.get $sum) (i32.const 6142))
            (i64.store (i32.const 1040) (i64.const 0))
            (call $is (i32.const 8) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 12))
            (i32.store (i32.const 1040) (i32.const -1))
            (call $is (i32.const 9) (call $proc_join_2022 (i32.const 1040) (i32.const 1048)) (i32.const 12))
            (if (i32.eqz (call $fork)) (then (call $exit (i32.const 9))))
            (call $is (i32.const 10) (call $proc_join_2022 (i32.const 1040) (i32.const 1048)) (i32.const 0))
            (call $is (i32.const 11) (i32.load (i32.const 1040)) (i32.const 8))
            (call $is (i32.const 12) (i32.load (i32.const 1048)) (i32.const 9))
            (call $exit (i32.const 70)))"#,
    );
    prints(&dir.pack_text("any", &text, &[]), &[], 70);
}

#[test]
fn a_copy_that_traps_says_so_and_ends_with_134() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let text = program(
        r#"(func $broken (unreachable))
        (func (export "_start")
            (if (i32.eqz (call $fork)) (then (call $broken)))
            (call $exit (i32.sub (call $join (i32.const 2)) (i32.const 1100))))"#,
    );
    let said = complains(&dir.pack_text("trap", &text, &[]), &[], 34);
    assert!(said.starts_with("trap: trap: unreachable\n    at broken ("), "{said}");
    assert_eq!(said.matches("trap: trap:").count(), 1, "{said}");
}

#[test]
fn a_copy_without_memory_of_its_own_ends_before_the_program_goes_on() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let text = program(
        r#"(data (i32.const 2048) "child\nparent\n")
        (func (export "_start")
            (call $is (i32.const 1) (call $proc_fork (i32.const 0) (i32.const 1032)) (i32.const 0))
            (if (i32.eqz (i32.load (i32.const 1032)))
                (then
                    (drop (call $sleep (i64.const 100000000)))
                    (call $say (i32.const 2048) (i32.const 6)) (call $exit (i32.const 9))))
            (call $say (i32.const 2054) (i32.const 7))
            (call $is (i32.const 2) (call $join (i32.const 2)) (i32.const 1009))
            (call $exit (i32.const 70)))"#,
    );
    assert_eq!(prints(&dir.pack_text("vfork", &text, &[]), &[], 70), "child\nparent\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_copy_that_is_killed_is_told_with_its_signal() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    if has_no_copies() || common::skipped_when_emulated("so that its children can be looked for") {
        return;
    }
    let dir = Dir::new();
    let source = program(
        r#"(data (i32.const 2048) "ready\n")
        (func (export "_start")
            (if (i32.eqz (call $fork))
                (then (call $say (i32.const 2048) (i32.const 6)) (loop $ever (drop (call $sleep (i64.const 1000000000))) (br $ever))))
            (call $exit (i32.sub (call $join (i32.const 2)) (i32.const 1900))))"#,
    );
    let program = dir.pack_text("killed", &source, &[]);
    let mut started = common::start(&program).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(started.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let id = started.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let child: i32 = children.trim().parse().expect("one child");
    // SAFETY: the child is this program's, which has not waited for it: the number is nobody else's.
    assert_eq!(unsafe { libc::kill(child, libc::SIGTERM) }, 0);
    let output = started.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2000 + libc::SIGTERM - 1900), "{}", text(&output.stderr));
}
