//! What atomic instructions compute, of values that are no constants.

use payload::Target;

use super::{COMPILERS, end_at, module, packed, unless};
use crate::common::{Dir, target};

/// Whether `compiler` has atomic instructions for the target: Singlepass computes them wrongly on 64-bit Arm.
pub(super) fn are_had(compiler: &str) -> bool {
    compiler == "cranelift" || !matches!(target(), Target::LinuxArm64 | Target::MacosArm64)
}

#[test]
fn atomic_instructions_compute_what_they_say_or_are_refused() {
    // Each with the value before it, and that behind it. `$l` is 7 and `$g` is 5; the memory begins with 12.
    let operations = [
        ("rmw.add", "(global.get $l)", 12, 19),
        ("rmw.sub", "(global.get $l)", 12, 5),
        ("rmw.and", "(global.get $l)", 12, 4),
        ("rmw.or", "(global.get $l)", 12, 15),
        ("rmw.xor", "(global.get $l)", 12, 11),
        ("rmw.xchg", "(global.get $l)", 12, 7),
        ("rmw.cmpxchg", "(global.get $g) (global.get $l)", 12, 12),
        ("rmw.cmpxchg", "(i32.add (global.get $g) (global.get $l)) (global.get $g)", 12, 5),
        ("rmw8.add_u", "(global.get $l)", 12, 19),
        ("rmw8.sub_u", "(global.get $l)", 12, 5),
        ("rmw16.add_u", "(global.get $l)", 12, 19),
        ("rmw16.cmpxchg_u", "(i32.add (global.get $g) (global.get $l)) (global.get $g)", 12, 5),
    ];
    let mut functions =
        String::from("(global $l (mut i32) (i32.const 7)) (global $g (mut i32) (i32.const 5))");
    let mut wrong = Vec::new();
    for (number, (operation, values, before, after)) in operations.into_iter().enumerate() {
        functions += &format!(
            r#"(func $f{number} (result i32) (local $was i32)
              (i32.store (i32.const 1024) (i32.const 12))
              (local.set $was (i32.atomic.{operation} (i32.const 1024) {values}))
              (i32.or (i32.ne (local.get $was) (i32.const {before}))
                (i32.ne (i32.load (i32.const 1024)) (i32.const {after}))))"#
        );
        wrong.push(format!("(call $f{number})"));
    }
    let source = module(&format!("{functions} {}", unless(&wrong)));
    let dir = Dir::new();
    for compiler in COMPILERS {
        match packed(&dir, "atomics", &source, &["--compiler", compiler, "--no-trial"]) {
            Ok(program) => {
                assert!(are_had(compiler), "{compiler}");
                assert_eq!(
                    end_at(&program, 0),
                    Some(42),
                    "{compiler}: the operation with that number, from 1 on"
                );
            }
            Err(told) => {
                assert!(!are_had(compiler), "{told}");
                assert!(told.contains("uses threads, which the singlepass compiler lacks"), "{told}");
            }
        }
    }
}
