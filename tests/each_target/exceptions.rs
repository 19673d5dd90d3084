//! Exceptions in packed programs: they are lowered when packing, for every target and compiler, and messages stay those of the
//! module that was given.

mod driver;

use std::fmt::Write;

use crate::common::{Dir, complains, file_name, fixture, pack, prints, run, says, target, text, wasmpack};
use driver::{Case, places};
use payload::Target;

const COMPILERS: [&str; 2] = ["cranelift", "singlepass"];

/// Whether `compiler` has vectors on this target.
fn has_vectors(compiler: &str) -> bool {
    compiler == "cranelift" && target() != Target::LinuxRiscv64
}

#[test]
fn the_cases_of_the_lowering_hold_as_packed_programs() {
    let mut calls = 0;
    for case in Case::all() {
        for compiler in COMPILERS.iter().filter(|compiler| !case.has_vectors() || has_vectors(compiler)) {
            for (program, count) in case.that_return() {
                let dir = Dir::new();
                let packed = dir.pack_text("returns", &program, &["--compiler", compiler, "--no-trial"]);
                let output = run(&packed, &[""; 0]);
                let said = text(&output.stderr);
                assert_eq!(output.status.code(), Some(0), "{} with {compiler}: {said}\n{program}", case.name);
                calls += count;
            }
        }
    }
    assert!(calls > 100, "{calls}");
}

