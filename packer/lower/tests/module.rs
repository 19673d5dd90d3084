//! What happens to a module as a whole: what is copied, what goes, what is added, and where.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use lower::{Added, Lowered, Role};
use wasmparser::{ExternalKind, Parser, Payload};

fn lower(fields: &str) -> (Vec<u8>, Lowered) {
    let wasm = wat::parse_str(format!("(module {fields})")).unwrap_or_else(|error| panic!("{error}"));
    let lowered = common::lowered(fields, &wasm);
    (wasm, lowered)
}

/// The body of function `index`.
fn body(wasm: &[u8], index: u32) -> Vec<u8> {
    let bodies = common::bodies(wasm);
    let (_, range) = bodies.iter().find(|(other, _)| *other == index).unwrap();
    wasm[range.start as usize..range.end as usize].to_vec()
}

fn customs(wasm: &[u8]) -> Vec<(String, Vec<u8>)> {
    let payloads = Parser::new(0).parse_all(wasm).map(Result::unwrap);
    let custom = |payload: Payload<'_>| match payload {
        Payload::CustomSection(section) => Some((section.name().to_owned(), section.data().to_vec())),
        _ => None,
    };
    payloads.filter_map(custom).collect()
}

fn exports(wasm: &[u8]) -> Vec<(String, ExternalKind, u32)> {
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload.unwrap() {
            exports.extend(
                section
                    .into_iter()
                    .map(|export| export.unwrap())
                    .map(|export| (export.name.to_owned(), export.kind, export.index)),
            );
        }
    }
    exports
}

const GRAPH: &str = r#"
    (type $f (func)) (type $g (func (param i32)))
    (import "m" "i" (func $import))
    (tag $t (export "tag"))
    (table $open 4 funcref) (elem (table $open) (i32.const 0) func $quiet $thrower)
    (table $quiet 1 funcref) (elem (table $quiet) (i32.const 0) func $quiet)
    (func $thrower throw $t)
    (func $quiet call $import nop)
    (func $caller (export "caller") call $thrower nop)
    (func $tail call $thrower)
    (func $absorbs (export "absorbs") (block $h (try_table (catch_all $h) (call $caller))))
    (func $absorbs_tag (block $h (try_table (catch $t $h) (call $caller))) nop)
    (func $calls_quiet call $quiet call $absorbs call $absorbs_tag nop)
    (func $through_quiet i32.const 0 call_indirect $quiet (type $f) nop)
    (func $other_type i32.const 0 i32.const 0 call_indirect $open (type $g) nop)
    (func $through_open i32.const 0 call_indirect $open (type $f) nop)"#;

#[test]
fn functions_that_cannot_throw_and_tail_calls_are_copied() {
    let (wasm, lowered) = lower(GRAPH);
    let copied: Vec<u32> =
        (1..11).filter(|&index| body(&wasm, index) == body(&lowered.wasm, index)).collect();
    // quiet, tail, calls_quiet, through_quiet, other_type
    assert_eq!(copied, [2, 4, 7, 8, 9]);
    // thrower, caller, tail, through_open
    assert_eq!((lowered.counts.throwing, lowered.counts.rewritten, lowered.counts.tests), (4, 5, 4));
    assert_eq!(lowered.counts.functions, 10);
}

