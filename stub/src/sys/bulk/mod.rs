//! memory.copy and memory.fill, as fast as a system's C library does them: the app's code comes here without passing the
//! engine, where the processor has wide registers (AVX2).
//!
//! An entry looks at the bounds in the instance's context. What is inside of the app's memory is done at once, with no stack
//! of its own. Everything else (another memory, a trap, hardly any stack left) goes to the engine by the entry of
//! [`super::cross`], with all arguments as they came.
//!
//! Which way is fastest for which length was measured by `scripts/bench-small copy`: few wide loads for what is short, a loop of
//! them in the middle, and the processor's own string instructions for what is long.
#![allow(unsafe_code)]

mod bytes;
mod enter;
mod places;

use std::sync::atomic::Ordering;

use wasmer_types::{LocalMemoryIndex, ModuleInfo, VMBuiltinFunctionIndex, VMOffsets};

use places::{BASE_AT, LENGTH_AT, STRINGS};

/// The entries that are to stand in the table of built-in functions of an instance of `module`: index and address. None where
/// the processor has no wide registers, or where the module has no memory of its own.
pub(super) fn entries(module: &ModuleInfo, offsets: &VMOffsets) -> Vec<(usize, usize)> {
    if module.memories.len() == module.num_imported_memories || !std::arch::is_x86_feature_detected!("avx2") {
        return Vec::new();
    }
    let first = LocalMemoryIndex::from_u32(0);
    BASE_AT.store(offsets.vmctx_vmmemory_definition_base(first), Ordering::Relaxed);
    LENGTH_AT.store(offsets.vmctx_vmmemory_definition_current_length(first), Ordering::Relaxed);
    let leaf = std::arch::x86_64::__cpuid_count(7, 0);
    STRINGS.store(leaf.ebx & (1 << 9) != 0, Ordering::Relaxed);
    let index = |of: VMBuiltinFunctionIndex| of.index() as usize;
    vec![
        (index(VMBuiltinFunctionIndex::get_memory_copy_index()), enter::copy as *const () as usize),
        (index(VMBuiltinFunctionIndex::get_memory_fill_index()), enter::fill as *const () as usize),
    ]
}
