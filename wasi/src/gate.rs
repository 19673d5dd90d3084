//! The gate that a process with threads goes through to become two: the copy has one thread, and what the others held stays
//! held in it for ever. So nobody else is in the middle of a call then. Whoever waits in one, for the system or for another
//! thread, steps out for as long as that takes, and holds nothing meanwhile.
//!
//! Some waits leave traces in the engine that no copy may have. While there is one no copy is made.
//!
//! A process is copied as a whole, so there is one gate. Programs without threads do not come here.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a call takes at most that was not said to wait. The longest copy memory.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to sleep before looking again.
const LOOK: Duration = Duration::from_micros(50);

/// The gate of the process.
static GATE: Gate = Gate::new();

thread_local! {
    /// Whether this thread is inside.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Lets threads through, unless one wants to be alone.
#[derive(Debug)]
struct Gate {
    inside: AtomicUsize,
    /// How many threads wait in a way that leaves traces.
    traced: AtomicUsize,
    is_closed: AtomicBool,
}

/// A thread that is in the middle of something, for as long as this is there.
#[derive(Debug)]
pub struct Inside(());

impl Drop for Inside {
    fn drop(&mut self) {
        IS_INSIDE.set(false);
        GATE.leave();
    }
}

/// Goes in, when nobody wants to be alone.
pub fn enter() -> Inside {
    GATE.enter();
    IS_INSIDE.set(true);
    Inside(())
}

/// Does what may take any time, and for which nothing is held; outside, if this thread is inside.
pub fn outside<T>(wait: impl FnOnce() -> T) -> T {
    if !IS_INSIDE.get() {
        return wait();
    }
    GATE.leave();
    let result = wait();
    GATE.enter();
    result
}

/// A wait that leaves traces in the engine, for as long as this is there.
#[derive(Debug)]
pub struct Traced(());

impl Drop for Traced {
    fn drop(&mut self) {
        GATE.traced.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Says that this thread is about to wait so.
pub fn trace() -> Traced {
    let _inside = enter();
    GATE.traced.fetch_add(1, Ordering::SeqCst);
    Traced(())
}

/// Runs `work` when nobody else is inside; `work` says whether this is a copy of the process, in which nobody is. `None` if others
/// stay inside, or leave traces in the engine.
pub(crate) fn alone<T>(work: impl FnOnce() -> T, is_copy: impl FnOnce(&T) -> bool) -> Option<T> {
    if !IS_INSIDE.get() {
        return Some(work());
    }
    GATE.alone(PATIENCE, work, is_copy)
}

impl Gate {
    const fn new() -> Gate {
        Gate { inside: AtomicUsize::new(0), traced: AtomicUsize::new(0), is_closed: AtomicBool::new(false) }
    }

    fn enter(&self) {
        loop {
            self.inside.fetch_add(1, Ordering::SeqCst);
            if !self.is_closed.load(Ordering::SeqCst) {
                return;
            }
            self.leave();
            std::thread::sleep(LOOK);
        }
    }

    fn leave(&self) {
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    /// To be called from inside. `None` if somebody does not come to an end within `patience`.
    fn alone<T>(
        &self,
        patience: Duration,
        work: impl FnOnce() -> T,
        is_copy: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        // Of several that want to be alone one is after the other, and not in its way.
        self.leave();
        while self.is_closed.swap(true, Ordering::SeqCst) {
            std::thread::sleep(LOOK);
        }
        self.inside.fetch_add(1, Ordering::SeqCst);
        let since = Instant::now();
        while self.inside.load(Ordering::SeqCst) > 1 && since.elapsed() < patience {
            std::thread::sleep(LOOK);
        }
        let is_alone = self.inside.load(Ordering::SeqCst) == 1 && self.traced.load(Ordering::SeqCst) == 0;
        let result = is_alone.then(work);
        if result.as_ref().is_some_and(is_copy) {
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
    fn whoever_wants_to_be_alone_waits_for_calls_to_end_and_has_a_bound() {
        let gate = Gate::new();
        let (entered, goes_on) = (AtomicBool::new(false), AtomicBool::new(false));
        let long = Duration::from_secs(60);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                gate.enter();
                entered.store(true, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                goes_on.store(true, Ordering::SeqCst);
                gate.leave();
            });
            while !entered.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            gate.enter();
            assert_eq!(gate.alone(long, || goes_on.load(Ordering::SeqCst), |_| false), Some(true));
            gate.enter();
            assert_eq!(gate.alone(Duration::from_millis(1), || (), |()| false), None);
            gate.leave();
        });
        gate.traced.store(1, Ordering::SeqCst);
        assert_eq!(gate.alone(long, || (), |()| false), None, "the engine has traces of a wait");
        gate.traced.store(0, Ordering::SeqCst);
        assert_eq!(gate.alone(Duration::ZERO, || (), |()| true), Some(()));
        assert_eq!(gate.inside.load(Ordering::SeqCst), 1, "in a copy nobody else is there");
    }

    #[test]
    fn several_that_want_to_be_alone_are_one_after_the_other() {
        let (gate, busy) = (Gate::new(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        gate.enter();
                        let was_busy = gate.alone(
                            Duration::from_secs(60),
                            || {
                                let was_busy = busy.swap(true, Ordering::SeqCst);
                                std::thread::yield_now();
                                busy.store(false, Ordering::SeqCst);
                                was_busy
                            },
                            |_| false,
                        );
                        assert_eq!(was_busy, Some(false));
                        gate.leave();
                    }
                });
            }
        });
        assert_eq!(gate.inside.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn who_waits_is_outside_and_comes_back() {
        assert!(!outside(|| IS_INSIDE.get()));
        let inside = enter();
        assert_eq!(outside(|| 7), 7);
        assert!(IS_INSIDE.get());
        drop(inside);
        assert!(!IS_INSIDE.get());
    }
}
