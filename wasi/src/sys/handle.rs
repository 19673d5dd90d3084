//! What the operating system knows a file by.

use std::io::IsTerminal;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use cap_std::fs::File as CapFile;

use super::Own;

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
    /// What the program made for itself: an end of a pipe, an event, a list of interests.
    Own(Own),
    Socket(Sock),
}

/// A socket, which never waits by itself.
#[derive(Debug)]
pub(crate) enum Sock {
    Listener(Arc<TcpListener>),
    Stream(TcpStream),
}

/// What to wait for in [`super::poll`], and what came of it.
#[derive(Debug)]
pub(crate) struct Interest<'a> {
    pub(crate) handle: &'a Handle,
    /// True to wait until it can be written, false until it can be read.
    pub(crate) write: bool,
    /// Set by `poll`: it can be.
    pub(crate) ready: bool,
    /// Set by `poll`: the other side is gone.
    pub(crate) hangup: bool,
}

/// What a terminal is set to.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(windows, allow(dead_code, reason = "the system is not asked there"))]
pub(crate) struct Terminal {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    /// In points; 0 if that is not known.
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// What is typed is shown.
    pub(crate) echo: bool,
    /// It comes by lines.
    pub(crate) lines: bool,
    /// A return becomes a line feed.
    pub(crate) line_feeds: bool,
}
