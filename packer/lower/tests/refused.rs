//! What cannot be lowered is refused by name, place and way out, in one line; what uses no exceptions is left alone.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use lower::{Error, Kind};

fn lower(fields: &str) -> Result<Option<lower::Lowered>, Error> {
    let wasm = wat::parse_str(format!("(module {fields})")).unwrap_or_else(|error| panic!("{error}"));
    lower::exceptions(&wasm)
}

#[track_caller]
fn assert_refused(fields: &str, kind: Kind, message: &str) {
    let error = lower(fields).map(drop).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind, kind, "{text}");
    assert!(text.starts_with(message), "{text}");
    assert!(!text.contains('\n') && text.contains("0x"), "{text}");
}

#[test]
fn modules_without_exceptions_are_left_alone() {
    for fields in [
        "",
        "(func (export \"f\") (result i32) i32.const 1)",
        "(type (struct)) (func (result (ref null 0)) ref.null 0)",
        "(type $f (func)) (type $c (cont $f)) (func)",
        "(table 1 externref) (func (param externref) (result i32) local.get 0 ref.is_null)",
        "(func (param anyref) (drop (ref.as_non_null (local.get 0))))",
    ] {
        assert!(lower(fields).unwrap().is_none(), "{fields}");
    }
}

#[test]
fn whatever_needs_the_proposal_is_lowered() {
    for fields in [
        "(tag)",
        "(tag) (func)",
        "(type (func (param exnref)))",
        "(global exnref (ref.null exn))",
        "(func (local exnref))",
        "(func (drop (ref.null exn)))",
        "(func (block (result exnref) (ref.null exn)) drop)",
        "(func try end)",
        "(func try catch_all end)",
        "(func try_table end)",
        "(func (block $h (try_table (catch_all $h))))",
        "(tag $t (export \"t\"))",
    ] {
        let lowered = lower(fields).unwrap().unwrap_or_else(|| panic!("{fields} uses exceptions"));
        let features = wasmparser::WasmFeatures::all()
            - wasmparser::WasmFeatures::EXCEPTIONS
            - wasmparser::WasmFeatures::LEGACY_EXCEPTIONS;
        let valid = wasmparser::Validator::new_with_features(features).validate_all(&lowered.wasm).map(drop);
        assert!(valid.is_ok(), "{fields}: {valid:?}");
    }
}

#[test]
fn what_others_throw_is_refused() {
    assert_refused(
        r#"(import "env" "boom" (tag (param i32)))"#,
        Kind::ImportedTag,
        r#"the imported tag "env" "boom" at 0x"#,
    );
    assert_refused(
        r#"(import "env" "e" (global exnref))"#,
        Kind::ImportedReference,
        r#"the imported global "env" "e" at"#,
    );
    assert_refused(
        r#"(import "env" "f" (func (param exnref)))"#,
        Kind::ImportedReference,
        r#"the imported function "env" "f" at"#,
    );
}

#[test]
fn references_that_are_stored_as_references_are_refused() {
    assert_refused("(table 1 exnref)", Kind::StoredReference, "table 0 of exception references at");
    assert_refused(
        r#"(import "m" "t" (table 1 exnref))"#,
        Kind::StoredReference,
        "table 0 of exception references at",
    );
    assert_refused(
        "(elem exnref (ref.null exn))",
        Kind::StoredReference,
        "a segment of exception references at",
    );
    assert_refused(
        "(type (func)) (type (struct (field exnref)))",
        Kind::StoredReference,
        "exception reference in type 1",
    );
    assert_refused("(type (array exnref))", Kind::StoredReference, "exception reference in type 0 at");
}

