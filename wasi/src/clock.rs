//! Clocks: the time of day, and time since the program started.
//!
//! The monotonic clock counts from the program's start, not the machine's: how long the host has been up is
//! nobody's business in a sandbox. CPU-time clocks are the real ones where the system has them.
//!
//! A program whose run is to be repeatable has clocks that the machine has no part in: each look at one is a microsecond
//! later, and waiting takes no time but on the clock.
//!
//! There is one [`Clocks`] for all that tells time: the calls, and the trees, which note when their files change.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::errno::Result;
use crate::sys;

/// The clocks of one running program.
#[derive(Debug)]
pub(crate) enum Clocks {
    /// The system's.
    System { start: Instant },
    /// Repeatable ones: nanoseconds since the start.
    Counted(AtomicU64),
}

/// Nanoseconds between two looks at a repeatable clock.
const LOOK: u64 = 1_000;
/// When a repeatable run starts: 1980-01-01, in nanoseconds since 1970, as carried files have it.
const START: u64 = terms::YEAR_1980 * 1_000_000_000;

impl Clocks {
    pub(crate) fn system() -> Clocks {
        Clocks::System { start: Instant::now() }
    }

    pub(crate) fn counted() -> Clocks {
        Clocks::Counted(AtomicU64::new(0))
    }

    /// Nanoseconds on the clock with this id.
    ///
    /// # Errors
    /// `inval` for an unknown id, and for CPU time where the system keeps none; `overflow` before 1970.
    pub(crate) fn now(&self, id: u32) -> Result<u64> {
        let start = match self {
            Clocks::System { start } => start,
            Clocks::Counted(counted) => return count(counted, id),
        };
        if id == wasip1::CLOCKID_REALTIME.raw() {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            Ok(nanos(since.map_err(|_| wasip1::ERRNO_OVERFLOW)?))
        } else if id == wasip1::CLOCKID_MONOTONIC.raw() {
            // Never 0: Go's runtime takes a zero for a broken clock.
            Ok(nanos(start.elapsed()).max(1))
        } else if id == wasip1::CLOCKID_PROCESS_CPUTIME_ID.raw() {
            Ok(sys::cpu_time(false).ok_or(wasip1::ERRNO_INVAL)?)
        } else if id == wasip1::CLOCKID_THREAD_CPUTIME_ID.raw() {
            Ok(sys::cpu_time(true).ok_or(wasip1::ERRNO_INVAL)?)
        } else {
            Err(wasip1::ERRNO_INVAL.into())
        }
    }

    /// The time of day, in nanoseconds since 1970; 0 before.
    pub(crate) fn time_of_day(&self) -> u64 {
        self.now(wasip1::CLOCKID_REALTIME.raw()).unwrap_or(0)
    }

    /// How long the system is to wait, at most, for a program that waits for up to `nanos`.
    pub(crate) fn wait(&self, nanos: Option<u64>) -> Option<u64> {
        let (Clocks::Counted(counted), Some(nanos)) = (self, nanos) else { return nanos };
        pass(counted, nanos);
        Some(0)
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

/// A look at a repeatable clock: all four are there, and agree.
fn count(counted: &AtomicU64, id: u32) -> Result<u64> {
    if id > wasip1::CLOCKID_THREAD_CPUTIME_ID.raw() {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let start = if id == wasip1::CLOCKID_REALTIME.raw() { START } else { 0 };
    Ok(start.saturating_add(pass(counted, LOOK)))
}

/// Lets `nanos` pass on a repeatable clock; returns what it shows then.
fn pass(counted: &AtomicU64, nanos: u64) -> u64 {
    let later = |now: u64| Some(now.saturating_add(nanos));
    let before = counted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    before.unwrap_or_else(|now| now).saturating_add(nanos)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
