//! Lowering exceptions: whatever validates before validates after, without the proposal, and its offsets lead back into the
//! original.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::{arbitrary::Unstructured, fuzz_target};
use wasm_smith::{Config, Module};
use wasmparser::{Validator, WasmFeatures};

/// The cases of the pass's own tests, of both encodings.
const CASES: [&str; 8] = [
    include_str!("../../packer/lower/tests/cases/legacy.wat"),
    include_str!("../../packer/lower/tests/cases/legacy_one_tag.wat"),
    include_str!("../../packer/lower/tests/cases/standard_calls.wat"),
    include_str!("../../packer/lower/tests/cases/standard_catch.wat"),
    include_str!("../../packer/lower/tests/cases/standard_payloads.wat"),
    include_str!("../../packer/lower/tests/cases/standard_references.wat"),
    include_str!("../../packer/lower/tests/cases/standard_start.wat"),
    include_str!("../../packer/lower/tests/cases/standard_traps.wat"),
];

fn cases() -> &'static [Vec<u8>] {
    static CASES_IN_BYTES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CASES_IN_BYTES.get_or_init(|| CASES.iter().map(|text| wat::parse_str(text).expect("a case")).collect())
}

/// A module of whatever has exceptions.
fn smith(data: &[u8]) -> Option<Vec<u8>> {
    let config = Config { min_tags: 1, max_tags: 3, min_funcs: 2, max_tables: 1, ..Config::default() };
    Some(Module::new(config, &mut Unstructured::new(data)).ok()?.to_bytes())
}

/// The first byte chooses: a case with changes, a module that wasm-smith makes of the rest, or the rest as a module.
fn module(data: &[u8]) -> Option<Vec<u8>> {
    let [mode, rest @ ..] = data else { return None };
    Some(match mode % 4 {
        0 | 1 => wasmpack_fuzz::changed(cases()[usize::from(mode / 4) % CASES.len()].clone(), rest, u32::MAX),
        2 => smith(rest)?,
        _ => [b"\0asm\x01\0\0\0", rest].concat(),
    })
}

fn valid(wasm: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features).validate_all(wasm).is_ok()
}

fuzz_target!(|data: &[u8]| {
    let Some(wasm) = module(data) else { return };
    let plain = WasmFeatures::all() - WasmFeatures::EXCEPTIONS - WasmFeatures::LEGACY_EXCEPTIONS;
    match lower::exceptions(&wasm) {
        Ok(Some(lowered)) => {
            assert!(valid(&wasm, WasmFeatures::all()), "what is not valid is refused");
            assert!(valid(&lowered.wasm, plain), "what is written is valid");
            let mut cursor = lowered.map.cursor();
            let mut found = (0..lowered.wasm.len() as u32).filter_map(|offset| cursor.original(offset));
            assert!(found.all(|offset| (offset as usize) < wasm.len()), "offsets lead into the original");
        }
        Ok(None) => assert!(valid(&wasm, plain), "what is left alone uses no exceptions"),
        Err(error) => {
            let called_invalid = error.kind == lower::Kind::Invalid;
            assert!(
                !called_invalid || !valid(&wasm, WasmFeatures::all()),
                "what is valid is not called so: {error}"
            );
            assert!(!error.to_string().contains('\n'), "one line: {error}");
        }
    }
});
