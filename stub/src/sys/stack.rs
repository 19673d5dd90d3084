//! The stack that the app runs on: how large it is, and where.
//!
//! wasmer makes it, by corosensei, when something is run on it for the first time, and keeps it for what comes next. Below
//! it lies a guard of 1 MiB (vendor/README.md). What follows frames, and what enters the engine from the app, must know
//! where the stack ends: see [`super::cross`] and `frames`.
#![allow(unsafe_code)]

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::limits::Limited;
use super::memory;

/// Bytes of stack for the app's own frames, as much as a native program usually has. Only touched pages cost.
pub(crate) const SIZE: usize = 8 * 1024 * 1024;
/// Bytes that the engine's own frames take at most, between the stack's first byte and a function that is run on it.
const SLACK: usize = 64 * 1024;
/// Bytes below the stack that are never accessible.
pub(crate) const GUARD: usize = 1024 * 1024;

/// Where the readable part of the stack is known to begin and to end; 0 until [`learn`] was called.
static BOUNDS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Has the stack made, and notes where it lies. To be called once, before anything of the app runs.
///
/// # Errors
/// When the system has no memory for it.
pub(crate) fn learn() -> Result<(), Limited> {
    // wasmer panics where it gets no stack, so it is tried first whether there can be one.
    memory::can_have(SIZE + GUARD + SLACK).map_err(Limited)?;
    wasmer_vm::set_stack_size(SIZE);
    let config = wasmer_vm::VMConfig { wasm_stack_size: Some(SIZE) };
    let here = || {
        let local = 0u8;
        std::hint::black_box(&raw const local) as usize
    };
    // SAFETY: the function owns nothing that would have to be dropped, and runs no code of the app.
    let here = unsafe { wasmer_vm::catch_traps(None, &config, here) };
    let here = here.map_err(|_| Limited(io::ErrorKind::OutOfMemory.into()))?;
    // A stack begins where a page ends, and this is on its first ones: nearly always on the first.
    let page = memory::page_size();
    let end = here.next_multiple_of(page);
    // SAFETY: the far end of the stack, which nothing has reached yet.
    let is_writable = |start: &usize| unsafe { memory::is_writable(*start) };
    let start = (end - SIZE..end - SIZE + SLACK).step_by(page).find(is_writable);
    BOUNDS[0].store(start.unwrap_or(end - SIZE + SLACK), Ordering::Relaxed);
    BOUNDS[1].store(end, Ordering::Relaxed);
    Ok(())
}

/// Addresses of the app's stack that can be read, whatever was touched so far. Empty until [`learn`] was called.
pub(crate) fn bounds() -> Range<usize> {
    let [start, end] = [0, 1].map(|index| BOUNDS[index].load(Ordering::Relaxed));
    start..end
}
