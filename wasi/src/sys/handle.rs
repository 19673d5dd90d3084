//! What the operating system knows a file by.

use std::io::IsTerminal;

use cap_std::fs::File as CapFile;

/// One of the standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    In,
    Out,
    Err,
}

impl Stream {
    /// True for a terminal.
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Stream::In => std::io::stdin().is_terminal(),
            Stream::Out => std::io::stdout().is_terminal(),
            Stream::Err => std::io::stderr().is_terminal(),
        }
    }
}

/// An open file of the host.
#[derive(Debug)]
pub(crate) enum Handle {
    File(CapFile),
    Stream(Stream),
}

/// What to wait for in [`super::poll`], and what came of it.
#[derive(Debug)]
#[cfg_attr(windows, allow(dead_code, reason = "everything is ready there, whatever it is"))]
pub(crate) struct Interest<'a> {
    pub(crate) handle: &'a Handle,
    /// True to wait until it can be written, false until it can be read.
    pub(crate) write: bool,
    /// Set by `poll`: it can be.
    pub(crate) ready: bool,
    /// Set by `poll`: the other side is gone.
    pub(crate) hangup: bool,
}
