//! What differs between operating systems: the same function names in each file here.

#[cfg(not(windows))]
mod unix;
#[cfg(not(windows))]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

/// What to wait for in [`poll`], and what came of it.
#[derive(Debug)]
#[cfg_attr(windows, allow(dead_code, reason = "everything is ready there, whatever it is"))]
pub(crate) struct Interest<'a> {
    pub(crate) handle: &'a crate::fs::file::Handle,
    /// True to wait until it can be written, false until it can be read.
    pub(crate) write: bool,
    /// Set by `poll`: it can be.
    pub(crate) ready: bool,
    /// Set by `poll`: the other side is gone.
    pub(crate) hangup: bool,
}
