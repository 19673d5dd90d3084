//! What several tests in this crate need.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

/// A random module without what the compilers lack.
pub(crate) fn random_module(seed: u64) -> Option<Vec<u8>> {
    let config = Config {
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        tail_call_enabled: false,
        wide_arithmetic_enabled: false,
        custom_page_sizes_enabled: false,
        max_memories: 1,
        min_memories: 1,
        min_funcs: 5,
        min_tables: 1,
        max_imports: 10,
        max_instructions: 400,
        ..Config::default()
    };
    let mut state = seed;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 27) as u8
    })
    .take(8192)
    .collect();
    Some(Module::new(config, &mut Unstructured::new(&noise)).ok()?.to_bytes())
}
