//! Components: whatever becomes a module becomes a valid one, whose offsets lead into the component; nothing else gets through.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use wasmparser::{Validator, WasmFeatures};

/// A small component with what is renumbered: a global from another module, segments, a table, a start function, an import.
const SMALL: &str = r#"(component
    (import "wasi:cli/exit@0.2.6" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
    (core func $exit (canon lower (func $exit "exit-with-code")))
    (core module $base (memory (export "memory") 1) (table (export "table") 4 funcref)
      (global (export "base") i32 (i32.const 8)) (func $start) (start $start) (data (i32.const 0) "a"))
    (core module $m (import "base" "memory" (memory 1)) (import "base" "table" (table 4 funcref))
      (import "base" "base" (global $base i32)) (import "host" "exit" (func $exit (param i32)))
      (data (global.get $base) "b") (elem (i32.const 1) $f) (func $f (result i32) i32.const 3)
      (func (export "run") (result i32)
        (call $exit (call_indirect (result i32) (i32.const 1))) i32.const 0))
    (core instance $base (instantiate $base))
    (core instance $main (instantiate $m (with "base" (instance $base)) (with "host" (instance (export "exit" (func $exit))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.6" (instance $command)))"#;

fn samples() -> &'static [Vec<u8>; 4] {
    static SAMPLES: OnceLock<[Vec<u8>; 4]> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        [
            wat::parse_str(SMALL).expect("a component"),
            include_bytes!("../../tests/fixtures/component/everything.wasm").to_vec(),
            include_bytes!("../../tests/fixtures/component/adapted.wasm").to_vec(),
            include_bytes!("../../tests/fixtures/component/tool_c.wasm").to_vec(),
        ]
    })
}

/// The first byte chooses: a sample with changes, or the rest as a component.
fn component(data: &[u8]) -> Option<Vec<u8>> {
    let [mode, rest @ ..] = data else { return None };
    // The small one is merged a hundred times while a large one is once.
    Some(match usize::from(mode % 8) {
        7 => [b"\0asm\x0d\0\x01\0", rest].concat(),
        sample => wasmpack_fuzz::changed(samples()[sample.saturating_sub(3)].clone(), rest, u32::MAX),
    })
}

fuzz_target!(|data: &[u8]| {
    let Some(bytes) = component(data) else { return };
    for outcome in [component::command(&bytes), component::merged(&bytes)] {
        match outcome {
            Ok(command) => {
                let valid =
                    Validator::new_with_features(WasmFeatures::all()).validate_all(&command.wasm).map(drop);
                assert!(valid.is_ok(), "what is written is valid: {valid:?}");
                let mut cursor = command.map.cursor();
                let mut found = (0..command.wasm.len() as u32).filter_map(|offset| cursor.original(offset));
                assert!(
                    found.all(|offset| (offset as usize) < bytes.len()),
                    "offsets lead into the component"
                );
            }
            Err(error) => {
                assert!(!error.reason.is_empty() && !error.reason.contains('\n'), "one line: {error}")
            }
        }
    }
});