#[test]
fn what_nobody_catches_is_said_with_the_function_that_threw() {
    let mut seen = 0;
    for case in Case::all() {
        for (number, (program, function)) in case.that_throw().into_iter().enumerate() {
            // One of each case with the other compiler is enough.
            for compiler in COMPILERS.iter().take(if number == 0 { 2 } else { 1 }) {
                if case.has_vectors() && !has_vectors(compiler) {
                    continue;
                }
                let dir = Dir::new();
                let packed = dir.pack_text("throws", &program, &["--compiler", compiler, "--no-trial"]);
                let message = complains(&packed, &[], 134);
                let expected =
                    format!("{}trap: uncaught exception\n    at {function} (offset 0x", says("throws"));
                assert!(message.starts_with(&expected), "{} with {compiler}: {message}", case.name);
                assert_eq!(message.trim_end().lines().count(), 2, "{message}");
                seen += 1;
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

/// A program with the older or the standard encoding that ends as `ends` says, behind a custom section that is dropped.
fn ending(is_legacy: bool, ends: &str) -> String {
    let body = "(call $maybe (i32.const 0)) (call $maybe (i32.const 7))";
    let within = match is_legacy {
        true => format!("try {body} catch $e drop (call $after) end"),
        false => format!(
            "(block $h (result i32) (try_table (catch $e $h) {body}) (i32.const 0)) (drop) (call $after)"
        ),
    };
    format!(
        r#"(module (@custom "notes" (after type) "0123456789") (memory (export "memory") 1) (tag $e (param i32))
            (func $maybe (param i32) (if (local.get 0) (then (throw $e (local.get 0)))))
            (func $after (call $maybe (i32.const 0)) {ends})
            (func $within {within})
            (func $_start (export "_start") (call $maybe (i32.const 0)) (call $within)))"#
    )
}

/// The lines of a trace.
fn at(frames: &[(&str, u32)]) -> String {
    frames.iter().fold(String::new(), |mut all, (name, offset)| {
        let _ = writeln!(all, "    at {name} (offset {offset:#x} in the module)");
        all
    })
}

#[test]
fn a_trap_is_told_with_the_offsets_of_the_module_that_was_given() {
    for (is_legacy, compiler) in [false, true].into_iter().flat_map(|legacy| COMPILERS.map(|by| (legacy, by)))
    {
        let source = ending(is_legacy, "(drop (f64.sqrt (f64.const 2))) unreachable");
        let wasm = wat::parse_str(&source).unwrap();
        let dir = Dir::new();
        let program = dir.pack_text("traps", &source, &["--compiler", compiler]);
        let places = places(&wasm);
        let trace = at(&[
            ("after", places["after unreachable"]),
            ("within", places["within call 2"]),
            ("_start", places["_start call 1"]),
        ]);
        let expected = format!("{}trap: unreachable\n{trace}", says("traps"));
        assert_eq!(complains(&program, &[], 134), expected, "legacy: {is_legacy}, {compiler}");
    }
}

#[test]
fn an_uncaught_exception_is_told_with_the_place_of_its_throw() {
    for (is_legacy, compiler) in [false, true].into_iter().flat_map(|legacy| COMPILERS.map(|by| (legacy, by)))
    {
        let source = ending(is_legacy, "(call $maybe (i32.const 9))");
        let wasm = wat::parse_str(&source).unwrap();
        let dir = Dir::new();
        let program = dir.pack_text("throws", &source, &["--compiler", compiler]);
        let trace = at(&[("maybe", places(&wasm)["maybe throw"])]);
        let expected = format!("{}trap: uncaught exception\n{trace}", says("throws"));
        assert_eq!(complains(&program, &[], 134), expected, "legacy: {is_legacy}, {compiler}");
    }
}

#[test]
fn a_null_reference_that_is_thrown_is_a_trap_of_the_function_that_throws_it() {
    let source = r#"(module (memory (export "memory") 1) (tag $e)
        (func $throws (param exnref) (throw_ref (local.get 0)))
        (func $_start (export "_start") (call $throws (ref.null exn))))"#;
    let places = places(&wat::parse_str(source).unwrap());
    for compiler in COMPILERS {
        let dir = Dir::new();
        let program = dir.pack_text("null", source, &["--compiler", compiler]);
        let trace = at(&[("throws", places["throws throw_ref"]), ("_start", places["_start call 0"])]);
        let expected = format!("{}trap: uninitialized exnref\n{trace}", says("null"));
        assert_eq!(complains(&program, &[], 134), expected, "{compiler}");
    }
}

#[test]
fn an_export_of_the_programs_own_is_not_taken_for_the_place_of_a_throw() {
    let source = r#"(module (memory (export "memory") 1) (tag $e) (global (export "wasmpack.thrown-at") i32 (i32.const 1))
        (func $first (export "first")) (func $throws (throw $e)) (func (export "_start") (call $throws)))"#;
    let dir = Dir::new();
    let message = complains(&dir.pack_text("own", source, &[]), &[], 134);
    assert!(message.contains("\n    at throws (offset"), "{message}");
}

const OUTPUT: &str = "\
destructors: ~inner ~outer ~outer ~second ~first caught from below
function object: ~lambda 3 ~lambda caught 41
again: ~inner again caught from below
nested: caught 1 in a handler and around it holds 1
kept: 1 2.500000 three 1 2.500000 three
constructors: ~owned ~member caught not built
many: 298700
";

#[test]
fn cpp_programs_of_both_encodings_run_with_both_compilers() {
    // Where the division is: wasmtime and node say so of the modules as they are.
    for (name, division) in [("exceptions-legacy", 0x4f1f), ("exceptions-standard", 0x4f24)] {
        for compiler in COMPILERS {
            let dir = Dir::new();
            let program = dir.pack(name, &["--compiler", compiler]);
            assert_eq!(prints(&program, &[], 3), OUTPUT, "{name} with {compiler}");
            let said = |word: &str| complains(&program, &[word], 134);
            let (uncaught, trap, noexcept) = (said("uncaught"), said("trap"), said("noexcept"));
            assert!(
                uncaught.starts_with(&format!("{}trap: uncaught exception\n    at ", says(name))),
                "{uncaught}"
            );
            // Singlepass notes the place behind the instruction.
            let division = division + u32::from(compiler == "singlepass");
            let first = format!(
                "{}trap: integer divide by zero\n    at function 62 (offset {division:#x} in the module)\n",
                says(name)
            );
            assert!(trap.starts_with(&first), "{trap}");
            assert!(noexcept.starts_with("libc++abi: terminating\n"), "{noexcept}");
        }
    }
}

#[test]
fn the_module_that_is_kept_is_the_one_that_was_given() {
    let dir = Dir::new();
    let given = std::fs::read(fixture("exceptions-legacy")).unwrap();
    let program = dir.pack("exceptions-legacy", &["--keep-module"]);
    let out = dir.join("kept.wasm");
    let output = wasmpack_plain().arg("extract").arg(&program).arg("-o").arg(&out).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(std::fs::read(out).unwrap() == given);
    let inspected = wasmpack_plain().args(["inspect", "--long"]).arg(&program).output().unwrap();
    let hash: String = payload::sha256(&given).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(text(&inspected.stdout).contains(&hash), "{}", text(&inspected.stdout));
    let again = dir.join("again.wasm");
    pack(&program, &again, &[]);
}

/// The packer, without what tests tell it about packing.
fn wasmpack_plain() -> std::process::Command {
    std::process::Command::new(env!("CARGO_BIN_EXE_wasmpack"))
}

#[test]
fn what_cannot_be_lowered_is_refused_by_name_and_place() {
    let refused = |fields: &str, options: &[&str]| {
        let dir = Dir::new();
        let source = dir.write("app.wat", format!("(module {fields} (func (export \"_start\")))"));
        let output =
            wasmpack().arg(source).arg("-o").arg(dir.join(&file_name("app"))).args(options).output().unwrap();
        let message = text(&output.stderr);
        assert_eq!((output.status.code(), message.trim_end().lines().count()), (Some(1), 1), "{message}");
        assert!(!dir.join(&file_name("app")).exists());
        message
    };
    let message = refused("(import \"env\" \"boom\" (tag))", &[]);
    assert!(message.contains("the imported tag \"env\" \"boom\" at 0x"), "{message}");
    let message = refused("(table 1 exnref)", &[]);
    assert!(message.contains("table 0 of exception references at 0x"), "{message}");
    // References that hold more than 32 bits become vectors.
    let wide = "(tag $t (param i64)) (func $f (throw $t (i64.const 1)))
        (func (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (return)) (throw_ref))";
    let message = refused(wide, &["--compiler", "singlepass"]);
    assert!(message.contains("hold more than 32 bits") && message.contains("uses SIMD"), "{message}");
    let message = refused("(tag $t (param i32)) (func (throw $t))", &[]);
    assert!(message.contains("not a valid wasm module: at 0x"), "{message}");
}
