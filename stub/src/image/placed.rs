//! The program where it runs: its code, and the sections that tell of it.

use std::sync::atomic::{AtomicPtr, Ordering};

use super::code::Code;
use super::stored::Stored;

/// The program where it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    /// Its sections.
    pub(crate) stored: Stored,
    /// Its code.
    pub(crate) code: Code,
}

/// The program that runs. Traps ask for it where nothing can be handed to them.
static PLACED: AtomicPtr<Placed> = AtomicPtr::new(std::ptr::null_mut());

/// Notes which program runs from now on.
pub(super) fn set(placed: &'static Placed) {
    PLACED.store(std::ptr::from_ref(placed).cast_mut(), Ordering::Release);
}

/// The program that runs, once its code is in its place.
pub(crate) fn placed() -> Option<Placed> {
    #[allow(unsafe_code, reason = "a signal handler asks, too, where nothing can be locked")]
    // SAFETY: it is nothing, or was made of a reference that lives as long as the process, to what is not changed.
    unsafe {
        PLACED.load(Ordering::Acquire).as_ref().copied()
    }
}
