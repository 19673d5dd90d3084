//! Modules that go past what an instruction can reach, a frame can hold or an address can say: either the program does what it
//! must, or the packer refuses it by name. `scripts/sweep-limits` is the long form.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::common::{self, Dir, complains, file_name, prints, start, target, text, wasmpack};
use payload::Target;

const COMPILERS: [&str; 2] = ["cranelift", "singlepass"];
/// Both ways to store a program.
const WAYS: [&[&str]; 2] = [&["--level", "1", "--no-trial"], &["--no-compress"]];

const EXIT: &str = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;
const READ: &str =
    r#"(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))"#;

fn module(fields: &str) -> String {
    format!(r#"(module {EXIT} (memory (export "memory") 1) {fields})"#)
}

/// A `_start` that ends with 42, or with the number of the first condition that holds, from 1 on.
fn unless(wrong: &[String]) -> String {
    let mut out = String::from("(func (export \"_start\")");
    for (index, condition) in wrong.iter().enumerate() {
        write!(out, " (if {condition} (then (call $exit (i32.const {}))))", index + 1).unwrap();
    }
    out + " (call $exit (i32.const 42)))"
}

/// The program, or the line with which the packer refuses it.
fn packed(dir: &Dir, name: &str, source: &str, options: &[&str]) -> Result<PathBuf, String> {
    let (source, out) = (dir.write(&format!("{name}.wat"), source), dir.join(&file_name(name)));
    let output = wasmpack().arg(source).arg("-q").arg("-o").arg(&out).args(options).output().unwrap();
    let told = text(&output.stderr);
    if output.status.success() {
        return Ok(out);
    }
    assert_eq!((output.status.code(), told.lines().count()), (Some(1), 1), "{told}");
    Err(told)
}

// ---- Memory -----------------------------------------------------------------------------------------------------------------

/// Grows its memory a page at a time for as long as it can, and says how many pages it has.
fn grows(memory: &str) -> String {
    format!(
        r#"(module {EXIT} (memory (export "memory") {memory}) (func (export "_start")
            (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (call $exit (memory.size))))"#
    )
}

#[test]
fn memory_grows_as_far_as_it_was_let() {
    let dir = Dir::new();
    for compiler in COMPILERS {
        // 7 pages and a half; more than it declares, which stays so; what it begins with.
        for (memory, most, pages) in [("1", "480K", 7), ("1 5", "1M", 5), ("2", "128 KiB", 2)] {
            let options = ["--compiler", compiler, "--max-memory", most];
            let program = packed(&dir, "grows", &grows(memory), &options).unwrap();
            assert_eq!(prints(&program, &[], pages), "", "{compiler} {memory} {most}");
        }
    }
    let refused = packed(&dir, "large", &grows("3"), &["--max-memory", "131072"]).unwrap_err();
    let expected = "the program begins with 196608 bytes of memory, and --max-memory lets it have 131072";
    assert!(refused.contains(expected), "{refused}");
}

// ---- Tables and code --------------------------------------------------------------------------------------------------------

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

// ---- Frames -----------------------------------------------------------------------------------------------------------------

/// Goes as deep as four bytes of standard input say, and does `leaf` there.
fn deep(fields: &str, leaf: &str) -> String {
    format!(
        r#"(module {READ} {fields} (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\04\00\00\00")
          (global $sink (mut i64) (i64.const 0))
          (func $deep (param i32) (if (i32.eqz (local.get 0)) (then {leaf} return))
            (call $deep (i32.sub (local.get 0) (i32.const 1))))
          (func (export "_start")
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $deep (i32.load (i32.const 16)))))"#
    )
}

/// How a program ends that reads `number`: its exit code, if it was not a signal.
fn end_at(program: &Path, number: u32) -> Option<i32> {
    let mut command = start(program);
    let mut child = loop {
        match command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
            child => break child.unwrap(),
        }
    };
    child.stdin.take().unwrap().write_all(&number.to_le_bytes()).unwrap();
    child.wait().unwrap().code()
}

