//! Components from whoever wishes harm: no panic, no module that is invalid, and no more time or memory than the file is worth.
//! `COMPONENT_DAMAGE=100` damages a hundred times as many.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::time::{Duration, Instant};

use common::command;
use component::Kind;

/// Components of the repository and of this folder.
fn samples() -> Vec<Vec<u8>> {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/component");
    let mut samples: Vec<Vec<u8>> = ["everything", "adapted", "merged", "tool_c"]
        .iter()
        .map(|name| std::fs::read(format!("{fixtures}/{name}.wasm")).unwrap())
        .collect();
    let small = r#"(core module $m (import "host" "exit" (func $exit (param i32))) (memory 1) (data (i32.const 1) "x")
        (table 2 funcref) (elem (i32.const 0) $f $f) (func $f) (func (export "run") (result i32) i32.const 1))
        (core instance $main (instantiate $m (with "host" (instance $host))))"#;
    samples.push(wat::parse_str(command(small)).unwrap());
    samples
}

/// What is made of `bytes` is valid, if anything is.
fn check(bytes: &[u8]) {
    for outcome in [component::command(bytes), component::merged(bytes)] {
        match outcome {
            Ok(made) => {
                let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
                validator.validate_all(&made.wasm).unwrap_or_else(|error| panic!("not valid: {error}"));
            }
            Err(error) => assert!(!error.reason.is_empty() && !error.reason.contains('\n'), "{error}"),
        }
    }
}

#[test]
fn a_component_that_is_cut_off_is_refused() {
    for sample in samples() {
        for len in (0..sample.len()).step_by(1 + sample.len() / 300) {
            check(&sample[..len]);
        }
    }
}

#[test]
fn a_component_with_other_bytes_is_refused_or_still_one() {
    let mut state = 1_u64;
    let mut next = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let times: usize = std::env::var("COMPONENT_DAMAGE").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for sample in samples() {
        let rounds = if sample.len() < 2000 { 1500 } else { 40 };
        for _ in 0..rounds * times {
            let mut bytes = sample.clone();
            for _ in 0..1 + next(3) {
                let at = next(bytes.len());
                bytes[at] = match next(3) {
                    0 => next(256) as u8,
                    1 => bytes[at] ^ (1 << next(8)),
                    _ => bytes[at].wrapping_add(1),
                };
            }
            check(&bytes);
        }
    }
}

#[track_caller]
fn refused_soon(text: &str, kind: Kind) {
    let bytes = wat::parse_str(text).unwrap();
    let start = Instant::now();
    let error = component::command(&bytes).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Components each of which instantiates the one before it twice: a thousand lines that would be more instances than atoms.
fn doubling(depth: usize, inner: &str) -> String {
    let mut text = format!("(component $c0 {inner})");
    for number in 1..depth {
        let before = number - 1;
        text += &format!(
            "(component $c{number} (alias outer 1 $c{before} (component $b)) (instance (instantiate $b)) (instance (instantiate $b)))"
        );
    }
    format!("(component {text} (instance (instantiate $c{})))", depth - 1)
}

#[test]
fn instances_that_double_are_too_many() {
    refused_soon(&doubling(40, "(core module $m) (core instance (instantiate $m))"), Kind::TooLarge);
    refused_soon(&doubling(60, ""), Kind::TooLarge);
    refused_soon(&doubling(200, ""), Kind::TooLarge);
}

#[test]
fn components_within_components_end_somewhere() {
    let nested = |depth: usize| "(component ".repeat(depth) + &")".repeat(depth);
    for depth in [90, 500] {
        if let Ok(bytes) = wat::parse_str(nested(depth)) {
            check(&bytes);
        }
    }
}

#[test]
fn a_large_module_that_is_instantiated_often_is_too_large() {
    let many = |functions: usize, instances: usize| {
        let module = format!("(core module $m {})", "(func) ".repeat(functions));
        format!("(component {module} {})", "(core instance (instantiate $m)) ".repeat(instances))
    };
    refused_soon(&many(2000, 900), Kind::NotACommand);
    let run = command(&format!(
        r#"(core module $m {} (func (export "run") (result i32) i32.const 0)) {}
           (core instance $main (instantiate $m))"#,
        "(func) ".repeat(2000),
        "(core instance (instantiate $m)) ".repeat(900)
    ));
    refused_soon(&run, Kind::TooLarge);
    refused_soon(&many(1, 1500), Kind::TooLarge);
}

#[test]
fn constants_that_double_stay_small() {
    let globals: String = (0..200)
        .map(|number| match number {
            0 => "(global $g0 i32 (i32.const 1)) ".to_owned(),
            _ => format!(
                "(global $g{number} i32 (i32.add (global.get $g{0}) (global.get $g{0}))) ",
                number - 1
            ),
        })
        .collect();
    let text = command(&format!(
        r#"(core module $m {globals} (func (export "run") (result i32) (i32.eqz (global.get $g31))))
           (core instance $main (instantiate $m))"#
    ));
    let bytes = wat::parse_str(text).unwrap();
    check(&bytes);
    assert!(component::command(&bytes).unwrap().wasm.len() < 4000);
}
