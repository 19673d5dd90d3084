//! Code that is longer than a branch, a branch table or an offset of its CPU reaches.

use std::fmt::Write as _;

use payload::Target;

use super::{COMPILERS, module, packed, unless};
use crate::common::{Dir, prints, target};

/// A br_table of `count` targets, whose branches carry `values`, and that says which of its labels was taken.
fn long_table(count: usize, values: usize) -> String {
    let label = |index| match index {
        _ if index == count - 1 => "2 ",
        _ if index == count / 2 => "1 ",
        _ => "0 ",
    };
    let labels: String = (0..count).map(label).collect();
    let (types, values, drops) =
        ("i64 ".repeat(values), "(i64.const 7) ".repeat(values), "drop ".repeat(values));
    let function = format!(
        "(func $f (param i32) (result i32)
          (block $d (result {types}) (block $c (result {types}) (block $b (result {types}) (block $a (result {types})
            {values} (br_table {labels} 3 (local.get 0)))
            {drops} (return (i32.const 10))) {drops} (return (i32.const 11))) {drops} (return (i32.const 12)))
          {drops} (i32.const 13))"
    );
    let count = count as i64;
    let wanted = [
        (0, 10),
        (1, 10),
        (32_767, 10),
        (32_768, 10),
        (count / 2, 11),
        (count - 1, 12),
        (count, 13),
        (i64::from(i32::MAX), 13),
        (-1, 13),
        (i64::from(i32::MIN), 13),
    ];
    let wrong =
        wanted.map(|(index, label)| format!("(i32.ne (call $f (i32.const {index})) (i32.const {label}))"));
    module(&(function + &unless(&wrong)))
}

#[test]
fn branch_tables_of_any_length_lead_where_they_must() {
    let dir = Dir::new();
    for compiler in COMPILERS {
        for (count, values) in [(66_000, 0), (66_000, 3), (270_000, 0)] {
            match packed(&dir, "table", &long_table(count, values), &["--compiler", compiler, "--no-trial"]) {
                Ok(program) => drop(prints(&program, &[], 42)),
                Err(told) => {
                    // Each branch that carries values is code of its own.
                    assert!((compiler, target(), values) == ("singlepass", Target::LinuxArm64, 3), "{told}");
                    assert!(told.contains("a function is so large"), "{told}");
                }
            }
        }
    }
}

#[test]
fn branches_over_a_megabyte_of_code_lead_where_they_must_or_are_refused() {
    let mut pad = String::new();
    for step in 0..12_000u64 {
        let (to, from) = (step % 4000 * 8, step * 7 % 4000 * 8);
        write!(
            pad,
            "(i64.store (i32.const {to}) (i64.mul (i64.load (i32.const {from})) (i64.const {}))) ",
            step * 77_773 + 1
        )
        .unwrap();
    }
    let function = format!(
        "(func $f (param i32) (result i32) (local $n i32)
          (block $out (loop $again
            (br_if $out (i32.eq (local.get $n) (local.get 0)))
            (br_if $out (i32.and (local.get $n) (i32.const 64)))
            (if (i32.eqz (i32.and (local.get 0) (i32.const 128))) (then {pad}) (else (local.set $n (i32.const 70))))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $again (i32.ne (local.get $n) (i32.const 3)))
            (return (i32.add (local.get $n) (i32.const 100)))))
          (local.get $n))"
    );
    let wrong = [(0, 0), (2, 2), (9, 103), (136, 71)]
        .map(|(given, wanted)| format!("(i32.ne (call $f (i32.const {given})) (i32.const {wanted}))"));
    let source = module(&(function + &unless(&wrong)));
    let dir = Dir::new();
    for compiler in COMPILERS {
        match packed(&dir, "jumps", &source, &["--compiler", compiler, "--no-trial"]) {
            Ok(program) => drop(prints(&program, &[], 42)),
            Err(told) => {
                assert!(compiler == "singlepass" && told.contains("a function is so large"), "{told}");
                assert!(told.contains("pack with --compiler cranelift"), "{told}");
            }
        }
    }
}

#[test]
fn imports_and_globals_far_from_their_register_are_found_or_refused() {
    let imports: String = (0..3000)
        .map(|index| format!(r#"(import "wasi_snapshot_preview1" "proc_exit" (func $e{index} (param i32)))"#))
        .collect();
    let many_imports = format!(
        r#"(module {imports} (memory (export "memory") 1) (func (export "_start") (call $e2999 (i32.const 42))))"#
    );
    let globals: String =
        (0..6000).map(|index| format!("(global $g{index} (mut i64) (i64.const {index}))")).collect();
    let wrong = [0, 1, 255, 256, 511, 4095, 4096, 5999]
        .map(|index| format!("(i64.ne (global.get $g{index}) (i64.const {index}))"));
    let many_globals = module(&(globals + &unless(&wrong)));
    let dir = Dir::new();
    for compiler in COMPILERS {
        for (name, source) in [("imports", &many_imports), ("globals", &many_globals)] {
            match packed(&dir, name, source, &["--compiler", compiler, "--no-trial"]) {
                Ok(program) => drop(prints(&program, &[], 42)),
                Err(told) => {
                    assert!((compiler, target()) == ("singlepass", Target::LinuxRiscv64), "{name}: {told}");
                    assert!(told.contains("pack with --compiler cranelift"), "{told}");
                }
            }
        }
    }
}
