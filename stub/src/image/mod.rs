//! From stored sections to a module that is ready to run, with nothing copied and nothing relocated.
//!
//! ```text
//! stored   the sections, as the file has them
//! code     the code image in its place, the table of runtime functions filled in
//! memory   the app's first memory, which starts as the memory image
//! paging   how images get into their places: when they are touched (Linux), or before the start
//! loader   the engine's metadata and finished function pointers  →  a module
//! placed   the code where it runs, and the sections that tell of it
//! programs a module that is ready to run, and others that it may become
//! unwind   where functions are, for a system that walks over code by itself
//! ```
//!
//! With a compressed file on Linux the images are ranges of inaccessible memory at first. Touching one raises a fault,
//! whose handler decodes the chunk and puts it there. A raw file is simply mapped. Where faults cannot be handled that
//! way, everything is decoded before the start, on all CPUs.

mod code;
mod loader;
pub(crate) mod memory;
mod paging;
mod placed;
mod programs;
mod stored;
mod unwind;

use crate::sys::Outcome;

pub(crate) use code::Code;
pub(crate) use placed::{Placed, placed};
pub(crate) use programs::{Program, Programs};
pub(crate) use stored::Stored;

/// What makes the app's memory accessible before the system is handed it; nothing is needed where it is from the start.
pub(crate) const TOUCH: Option<sandbox::Bring> = paging::TOUCH;

/// What is to be done about a fault at `address`, if it is about an image. May be called in a signal handler.
pub(crate) fn resolve(address: usize) -> Outcome {
    paging::resolve(address)
}

/// The chunks that were touched so far, in their order, as the packer reads them; empty where they are not noted.
pub(crate) fn touched() -> String {
    paging::touched()
}

/// From now on nothing that is touched is noted: which of several threads comes first is not the same at every start.
pub(crate) fn stop_noting() {
    paging::stop_noting();
}

/// Makes a copy of this process by `fork`, which calls what it is handed in the copy before all else.
#[cfg(unix)]
pub(crate) fn fork<T>(fork: impl FnOnce(&dyn Fn()) -> T) -> T {
    paging::fork(fork)
}

/// To be called when a program is about to be gone that becomes another one, before its memory is.
pub(crate) fn leave() {
    paging::forget_memory();
}
