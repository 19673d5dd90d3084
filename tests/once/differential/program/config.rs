//! What wasm-smith may put into a module.

use wasm_smith::Config;

use super::{FUNCTIONS, Kind};

/// The most pages of memory that a module has.
const PAGES: u64 = 4;

/// What modules of this kind may have; the seed decides whether they may trap.
pub(super) fn config(kind: Kind, seed: u64) -> Config {
    let wide = kind == Kind::Wide;
    Config {
        // Every fourth module stops at nothing: it divides, loads and converts what comes, and may trap.
        disallow_traps: !seed.is_multiple_of(4),
        canonicalize_nans: true,
        simd_enabled: wide,
        exceptions_enabled: wide,
        wide_arithmetic_enabled: wide,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        gc_enabled: false,
        tail_call_enabled: false,
        memory64_enabled: false,
        compact_imports_enabled: false,
        max_imports: 0,
        export_everything: false,
        // Their names could be those of the command's own.
        max_exports: 0,
        allow_start_export: false,
        min_types: 3,
        min_funcs: 3,
        max_funcs: FUNCTIONS,
        min_globals: 2,
        max_globals: 8,
        min_memories: 1,
        max_memory32_bytes: PAGES << 16,
        memory_max_size_required: true,
        max_tables: 3,
        max_table_elements: 100,
        table_max_size_required: true,
        max_instructions: 400,
        max_data_segments: 6,
        ..Config::default()
    }
}
