//! Too many copies, and wrong arguments.

use super::{has_no_copies, program};
use crate::common::{Dir, prints};

#[test]
fn there_are_so_many_copies_and_no_more_until_one_was_waited_for() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    // Copies count for as long as nobody has waited for them, and those of copies count with them.
    let text = program(
        r#"(func (export "_start") (local $count i32) (local $errno i32)
            (if (i32.eqz (call $fork))
                (then
                    (if (i32.eqz (call $fork)) (then (call $exit (i32.const 0))))
                    ;; Its own counts for as long as it has not waited for that, nor ended.
                    (drop (call $sleep (i64.const 5000000000)))
                    (call $exit (i32.const 0))))
            (drop (call $sleep (i64.const 500000000)))
            (loop $more
                (local.set $errno (call $proc_fork (i32.const 1) (i32.const 1032)))
                (if (i32.eqz (local.get $errno))
                    (then
                        (if (i32.eqz (i32.load (i32.const 1032))) (then (call $exit (i32.const 0))))
                        (local.set $count (i32.add (local.get $count) (i32.const 1)))
                        (br_if $more (i32.lt_u (local.get $count) (i32.const 1000))))))
            (call $is (i32.const 1) (local.get $errno) (i32.const 6))
            (call $is (i32.const 2) (local.get $count) (i32.const 253))
            (call $is (i32.const 3) (call $join (i32.const 4)) (i32.const 1000))
            (if (i32.eqz (call $fork)) (then (call $exit (i32.const 8))))
            (call $is (i32.const 4) (call $join (i32.load (i32.const 1032))) (i32.const 1008))
            (call $exit (i32.const 70)))"#,
    );
    prints(&dir.pack_text("bomb", &text, &[]), &[], 70);
}

#[test]
fn what_leads_nowhere_is_answered_before_anything_is_done() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    let text = program(
        r#"(func (export "_start")
            (call $is (i32.const 1) (call $proc_fork (i32.const 1) (i32.const -2)) (i32.const 21))
            (call $is (i32.const 2) (call $proc_join (i32.const -2) (i32.const 0) (i32.const 1048)) (i32.const 21))
            (call $is (i32.const 3) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const -2)) (i32.const 21))
            (i32.store (i32.const 1040) (i32.const 7))
            (call $is (i32.const 4) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 28))
            (i32.store (i32.const 1040) (i32.const 1)) (i32.store (i32.const 1044) (i32.const 1))
            (call $is (i32.const 5) (call $proc_join (i32.const 1040) (i32.const 0) (i32.const 1048)) (i32.const 12))
            (call $is (i32.const 6) (call $proc_parent (i32.const 12345) (i32.const 1024)) (i32.const 8))
            (call $is (i32.const 7) (call $proc_join_2022 (i32.const -2) (i32.const 1048)) (i32.const 21))
            (call $exit (i32.const 70)))"#,
    );
    prints(&dir.pack_text("nowhere", &text, &[]), &[], 70);
}
