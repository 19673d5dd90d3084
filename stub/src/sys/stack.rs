//! The stack that the app runs on: how large it is, and where. Each of its threads has one.
//!
//! wasmer makes it, by corosensei, when a thread runs something on it for the first time, and keeps it for what that runs next;
//! what a thread that has ended leaves behind is another one's, or goes ([`free`]). Below
//! it lies a guard of 1 MiB (vendor/README.md). What follows frames, and what enters the engine from the app, must know
//! where the stack ends: see [`super::cross`] and `frames`.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::io;
use std::ops::Range;

use super::limits::Limited;
use super::memory;

/// Bytes of stack for the app's own frames, as much as a native program usually has. Only touched pages cost.
pub(crate) const SIZE: usize = 8 * 1024 * 1024;
/// Bytes that the engine's own frames take at most, between the stack's first byte and a function that is run on it.
const SLACK: usize = 64 * 1024;
/// Bytes below the stack that are never accessible.
pub(crate) const GUARD: usize = 1024 * 1024;

thread_local! {
    /// Where the readable part of this thread's stack is known to begin and to end; 0 until [`learn`] was called. A signal
    /// handler reads it: const, so that it needs no start-up and no allocation.
    static BOUNDS: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Has this thread's stack made, and notes where it lies. To be called in a thread before anything of the app runs there,
/// and by one thread at a time: whether there is memory for it is tried first.
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
    BOUNDS.set((start.unwrap_or(end - SIZE + SLACK), end));
    Ok(())
}

/// Runs `call` with the bounds of the stack that this thread runs something on next. Not at all if the system has no memory for
/// one.
///
/// The thread has one stack at hand for that, so it is the same that is looked at here.
pub(super) fn with_next(call: impl FnOnce()) {
    let before = BOUNDS.get();
    if learn().is_ok() {
        call();
    }
    BOUNDS.set(before);
}

/// Bytes that must be left beside a stack for one more thread: what the launcher allocates otherwise ends the program if it is
/// not to be had.
const LEFT: usize = 16 * 1024 * 1024;

/// True if the system has memory for the stack of one more thread, and something beside.
pub(crate) fn has_room() -> bool {
    memory::can_have(SIZE + GUARD + SLACK + LEFT).is_ok()
}

/// Gives the system back the stacks that threads have left behind.
pub(crate) fn free() {
    wasmer_vm::drain_stack_pool();
}

/// Addresses of the app's stack in this thread that can be read, whatever was touched so far. Empty until [`learn`] was called.
pub(crate) fn bounds() -> Range<usize> {
    let (start, end) = BOUNDS.get();
    start..end
}
