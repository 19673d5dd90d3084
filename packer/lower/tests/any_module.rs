//! Whatever is valid before is valid after, without the proposal, and every instruction of it leads back to one of the
//! original: modules made at random with all that wasm-smith knows, and the cases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use arbitrary::Unstructured;
use lower::{Kind, Lowered};
use wasm_smith::{Config, Module};
use wasmparser::{FunctionBody, Parser, Payload};

/// The offsets of the instructions of each body.
fn bodies(wasm: &[u8]) -> Vec<(u64, Vec<u64>)> {
    let offsets = |body: &FunctionBody<'_>| {
        let ops = body.get_operators_reader().unwrap();
        ops.into_iter_with_offsets().map(|op| op.unwrap().1).collect()
    };
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            bodies.push((body.range().start, offsets(&body)));
        }
    }
    bodies
}

/// Every instruction leads to one of the same function, in order; those of added functions lead nowhere.
fn assert_map(name: &str, original: &[u8], lowered: &Lowered) {
    let (before, after) = (bodies(original), bodies(&lowered.wasm));
    assert_eq!(after.len(), before.len() + lowered.added.len(), "{name}");
    let mut cursor = lowered.map.cursor();
    for (start, ops) in &after[before.len()..] {
        assert!(ops.iter().chain([start]).all(|&op| cursor.original(op as u32).is_none()), "{name}");
    }
    let mut copied = 0;
    for ((start, ops), (old_start, old_ops)) in after.iter().zip(&before) {
        assert_eq!(cursor.original(*start as u32), Some(*old_start as u32), "{name}: the body");
        let mut last = 0;
        for &op in ops {
            let old = cursor.original(op as u32).unwrap_or_else(|| panic!("{name}: {op:#x} leads nowhere"));
            assert!(old_ops.binary_search(&u64::from(old)).is_ok(), "{name}: {op:#x} leads to {old:#x}");
            assert!(last <= old, "{name}: {op:#x} leads back to {old:#x}");
            copied += usize::from(lowered.wasm[op as usize] == original[old as usize]);
            last = old;
        }
        assert_eq!(u64::from(last), *old_ops.last().unwrap(), "{name}: the last is the last");
    }
    assert!(copied > 0 || before.is_empty(), "{name}");
    let code = after.first().map_or(1, |(start, _)| *start as u32);
    assert_eq!(lowered.map.original(code - 1), None);
    assert_eq!(lowered.map.original(lowered.wasm.len() as u32), None);
}

#[test]
fn offsets_of_all_cases_lead_back() {
    for case in common::cases() {
        assert_map(&case.name, &case.wasm, &common::lowered(&case.name, &case.wasm));
    }
}

/// Bytes from a seed.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ z >> 27) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// A random module with exceptions; every other one without the proposals that compilers here lack.
fn smith(seed: u64) -> Option<Vec<u8>> {
    let plain = seed.is_multiple_of(2);
    let config = Config {
        exceptions_enabled: true,
        gc_enabled: !plain,
        memory64_enabled: !plain,
        max_imports: if plain { 0 } else { 5 },
        min_tags: 1,
        max_tags: 3,
        min_funcs: 3,
        min_types: 4,
        min_tables: 0,
        max_tables: if plain { 0 } else { 2 },
        max_memories: 1,
        ..Config::default()
    };
    let bytes = noise(seed, 4096);
    let module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    Some(module.to_bytes())
}

#[test]
fn what_is_valid_before_is_valid_after() {
    let count = std::env::var("LOWER_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    let (mut lowered_count, mut rewritten, mut refused) = (0, 0, 0);
    for seed in 0..count {
        let Some(wasm) = smith(seed) else { continue };
        let name = format!("module {seed}");
        match lower::exceptions(&wasm) {
            Ok(Some(lowered)) => {
                common::valid_without_exceptions(&name, &lowered.wasm);
                assert_map(&name, &wasm, &lowered);
                lowered_count += 1;
                rewritten += lowered.counts.rewritten;
            }
            Ok(None) => {}
            Err(error) => {
                assert_ne!(error.kind, Kind::Invalid, "{name}: {error}");
                refused += 1;
            }
        }
    }
    eprintln!("{lowered_count} lowered with {rewritten} functions rewritten, {refused} refused");
    assert!(lowered_count * 4 > count && rewritten > lowered_count as usize, "most are lowered");
}