#[test]
fn payloads_that_no_reference_holds_are_refused_where_one_is_made() {
    let catches = |tag: &str, clause: &str| {
        format!(
            "(tag $t {tag}) (func (result exnref) (block $h (result exnref)
                (try_table ({clause} $h) (call 1)) unreachable)) (func unreachable throw $t)"
        )
    };
    let message = "a reference to exceptions of tag 0, made in function 0 at 0x";
    for payload in
        ["(param i64 i64)", "(param v128)", "(param funcref)", "(param i32 i32 i32)", "(param exnref)"]
    {
        assert_refused(&catches(payload, "catch_all_ref"), Kind::WidePayload, message);
    }
    for payload in ["", "(param i32)", "(param f32)", "(param i64)", "(param i32 f64)", "(param f32 i32)"] {
        assert!(lower(&catches(payload, "catch_all_ref")).unwrap().is_some(), "{payload}");
    }
    // What a clause before it catches by value, and what nobody throws, does not matter.
    let before = "(tag $t (param v128)) (tag $never (param v128))
        (func (result exnref) (block $v (result v128) (block $h (result exnref)
            (try_table (catch $t $v) (catch_all_ref $h) (throw $t (v128.const i64x2 0 0))) unreachable) return)
          unreachable)";
    assert!(lower(before).unwrap().is_some());
}

#[test]
fn instructions_without_a_lowered_form_are_refused() {
    for (op, name) in [
        ("ref.as_non_null drop", "ref.as_non_null of an exception reference in function 0 at"),
        ("br_on_null 0 drop", "br_on_null of an exception reference in function 0 at"),
    ] {
        assert_refused(&format!("(func (param exnref) local.get 0 {op})"), Kind::Instruction, name);
    }
    assert_refused(
        "(func (param exnref) (result (ref exn)) local.get 0 br_on_non_null 0 unreachable)",
        Kind::Instruction,
        "br_on_non_null of",
    );
    assert_refused(
        "(func (param exnref) (drop (ref.cast (ref exn) (local.get 0))))",
        Kind::Instruction,
        "ref.cast in",
    );
    assert_refused(
        "(func (param exnref) (drop (ref.test (ref exn) (local.get 0))))",
        Kind::Instruction,
        "ref.test in",
    );
    assert_refused("(tag $t) (func (suspend $t))", Kind::Instruction, "stack switching in function 0 at");
}

#[test]
fn results_that_cannot_be_made_up_are_refused() {
    assert_refused(
        "(tag $t) (elem declare func 0) (func (result (ref func)) throw $t)",
        Kind::Result,
        "the result (ref func) in function 0 at",
    );
    // Of a function that cannot throw none is made up.
    let absorbs = "(tag $t) (elem declare func 0)
        (func (result (ref func)) (block $h (try_table (catch_all $h) (throw $t))) (ref.func 0))";
    assert!(lower(absorbs).unwrap().is_some());
}

#[test]
fn function_types_that_become_the_same_are_refused_when_a_call_tells_them_apart() {
    let module = |called: &str| {
        format!(
            "(type $number (func (param i64))) (type $exception (func (param exnref)))
             (table 1 funcref) (elem (i32.const 0) $f) (func $f (type $number))
             (func (call_indirect (type $exception) ({called}) (i32.const 0)))"
        )
    };
    assert_refused(
        &module("ref.null exn"),
        Kind::Types,
        "the function types 1 and 0, of an indirect call and a function, in function 1 at 0x",
    );
}

#[test]
fn what_is_no_module_is_refused() {
    let error = lower::exceptions(b"\0asm\x01\0\0\0\x01\x05").map(drop).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.to_string().starts_with("not a valid wasm module: "), "{error}");
    let invalid = wat::parse_str("(module (tag $t (param i32)) (func throw $t))").unwrap();
    let error = lower::exceptions(&invalid).map(drop).unwrap_err();
    assert_eq!((error.kind, error.function), (Kind::Invalid, Some(0)), "{error}");
    // The validator says this in several lines.
    let text = lower::exceptions(b"PK\x03\x04....").map(drop).unwrap_err().to_string();
    assert!(text.starts_with("not a valid wasm module: magic header") && !text.contains('\n'), "{text}");
    let component = wat::parse_str("(component)").unwrap();
    assert_eq!(lower::exceptions(&component).map(drop).unwrap_err().kind, Kind::Invalid);
}
