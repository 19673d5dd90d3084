//! Standard output, as whoever started this process left it.

use std::{
    io::{self, Stdout},
    sync::atomic::{AtomicBool, Ordering},
};

/// True if it was closed. Of a process, not of a pack: there is one standard output.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Says that standard output was closed when this process was started: what is written to it is lost.
pub(crate) fn close() {
    CLOSED.store(true, Ordering::Relaxed);
}

/// Standard output, to be written to.
///
/// # Errors
/// If it is closed.
pub(crate) fn stdout() -> io::Result<Stdout> {
    match CLOSED.load(Ordering::Relaxed) {
        true => Err(io::Error::other("it is closed")),
        false => Ok(io::stdout()),
    }
}
