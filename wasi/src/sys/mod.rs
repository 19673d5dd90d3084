//! What differs between operating systems, below handles that are already open: the same function names for each system.

mod handle;
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code, reason = "for tests"))]
mod inside;
#[cfg(not(windows))]
mod unix;
#[cfg(windows)]
mod windows;

pub(crate) use handle::{Handle, Interest, Sock, Stream};
#[cfg(not(windows))]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
