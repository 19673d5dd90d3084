//! Clocks: the time of day, and time since the program started.
//!
//! The monotonic clock counts from the program's start, not the machine's: how long the host has been up is
//! nobody's business in a sandbox. CPU-time clocks are the real ones where the system has them.

use std::time::{Duration, Instant, SystemTime};

use crate::{Result, sys};

/// The clocks of one running program.
#[derive(Debug)]
pub(crate) struct Clocks {
    start: Instant,
}

impl Clocks {
    pub(crate) fn new() -> Clocks {
        Clocks { start: Instant::now() }
    }

    /// Nanoseconds on the clock with this id.
    ///
    /// # Errors
    /// `inval` for an id that is none, and for CPU time where the system keeps none; `overflow` before 1970.
    pub(crate) fn now(&self, id: u32) -> Result<u64> {
        if id == wasip1::CLOCKID_REALTIME.raw() {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            Ok(nanos(since.map_err(|_| wasip1::ERRNO_OVERFLOW)?))
        } else if id == wasip1::CLOCKID_MONOTONIC.raw() {
            // Never 0: Go's runtime takes a zero for a broken clock.
            Ok(nanos(self.start.elapsed()).max(1))
        } else if id == wasip1::CLOCKID_PROCESS_CPUTIME_ID.raw() {
            sys::cpu_time(false)
        } else if id == wasip1::CLOCKID_THREAD_CPUTIME_ID.raw() {
            sys::cpu_time(true)
        } else {
            Err(wasip1::ERRNO_INVAL.into())
        }
    }

    /// True for a clock that goes on while the program waits; CPU time does not.
    pub(crate) fn passes_while_waiting(id: u32) -> bool {
        id == wasip1::CLOCKID_REALTIME.raw() || id == wasip1::CLOCKID_MONOTONIC.raw()
    }

    /// Nanoseconds between two ticks of the clock with this id.
    ///
    /// # Errors
    /// As [`Clocks::now`].
    pub(crate) fn resolution(&self, id: u32) -> Result<u64> {
        self.now(id)?;
        Ok(sys::CLOCK_RESOLUTION)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