#[test]
fn a_table_that_changes_may_hold_whatever_is_referred_to() {
    for change in [
        "i32.const 0 ref.func $thrower table.set $quiet",
        "i32.const 0 ref.null func i32.const 1 table.fill $quiet",
        "i32.const 0 i32.const 1 i32.const 1 table.copy $quiet $open",
        "ref.null func i32.const 1 table.grow $quiet drop",
    ] {
        let (wasm, lowered) = lower(&format!("{GRAPH} (func {change})"));
        assert_ne!(body(&wasm, 8), body(&lowered.wasm, 8), "{change}");
    }
    let (wasm, lowered) = lower(&format!(r#"{GRAPH} (export "table" (table $quiet))"#));
    assert_ne!(body(&wasm, 8), body(&lowered.wasm, 8));
}

#[test]
fn what_the_outside_calls_are_wrappers_behind_all_functions() {
    let (_, lowered) = lower(GRAPH);
    assert_eq!(lowered.added, [Added { index: 11, role: Role::Entry { function: 3 } }]);
    let uncaught = lowered.uncaught.unwrap();
    let expected = [
        ("caller".to_owned(), ExternalKind::Func, 11),
        ("absorbs".to_owned(), ExternalKind::Func, 5),
        (uncaught.export.clone(), ExternalKind::Global, uncaught.global),
    ];
    assert_eq!(exports(&lowered.wasm), expected, "and the tag is gone");
    assert_eq!(uncaught.export, "wasmpack.thrown-at");
}

#[test]
fn what_is_added_has_a_name_of_its_own() {
    let (_, lowered) = lower(
        r#"(tag $t) (global (export "wasmpack.thrown-at") i32 (i32.const 0)) (func (export "f") throw $t)"#,
    );
    assert_eq!(lowered.uncaught.unwrap().export, "wasmpack.thrown-at'");
}

#[test]
fn roles_tell_what_traps_mean() {
    let (_, lowered) = lower(
        r#"(tag $t (param i64)) (start $s)
           (func $s (block $h (result i64 exnref) (try_table (catch_ref $t $h) (throw $t (i64.const 1))) unreachable)
               throw_ref)"#,
    );
    let roles: Vec<_> = lowered.added.iter().map(|added| (added.index, added.role)).collect();
    let expected = [(1, Role::Reference), (2, Role::ThrowReference), (3, Role::Entry { function: 0 })];
    assert_eq!(roles, expected);
    assert!(lowered.needs_simd);
    assert!(!lower(GRAPH).1.needs_simd);
}

#[test]
fn names_stay_and_what_tells_of_places_in_the_code_goes() {
    let custom = |name: &str, place: &str| format!("(@custom {name:?} ({place}) \"data\")");
    let sections = [
        custom(".debug_info", "before type"),
        custom("producers", "after type"),
        custom("metadata.code.branch_hint", "before code"),
        custom(".debug_line", "after code"),
        custom("sourceMappingURL", "after last"),
        custom("my own", "after last"),
    ];
    let (wasm, lowered) = lower(&format!("$module {GRAPH} {}", sections.join(" ")));
    let stay: Vec<_> = customs(&wasm)
        .into_iter()
        .filter(|(name, _)| ["name", "producers", "my own"].contains(&name.as_str()))
        .collect();
    assert_eq!(customs(&lowered.wasm), stay);
    assert_eq!(stay.len(), 3);
    assert_eq!(common::names(&lowered.wasm), common::names(&wasm));
}

#[test]
fn a_large_module_is_the_same_whichever_threads_did_it() {
    let function = |number: u32| {
        let (callee, more) = ((number * 7 + 1) % 4000, "(i32.const 1) (i32.add) ".repeat(50));
        format!(
            "(func $f{number} (param i32) (result i32)
                (block $h (result i32)
                    (try_table (result i32) (catch $t $h)
                        (if (i32.eq (local.get 0) (i32.const {number})) (then (throw $t (i32.const 1))))
                        (call $f{callee} (local.get 0))))
                {more})"
        )
    };
    let functions: String = (0..4000).map(function).collect();
    let (wasm, lowered) = lower(&format!("(tag $t (param i32)) {functions}"));
    assert!(wasm.len() > 512 * 1024, "several pieces: {}", wasm.len());
    let mut cursor = lowered.map.cursor();
    for ((_, before), (_, after)) in common::bodies(&wasm).iter().zip(common::bodies(&lowered.wasm)) {
        assert_eq!(cursor.original(after.start as u32), Some(before.start as u32));
    }
}
