//! What a process with threads goes through to become two: the copy has one thread, and what the others held stays held in it for
//! ever. So nobody else is in the middle of a call then, but for who waits in one: whoever waits holds nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a call takes at most that does not wait.
const PATIENCE: Duration = Duration::from_millis(10);
/// How long to sleep before looking again.
const LOOK: Duration = Duration::from_micros(50);

/// Lets threads through, unless one wants to be alone.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    inside: AtomicUsize,
    is_closed: AtomicBool,
}

/// A thread that is in the middle of something, for as long as this is there.
#[derive(Debug)]
pub struct Inside<'a>(&'a Gate);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gate {
    /// Goes in, when nobody wants to be alone.
    pub(crate) fn enter(&self) -> Inside<'_> {
        loop {
            self.inside.fetch_add(1, Ordering::SeqCst);
            if !self.is_closed.load(Ordering::SeqCst) {
                return Inside(self);
            }
            self.inside.fetch_sub(1, Ordering::SeqCst);
            std::thread::sleep(LOOK);
        }
    }

    /// Runs `work` when nobody else is inside but those who wait; `work` says whether this is a copy of the process, in which
    /// nobody is. To be called from inside.
    pub(crate) fn alone<T>(&self, work: impl FnOnce() -> T, is_copy: impl FnOnce(&T) -> bool) -> T {
        while self.is_closed.swap(true, Ordering::SeqCst) {
            std::thread::sleep(LOOK);
        }
        let since = Instant::now();
        while self.inside.load(Ordering::SeqCst) > 1 && since.elapsed() < PATIENCE {
            std::thread::sleep(LOOK);
        }
        let result = work();
        if is_copy(&result) {
            self.inside.store(1, Ordering::SeqCst);
        }
        self.is_closed.store(false, Ordering::SeqCst);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_wants_to_be_alone_waits_for_calls_to_end_and_not_for_those_that_wait() {
        let gate = Gate::default();
        let (entered, goes_on) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _short = gate.enter();
                entered.store(true, Ordering::SeqCst);
                std::thread::sleep(PATIENCE / 5);
                goes_on.store(true, Ordering::SeqCst);
            });
            while !entered.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            let _me = gate.enter();
            assert!(gate.alone(|| goes_on.load(Ordering::SeqCst), |_| false));
            let _waits = gate.enter();
            let since = Instant::now();
            gate.alone(|| (), |()| false);
            assert!(since.elapsed() >= PATIENCE);
        });
        let _me = gate.enter();
        std::mem::forget(gate.enter());
        gate.alone(|| (), |()| true);
        assert_eq!(gate.inside.load(Ordering::SeqCst), 1, "in a copy nobody else is there");
    }
}
