//! What Linux and macOS have in common.

pub(crate) mod console;
pub(crate) mod family;
pub(crate) mod file;
pub(crate) mod inherited;
pub(crate) mod memory;
pub(crate) mod process;
