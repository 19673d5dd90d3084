//! The program where it runs: its code, and the sections that tell of it.

use std::sync::OnceLock;

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

/// The one program. Traps ask for it where nothing can be handed to them.
static PLACED: OnceLock<Placed> = OnceLock::new();

/// Notes where the program is.
pub(super) fn set(placed: Placed) {
    let _ = PLACED.set(placed);
}

/// The program, once its code is in its place.
pub(crate) fn placed() -> Option<Placed> {
    PLACED.get().copied()
}
