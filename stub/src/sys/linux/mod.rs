//! Linux.

pub(crate) mod file;
pub(crate) mod fill;
pub(crate) mod filter;
pub(crate) mod mapped;
mod memory;
pub(crate) mod paged;
pub(crate) mod process;
pub(super) mod registers;
#[cfg(target_env = "musl")]
mod relro;
pub(crate) mod signals;
