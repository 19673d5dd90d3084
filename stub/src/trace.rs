//! Where a trap happened: the app's functions that were active, innermost first.
//!
//! wasmer unwinds the stack itself when the runtime raises a trap. When the CPU does (a division by zero, an access out
//! of bounds), it would have to unwind through a signal's frame, which cannot be done on musl; so the store's trap hook
//! notes the return addresses itself, by following the frame pointers that both compilers keep, and the names are looked
//! up when the program has ended.

use std::cell::Cell;

use wasmer::{FrameInfo, RuntimeError, Store};
use wasmer_compiler::FRAME_INFO;

/// Return addresses noted at most.
pub(crate) const MAX_FRAMES: usize = 64;

/// What was noted when the CPU trapped.
#[derive(Clone, Copy)]
pub(crate) struct Noted {
    /// The instruction that trapped.
    pub(crate) pc: usize,
    /// Where the caller of a function without a frame of its own would be found.
    pub(crate) leaf_return: usize,
    /// Return addresses, innermost first.
    pub(crate) returns: [usize; MAX_FRAMES],
    pub(crate) count: usize,
}

thread_local! {
    // Written by a signal handler on this thread, read after it: const, so that it needs no start-up and no allocation.
    static NOTED: Cell<Option<Noted>> = const { Cell::new(None) };
}

/// Makes `store` note where the CPU traps.
pub(crate) fn install(store: &mut Store) {
    #[cfg(unix)]
    store.set_trap_handler(Some(Box::new(|_signal, info, context| {
        NOTED.set(crate::sys::note(info, context));
        // Whether this is a trap at all is for wasmer to find out.
        false
    })));
    #[cfg(not(unix))]
    let _ = store;
}

/// The app's functions that were active when `trap` happened.
pub(crate) fn frames(trap: &RuntimeError) -> Vec<FrameInfo> {
    if !trap.trace().is_empty() {
        return trap.trace().to_vec();
    }
    NOTED.take().map_or_else(Vec::new, |noted| look_up(&noted))
}

fn look_up(noted: &Noted) -> Vec<FrameInfo> {
    let Ok(info) = FRAME_INFO.read() else { return Vec::new() };
    let Some(innermost) = info.lookup_frame_info(noted.pc) else { return Vec::new() };
    // A return address is that of the instruction after the call.
    let caller = |address: usize| info.lookup_frame_info(address.checked_sub(1)?);
    let outer: Vec<FrameInfo> =
        noted.returns[..noted.count].iter().map_while(|address| caller(*address)).collect();
    // Only a function without a frame of its own has its caller there; in others it is any value, most often none of
    // the app's code or a place in the function itself.
    let leaf = caller(noted.leaf_return).filter(|frame| {
        let is = |other: &FrameInfo| other.module_offset() == frame.module_offset();
        frame.func_index() != innermost.func_index() && !outer.first().is_some_and(is)
    });
    std::iter::once(innermost).chain(leaf).chain(outer).collect()
}
