//! Lists of interests, and waiting for what a program made itself. Everything else counts as ready.

use std::io;
use std::time::{Duration, Instant};

use crate::sys::handle::{Handle, Interest};
use crate::sys::inside::{Source, bell};
use crate::words::Ready;

/// The list that `handle` is.
fn list(handle: &Handle) -> io::Result<&crate::sys::Own> {
    match handle {
        Handle::Own(own) => Ok(own),
        Handle::File(_) | Handle::Stream(_) => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Waits in `list` for what is `wanted` of `source`, which is told as `id`.
pub(crate) fn add_interest(list: &Handle, source: &Handle, id: u64, wanted: Ready) -> io::Result<()> {
    let source = match source {
        Handle::Own(own) => own.source().ok_or(io::ErrorKind::InvalidInput)?,
        Handle::Stream(_) => Source::Always,
        // ERROR_PRIVILEGE_NOT_HELD of winerror.h: regular files are never waited for.
        Handle::File(_) => return Err(io::Error::from_raw_os_error(1314)),
    };
    self::list(list)?.watch(source, id, wanted)
}

/// Changes what is wanted.
pub(crate) fn modify_interest(list: &Handle, source: &Handle, id: u64, wanted: Ready) -> io::Result<()> {
    add_interest(list, source, id, wanted)
}

/// Waits for it no more.
pub(crate) fn remove_interest(list: &Handle, _source: &Handle, id: u64) -> io::Result<()> {
    self::list(list)?.watch_no_more(id)
}

/// What of `list` has happened, of `most` sources at most; waits for nothing.
pub(crate) fn happened(list: &Handle, most: usize) -> io::Result<Vec<(u64, Ready)>> {
    self::list(list)?.happened(most)
}

/// Waits until one of `interests` is ready, or `timeout` nanoseconds have passed; `None` waits for ever.
pub(crate) fn poll(interests: &mut [Interest<'_>], timeout: Option<u64>) -> io::Result<()> {
    let end = timeout.and_then(|nanos| Instant::now().checked_add(Duration::from_nanos(nanos)));
    loop {
        let heard = bell::heard();
        let mut any = false;
        for interest in &mut *interests {
            let seen = match interest.handle {
                Handle::Own(own) => own.ready(),
                Handle::File(_) | Handle::Stream(_) => Ready::IN | Ready::OUT,
            };
            interest.ready = seen.has(if interest.write { Ready::OUT } else { Ready::IN });
            interest.hangup = seen.meets(Ready::HUP | Ready::ERR);
            any |= interest.ready || interest.hangup;
        }
        if any || end.is_some_and(|end| Instant::now() >= end) {
            return Ok(());
        }
        bell::wait(heard, end);
    }
}