/// Every way to a frame of many kilobytes, at every depth around the end of the stack: it fits, or it is a trap.
#[test]
fn a_large_frame_at_the_end_of_the_stack_is_a_trap() {
    let (types, values, drops) =
        ("i64 ".repeat(1000), "(i64.const 0x4141414142424242) ".repeat(1000), "drop ".repeat(1000));
    let many = 6_000;
    let (calls, sinks) = ("(call $make) ".repeat(many), "(global.set $sink) ".repeat(many));
    let (opened, closed) = ("block (result i64) ".repeat(many), "end ".repeat(many));
    let cases = [
        ("results", format!("(func $big (result {types}) {values})"), format!("(call $big) {drops}")),
        ("parameters", format!("(func $big (param {types}))"), format!("{values} (call $big)")),
        (
            "import",
            format!(r#"(import "no" "body" (func $big (param {types})))"#),
            format!("{values} (call $big)"),
        ),
        (
            "indirect",
            format!(
                "(type $t (func (result {types}))) (func $big (type $t) {values}) (table funcref (elem $big))"
            ),
            format!("(call_indirect (type $t) (i32.const 0)) {drops}"),
        ),
        (
            "locals",
            format!("(func $leaf) (func $big (param {types}) (local {}) (call $leaf))", types.repeat(5)),
            format!("{values} (call $big)"),
        ),
        (
            "operands",
            format!("(func $make (result i64) (i64.const 1)) (func $big {calls} {sinks})"),
            "(call $big)".to_owned(),
        ),
        (
            "blocks",
            format!("(func $leaf) (func $big {opened} (call $leaf) (i64.const 1) {closed} drop)"),
            "(call $big)".to_owned(),
        ),
    ];
    // A start takes wine as long as a hundred of the others.
    let cases = if common::on_windows() { &cases[..2] } else { &cases[..] };
    let dir = Dir::new();
    for compiler in COMPILERS {
        // Windows has no stack but the app's for who handles a fault: where Singlepass stepped over the pages that grow it, the
        // system ends the process without a word.
        let ends_in_silence = common::on_windows() && compiler == "singlepass";
        let mut last = 0;
        for (name, fields, leaf) in cases {
            let program = packed(&dir, name, &deep(fields, leaf), &["--compiler", compiler, "--no-trial"]);
            let program = match program {
                Ok(program) => program,
                Err(told) => {
                    assert!((compiler, target()) == ("singlepass", Target::LinuxRiscv64), "{name}: {told}");
                    assert!(told.contains("pack with --compiler cranelift"), "{told}");
                    continue;
                }
            };
            // An import that nobody provides traps at any depth: it is tried where the program before fitted for the last time.
            if *name != "import" {
                let mut high = 40_000_000;
                last = 0;
                while high - last > 1 {
                    let middle = last + (high - last) / 2;
                    if end_at(&program, middle) == Some(0) { last = middle } else { high = middle }
                }
            }
            for depth in last.saturating_sub(8)..last + 24 {
                let end = end_at(&program, depth);
                let is_right = matches!(end, Some(0 | 134)) || ends_in_silence && end.is_none();
                assert!(is_right, "{name}, {compiler}, depth {depth}: {end:?}");
            }
        }
    }
}

// ---- Addresses --------------------------------------------------------------------------------------------------------------

#[test]
fn data_from_two_gibibytes_on_is_there_before_the_program_starts() {
    let source = format!(
        r#"(module {EXIT} (memory (export "memory") 65536) (global $seen (mut i32) (i32.const 0))
          (data (i32.const 0) "low") (data "passive")
          (data (i32.const 0xbffffff0) "high") (data (i32.const 0xbffffff1) "I") (data (i32.const 0xffffffff) "!")
          (data (i32.add (i32.const 0x7fffffff) (i32.const 1)) "sum") (data (i32.const 0x80000010) "") (data (i32.const 1) "O")
          (func $first (global.set $seen (i32.load8_u (i32.const 0xffffffff)))) (start $first) {})"#,
        unless(&[
            "(i32.ne (i32.load (i32.const 0xbffffff0)) (i32.const 0x68674968))".to_owned(),
            "(i32.ne (i32.load (i32.const 0)) (i32.const 0x00774f6c))".to_owned(),
            "(i32.ne (i32.load (i32.const 0x80000000)) (i32.const 0x006d7573))".to_owned(),
            // The module's own start function comes behind all data.
            "(i32.ne (global.get $seen) (i32.const 0x21))".to_owned(),
        ])
    );
    let outside = r#"(module (memory (export "memory") 49152) (data (i32.const 0) "low")
      (data (i32.const 0xbffffffd) "high") (func (export "_start") unreachable))"#;
    let dir = Dir::new();
    for compiler in COMPILERS {
        for way in WAYS {
            let options = [&["--compiler", compiler], way].concat();
            prints(&packed(&dir, "far", &source, &options).unwrap(), &[], 42);
            let message = complains(&packed(&dir, "outside", outside, &options).unwrap(), &[], 134);
            assert!(message.contains("trap: out of bounds memory access"), "{message}");
        }
    }
}

#[test]
fn elements_at_negative_addresses_are_a_trap_before_the_program_starts() {
    let dir = Dir::new();
    for address in ["0x80000000", "0xffffffff", "0x7fffffff", "10"] {
        let source = format!(
            r#"(module (memory (export "memory") 1) (table 10 funcref) (elem (i32.const {address}) func $f) (func $f)
              (func (export "_start") unreachable))"#
        );
        let message = complains(&packed(&dir, "elements", &source, &[]).unwrap(), &[], 134);
        assert!(message.contains("out of bounds table access"), "{address}: {message}");
    }
}

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
    for (access, width) in ACCESSES.iter().filter(|(access, _)| has_vectors || !access.contains("v128")) {
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
        assert!(ends.contains(&42) && ends.len() > 100);
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
    let dir = Dir::new();
    for compiler in COMPILERS {
        let program = packed(&dir, "ranges", &source, &["--compiler", compiler, "--no-trial"]).unwrap();
        for (number, (operation, end)) in cases.iter().enumerate() {
            assert_eq!(end_at(&program, number as u32), Some(*end), "{compiler}: {operation}");
        }
    }
}

// ---- Types ------------------------------------------------------------------------------------------------------------------

#[test]
fn an_import_whose_type_the_engine_takes_for_one_of_wasis_is_refused() {
    // CRC-32 of (i32, i32) -> (i32), which clock_res_get has.
    let params = "i32 f32 f32 i64 i64 i64 i32 f32 f32 i64 i32 f64 i32 f32 f64 i32 f32";
    let source = format!(
        r#"(module (import "wasi_snapshot_preview1" "clock_res_get" (func (param i32 i32) (result i32)))
          (import "env" "x" (func (param {params}))) (memory (export "memory") 1) (func (export "_start")))"#
    );
    let told = packed(&Dir::new(), "types", &source, &[]).unwrap_err();
    // In one module the compiler notices by itself.
    assert!(told.contains("function type 1, with 17 parameters") || told.contains("collision"), "{told}");
    let alone = source.replace(
        "(import \"wasi_snapshot_preview1\" \"clock_res_get\" (func (param i32 i32) (result i32)))",
        EXIT,
    );
    let told = packed(&Dir::new(), "types", &alone, &[]).unwrap_err();
    assert!(told.contains("has the CRC-32 (") && told.contains("of WASI have"), "{told}");
}
