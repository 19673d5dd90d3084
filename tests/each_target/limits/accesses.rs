//! Accesses around the end of a memory or table, one at a time and in ranges.

use std::fmt::Write as _;

use payload::Target;

use super::{COMPILERS, EXIT, READ, atomics, end_at, packed};
use crate::common::{Dir, target};

/// An access, with the places ADDRESS and OFFSET, and its width.
const ACCESSES: [(&str, u64); 12] = [
    ("(drop (i32.load8_u OFFSET ADDRESS))", 1),
    ("(i32.store8 OFFSET ADDRESS (i32.const 0))", 1),
    ("(drop (i64.load16_s OFFSET ADDRESS))", 2),
    ("(drop (i32.load OFFSET ADDRESS))", 4),
    ("(f32.store OFFSET ADDRESS (f32.const 0))", 4),
    ("(drop (i64.load OFFSET ADDRESS))", 8),
    ("(i64.store OFFSET ADDRESS (i64.const 0))", 8),
    ("(drop (f64.load OFFSET ADDRESS))", 8),
    ("(drop (i64.atomic.load OFFSET ADDRESS))", 8),
    ("(drop (i32.atomic.rmw.add OFFSET ADDRESS (i32.const 0)))", 4),
    ("(drop (i64.atomic.rmw.cmpxchg OFFSET ADDRESS (i64.const 0) (i64.const 0)))", 8),
    ("(drop (v128.load OFFSET ADDRESS))", 16),
];

/// A program that does the access whose number it reads, and for each number how it must end.
fn edges(compiler: &str) -> (String, Vec<i32>) {
    const END: u64 = 2 * 65536;
    let (mut functions, mut names, mut data, mut ends) =
        (String::new(), String::new(), String::new(), Vec::new());
    // RISC-V has vectors as an extension that is not asked for.
    let has_vectors = compiler == "cranelift" && target() != Target::LinuxRiscv64;
    let is_had = |access: &str| {
        (has_vectors || !access.contains("v128"))
            && (atomics::are_had(compiler) || !access.contains("atomic"))
    };
    for (access, width) in ACCESSES.iter().filter(|(access, _)| is_had(access)) {
        let (atomic, width) = (access.contains("atomic"), *width);
        let first_outside = if atomic { END } else { END - width + 1 };
        for offset in [0, 0x8000, 0x8000_0000, 0xffff_fff0u64] {
            for at in [END - width, first_outside, END, 1 << 32, (1 << 33) - 32] {
                let Some(address) = at.checked_sub(offset).and_then(|address| u32::try_from(address).ok())
                else {
                    continue;
                };
                if atomic && at % width != 0 {
                    continue;
                }
                let access =
                    access.replace("OFFSET", &format!("offset={offset}")).replace("ADDRESS", "(local.get 0)");
                writeln!(functions, "(func $f{} (param i32) {access})", ends.len()).unwrap();
                write!(names, " $f{}", ends.len()).unwrap();
                address.to_le_bytes().iter().for_each(|byte| write!(data, "\\{byte:02x}").unwrap());
                ends.push(if at + width <= END { 42 } else { 134 });
            }
        }
    }
    let source = format!(
        r#"(module {READ} {EXIT} (memory (export "memory") 2) {functions} (type $t (func (param i32))) (table funcref (elem {names}))
          (data (i32.const 64) "{data}") (data (i32.const 0) "\10\00\00\00\04\00\00\00")
          (func (export "_start")
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call_indirect (type $t) (i32.load offset=64 (i32.shl (i32.load (i32.const 16)) (i32.const 2))) (i32.load (i32.const 16)))
            (call $exit (i32.const 42))))"#
    );
    (source, ends)
}

#[test]
fn the_last_byte_is_there_and_the_next_one_is_not_whatever_the_offset() {
    let dir = Dir::new();
    for compiler in COMPILERS {
        let (source, ends) = edges(compiler);
        assert!(ends.contains(&42) && ends.len() > 60, "{} cases", ends.len());
        let program = packed(&dir, "edges", &source, &["--compiler", compiler, "--no-trial"]).unwrap();
        for (number, end) in ends.iter().enumerate() {
            let function = source.lines().find(|line| line.starts_with(&format!("(func $f{number} ")));
            assert_eq!(end_at(&program, number as u32), Some(*end), "{compiler}: {function:?}");
        }
    }
}

