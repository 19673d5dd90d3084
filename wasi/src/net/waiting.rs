//! Waiting for a socket: to the system none ever waits, so it is done here.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use wasip1::Fdflags;

use crate::errno::Result;
use crate::gate;
use crate::sys::{self, Handle, Interest};

/// Does with `handle` what may have to wait, and waits for it unless it must not; for so much `time` at most.
///
/// # Errors
/// `again` if it must not wait, or the time is up; those of `attempt`.
pub(super) fn until<T>(
    handle: Option<&Handle>,
    write: bool,
    flags: Fdflags,
    time: Option<Duration>,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> Result<T> {
    let end = end_of(time);
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock && !is_nonblocking(flags) => {
                let handle = handle.ok_or(wasip1::ERRNO_NOTCONN)?;
                if !wait(handle, write, end)? {
                    return Err(wasip1::ERRNO_AGAIN.into());
                }
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Waits until something can be received (or sent), or fails at once; false if the time is up.
pub(super) fn wait(handle: &Handle, write: bool, end: Option<Instant>) -> Result<bool> {
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let nanos = left.map(|left| u64::try_from(left.as_nanos()).unwrap_or(u64::MAX));
        let mut interest = [Interest { handle, write, ready: false, hangup: false }];
        gate::outside(|| sys::poll(&mut interest, nanos))?;
        if interest[0].ready || interest[0].hangup {
            return Ok(true);
        }
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(false);
        }
    }
}

/// When so much time will be up.
pub(super) fn end_of(time: Option<Duration>) -> Option<Instant> {
    time.and_then(|time| Instant::now().checked_add(time))
}

pub(super) fn is_nonblocking(flags: Fdflags) -> bool {
    flags & wasip1::FDFLAGS_NONBLOCK != 0
}
