//! Windows.

pub(crate) mod console;
pub(crate) mod file;
pub(crate) mod memory;
pub(crate) mod process;
pub(super) mod registers;
pub(crate) mod unwind;
