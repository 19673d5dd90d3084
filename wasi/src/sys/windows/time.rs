//! Times, waiting, and giving way. Everything counts as ready in `poll_oneoff`, and CPU time is not kept.

use std::io;
use std::time::Duration;

use crate::sys::handle::{Handle, Interest};

/// Nanoseconds: the tick of Windows' performance counter and of its file times.
pub(crate) const CLOCK_RESOLUTION: u64 = 100;

/// Everything is ready at once; without anything to wait for, waits for the time.
pub(crate) fn poll(interests: &mut [Interest<'_>], timeout: Option<u64>) -> io::Result<()> {
    for interest in interests.iter_mut() {
        interest.ready = true;
    }
    if interests.is_empty() {
        std::thread::sleep(timeout.map_or(Duration::MAX, Duration::from_nanos));
    }
    Ok(())
}

pub(crate) fn readable(_handle: &Handle) -> u64 {
    1
}

pub(crate) fn yield_now() {
    std::thread::yield_now();
}

/// Windows keeps none that is told here.
pub(crate) fn cpu_time(_thread: bool) -> Option<u64> {
    None
}
