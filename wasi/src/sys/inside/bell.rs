//! What is rung whenever something changes that somebody may wait for. Whoever waits looks again then.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

static RUNG: Mutex<u64> = Mutex::new(0);
static BELL: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, u64> {
    RUNG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often it was rung. To be asked before looking, so that no change is missed.
pub(crate) fn heard() -> u64 {
    *lock()
}

pub(crate) fn ring() {
    *lock() += 1;
    BELL.notify_all();
}

/// Waits until it was rung more often than `heard` times, or until `end`.
pub(crate) fn wait(heard: u64, end: Option<Instant>) {
    let mut rung = lock();
    while *rung == heard {
        let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return;
        }
        rung = match end {
            Some(_) => BELL.wait_timeout(rung, left).unwrap_or_else(PoisonError::into_inner).0,
            None => BELL.wait(rung).unwrap_or_else(PoisonError::into_inner),
        };
    }
}
