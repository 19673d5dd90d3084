//! What cannot become a program is refused by one line that names it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::command;
use component::Kind;

#[track_caller]
fn refused(text: &str, kind: Kind, parts: &[&str]) {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    let error = component::command(&bytes).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(!error.reason.contains('\n'), "{error}");
    for part in parts {
        assert!(error.reason.contains(part), "{part:?} is not in: {error}");
    }
}

fn exports(name: &str) -> String {
    format!(
        r#"(component (core module $m (func (export "f") (result i32) i32.const 0)) (core instance $main (instantiate $m))
          (func $f (result (result)) (canon lift (core func $main "f"))) (instance $i (export "run" (func $f)))
          (export "{name}" (instance $i)))"#
    )
}

#[test]
fn what_is_no_command_is_named() {
    refused("(component)", Kind::NotACommand, &["a library", "exports nothing"]);
    refused(&exports("my:own/api"), Kind::NotACommand, &["a library", "my:own/api"]);
    refused(&exports("wasi:http/incoming-handler@0.2.0"), Kind::NotACommand, &["an http proxy"]);
    refused(
        &exports("wasi:cli/run@0.3.0"),
        Kind::NotACommand,
        &["another version", "wasi:cli/run@0.3.0", "wasip1"],
    );
    refused(
        &exports("wasi:cli/run@0.2.0-rc-2023-12-05"),
        Kind::NotACommand,
        &["another version", "rc-2023-12-05"],
    );
    let handed_on = r#"(component (import "wasi:cli/run@0.2.0" (instance $i (export "run" (func (result (result))))))
        (export "wasi:cli/run@0.2.1" (instance $i)))"#;
    refused(handed_on, Kind::NotACommand, &["hands on"]);
}

fn imports(import: &str, lowered: &str, ty: &str) -> String {
    command(&format!(
        r#"{import} (core func $f (canon lower (func {lowered})))
           (core module $m (import "h" "f" (func $f {ty})) (func (export "run") (result i32) unreachable)
             (func (export "g") {ty} unreachable))
           (core instance $h (export "f" (func $f)))
           (core instance $main (instantiate $m (with "h" (instance $h))))"#
    ))
}

#[test]
fn imports_of_ones_own_are_named() {
    let own = imports(r#"(import "my:own/host@1.0.0" (instance $i (export "f" (func))))"#, r#"$i "f""#, "");
    refused(&own, Kind::Import, &["my:own/host@1.0.0", "nobody provides"]);
    let bare = imports(r#"(import "log" (func $log))"#, "$log", "");
    refused(&bare, Kind::Import, &["imports log"]);
    let module = r#"(component (import "m" (core module)))"#;
    refused(module, Kind::Import, &["the module \"m\""]);
}

#[test]
fn functions_of_another_type_are_refused() {
    let wrong = imports(
        r#"(import "wasi:clocks/monotonic-clock@0.2.3" (instance $i (export "now" (func (result u32)))))"#,
        r#"$i "now""#,
        "(result i32)",
    );
    refused(&wrong, Kind::Import, &["wasi:clocks/monotonic-clock@0.2.3#now", "another type"]);
}

#[test]
fn two_memories_are_refused_by_name() {
    let text = command(
        r#"(core module $a (@name "one") (memory 1) (func (export "f") (drop (i32.load (i32.const 0)))))
           (core module $b (@name "two") (import "a" "f" (func $f)) (memory 1)
             (func (export "run") (result i32) call $f (i32.load (i32.const 0))))
           (core instance $a (instantiate $a))
           (core instance $main (instantiate $b (with "a" (instance $a))))"#,
    );
    refused(&text, Kind::Unsupported, &["more than one memory", "\"one\"", "\"two\"", "composed"]);
}

/// A command that calls a function of another component, which does `what`.
fn composed(what: &str) -> String {
    command(&format!(
        r#"(component $library (core module $m (func (export "f") {what})) (core instance $i (instantiate $m))
             (func (export "f") (canon lift (core func $i "f"))))
           (instance $library (instantiate $library))
           (core func $f (canon lower (func $library "f")))
           (core module $m (import "h" "f" (func $f)) (func (export "run") (result i32) call $f i32.const 0))
           (core instance $h (export "f" (func $f)))
           (core instance $main (instantiate $m (with "h" (instance $h))))"#
    ))
}

#[test]
fn components_that_call_each_other_are_refused() {
    refused(&composed("nop"), Kind::Unsupported, &["composed"]);
    // A stub, which only traps, is as good as a function that nobody provides.
    let stub = component::command(&wat::parse_str(composed("unreachable")).unwrap()).unwrap();
    assert_eq!(common::start(&stub.wasm, &[]).code, None);
    assert_eq!(stub.missing, Vec::<String>::new());
}

#[test]
fn strings_of_other_encodings_are_refused() {
    let text = command(
        r#"(import "wasi:cli/environment@0.2.0" (instance $e (export "initial-cwd" (func (result (option string))))))
           (core module $memory (memory (export "memory") 1)
             (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
           (core instance $memory (instantiate $memory))
           (core func $f (canon lower (func $e "initial-cwd") (memory (core memory $memory "memory"))
             (realloc (core func $memory "realloc")) string-encoding=utf16))
           (core module $m (import "h" "f" (func $f (param i32)))
             (func (export "run") (result i32) (call $f (i32.const 0)) unreachable))
           (core instance $h (export "f" (func $f)))
           (core instance $main (instantiate $m (with "h" (instance $h))))"#,
    );
    refused(&text, Kind::Unsupported, &["UTF-16", "wasi:cli/environment@0.2.0"]);
}

#[test]
fn garbage_collection_is_named() {
    let text = command(
        r#"(core module $m (type (struct)) (func (export "run") (result i32) i32.const 0))
           (core instance $main (instantiate $m))"#,
    );
    refused(&text, Kind::Unsupported, &["garbage collection"]);
}

#[test]
fn what_is_broken_is_told_with_its_place() {
    for bytes in [&b"\0asm\x0d\0\x01\0\xff"[..], b"\0asm\x0c\0\x01\0", b"", b"\0asm\x01\0\0\0"] {
        let error = component::command(bytes).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{error}");
    }
}
