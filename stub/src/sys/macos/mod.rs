//! macOS.

pub(crate) mod file;
pub(crate) mod process;
pub(super) mod registers;
