//! Times, and giving way. CPU time is not kept.

use crate::sys::handle::Handle;

/// Nanoseconds: the tick of Windows' performance counter and of its file times.
pub(crate) const CLOCK_RESOLUTION: u64 = 100;

/// Of a stream that is not known: something.
pub(crate) fn readable(handle: &Handle) -> u64 {
    match handle {
        Handle::Own(own) => own.readable(),
        Handle::Socket(socket) => super::net::readable(socket),
        Handle::File(_) | Handle::Stream(_) => 1,
    }
}

pub(crate) fn yield_now() {
    std::thread::yield_now();
}

/// Windows keeps none that is told here.
pub(crate) fn cpu_time(_thread: bool) -> Option<u64> {
    None
}