/// Operations on ranges, whose ends do not fit 32 bits or lie one too far.
#[test]
fn ranges_of_memories_and_tables_end_where_they_do() {
    let far = "(i32.const 0xffffffff)";
    let cases = [
        ("(memory.fill (i32.const 65535) (i32.const 0) (i32.const 1))".to_owned(), 42),
        ("(memory.fill (i32.const 65536) (i32.const 0) (i32.const 0))".to_owned(), 42),
        ("(memory.fill (i32.const 65535) (i32.const 0) (i32.const 2))".to_owned(), 134),
        (format!("(memory.fill {far} (i32.const 0) (i32.const 1))"), 134),
        (format!("(memory.fill (i32.const 1) (i32.const 0) {far})"), 134),
        (format!("(memory.copy (i32.const 0) (i32.const 1) {far})"), 134),
        (format!("(memory.copy (i32.const 0) {far} (i32.const 1))"), 134),
        ("(memory.copy (i32.const 65535) (i32.const 65535) (i32.const 1))".to_owned(), 42),
        (format!("(memory.init $d (i32.const 0) (i32.const 1) {far})"), 134),
        ("(memory.init $d (i32.const 65535) (i32.const 0) (i32.const 2))".to_owned(), 134),
        // The engine looks one word too late here, and meets the guard.
        ("(drop (memory.atomic.wait32 (i32.const 65536) (i32.const 0) (i64.const 0)))".to_owned(), 134),
        ("(drop (memory.atomic.wait64 (i32.const 65544) (i64.const 0) (i64.const 0)))".to_owned(), 134),
        ("(drop (memory.atomic.wait32 (i32.const 65532) (i32.const 1) (i64.const 0)))".to_owned(), 42),
        ("(table.set $t (i32.const 9) (ref.null func))".to_owned(), 42),
        ("(table.set $t (i32.const 10) (ref.null func))".to_owned(), 134),
        (format!("(drop (table.get $t {far}))"), 134),
        (format!("(table.copy $t $t (i32.const 0) (i32.const 1) {far})"), 134),
        (format!("(table.init $t $e (i32.const 0) (i32.const 0) {far})"), 134),
        (format!("(table.fill $t (i32.const 1) (ref.null func) {far})"), 134),
        (format!("(call_indirect $t (type $f) {far})"), 134),
        ("(call_indirect $t (type $f) (i32.const 10))".to_owned(), 134),
    ];
    let dir = Dir::new();
    for compiler in COMPILERS {
        let is_had = |operation: &str| atomics::are_had(compiler) || !operation.contains("atomic");
        let cases: Vec<_> = cases.iter().filter(|(operation, _)| is_had(operation)).collect();
        let mut functions = String::new();
        for (number, (operation, _)) in cases.iter().enumerate() {
            writeln!(functions, "(func $f{number} {operation})").unwrap();
        }
        let names: String = (0..cases.len()).map(|number| format!(" $f{number}")).collect();
        let source = format!(
            r#"(module {READ} {EXIT} (type $f (func)) (memory (export "memory") 1) (data $d "two") (table $t 10 funcref) (elem $e func $f0)
          {functions} (table $all funcref (elem {names})) (data (i32.const 0) "\10\00\00\00\04\00\00\00")
          (func (export "_start")
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call_indirect $all (type $f) (i32.load (i32.const 16))) (call $exit (i32.const 42))))"#
        );
        let program = packed(&dir, "ranges", &source, &["--compiler", compiler, "--no-trial"]).unwrap();
        for (number, (operation, end)) in cases.into_iter().enumerate() {
            assert_eq!(end_at(&program, number as u32), Some(*end), "{compiler}: {operation}");
        }
    }
}
