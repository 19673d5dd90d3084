//! Lists of interests, and waiting for what a program made itself, and for sockets. Everything else counts as ready.

use std::io;
use std::time::{Duration, Instant};

use crate::sys::handle::{Handle, Interest};
use crate::sys::inside::{Source, bell};
use crate::words::Ready;

/// The list that `handle` is.
fn list(handle: &Handle) -> io::Result<&crate::sys::Own> {
    match handle {
        Handle::Own(own) => Ok(own),
        Handle::File(_) | Handle::Stream(_) | Handle::Socket(_) => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Waits in `list` for what is `wanted` of `source`, which is told as `id`.
pub(crate) fn add_interest(list: &Handle, source: &Handle, id: u64, wanted: Ready) -> io::Result<()> {
    let source = match source {
        Handle::Own(own) => own.source().ok_or(io::ErrorKind::InvalidInput)?,
        Handle::Stream(_) => Source::Always,
        // A list is the launcher's own, and the system tells it nothing.
        Handle::Socket(_) => return Err(io::ErrorKind::Unsupported.into()),
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

/// How long sockets are not looked at while something of the launcher's own is waited for as well.
const PATIENCE: Duration = Duration::from_millis(5);

/// Waits until one of `interests` is ready, or `timeout` nanoseconds have passed; `None` waits for ever.
pub(crate) fn poll(interests: &mut [Interest<'_>], timeout: Option<u64>) -> io::Result<()> {
    let end = timeout.and_then(|nanos| Instant::now().checked_add(Duration::from_nanos(nanos)));
    let is_socket = |interest: &Interest<'_>| matches!(interest.handle, Handle::Socket(_));
    let (any_socket, all_sockets) = (interests.iter().any(is_socket), interests.iter().all(is_socket));
    loop {
        let heard = bell::heard();
        if any_socket {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()).as_nanos());
            let left = left.map(|left| u64::try_from(left).unwrap_or(u64::MAX));
            super::net::poll(interests, if all_sockets { left } else { Some(0) })?;
        }
        let mut any = false;
        for interest in &mut *interests {
            let seen = match interest.handle {
                Handle::Own(own) => own.ready(),
                Handle::File(_) | Handle::Stream(_) => Ready::IN | Ready::OUT,
                Handle::Socket(_) => {
                    any |= interest.ready || interest.hangup;
                    continue;
                }
            };
            interest.ready = seen.has(if interest.write { Ready::OUT } else { Ready::IN });
            interest.hangup = seen.meets(Ready::HUP | Ready::ERR);
            any |= interest.ready || interest.hangup;
        }
        if any || end.is_some_and(|end| Instant::now() >= end) {
            return Ok(());
        }
        match (any_socket, all_sockets) {
            (true, true) => {}
            (true, false) => {
                let soon = Instant::now() + PATIENCE;
                bell::wait(heard, Some(end.map_or(soon, |end| end.min(soon))));
            }
            (false, _) => bell::wait(heard, end),
        }
    }
}
