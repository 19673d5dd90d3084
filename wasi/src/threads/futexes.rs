//! Threads that wait for a word of memory: one looks whether it holds a value and sleeps, in one step as far as whoever wakes
//! can tell, until another one wakes it.
//!
//! These are WASIX's. The instructions memory.atomic.wait and notify are the engine's own, with queues of their own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::errno::Result;
use crate::gate;

/// Who waits, by address, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Futexes(Mutex<Queues>);

#[derive(Debug, Default)]
struct Queues {
    waiting: HashMap<u32, VecDeque<Waiter>>,
    last: u64,
}

/// Somebody who waits: until it is in no queue any more.
#[derive(Debug)]
struct Waiter {
    number: u64,
    thread: Thread,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// Somebody woke it, or there was nothing to wait for.
    Woken,
    /// The time was up.
    TimedOut,
}

impl Futexes {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits at `address` if `is_to_wait` says so, for `timeout` at most.
    pub(crate) fn wait(
        &self,
        address: u32,
        is_to_wait: impl FnOnce() -> Result<bool>,
        timeout: Option<Duration>,
    ) -> Result<Waited> {
        // What is too far away to be a time is never.
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut queues = self.lock();
        // Whoever changes the value wakes afterwards, and for that needs the lock.
        if !is_to_wait()? {
            return Ok(Waited::Woken);
        }
        queues.last += 1;
        let number = queues.last;
        queues
            .waiting
            .entry(address)
            .or_default()
            .push_back(Waiter { number, thread: std::thread::current() });
        loop {
            drop(queues);
            // Nothing is held meanwhile, nor when it wakes, which it may do for no reason.
            gate::outside(|| match end {
                Some(end) => std::thread::park_timeout(end.saturating_duration_since(Instant::now())),
                None => std::thread::park(),
            });
            queues = self.lock();
            if !queues.has(address, number) {
                return Ok(Waited::Woken);
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                queues.leave(address, number);
                return Ok(Waited::TimedOut);
            }
        }
    }

    /// Wakes the first `most` of those who wait at `address`; how many.
    pub(crate) fn wake(&self, address: u32, most: usize) -> usize {
        let mut queues = self.lock();
        let Some(queue) = queues.waiting.get_mut(&address) else { return 0 };
        let count = queue.len().min(most);
        queue.drain(..count).for_each(|waiter| waiter.thread.unpark());
        if queue.is_empty() {
            queues.waiting.remove(&address);
        }
        count
    }

    /// Nobody waits any more.
    pub(crate) fn forget(&self) {
        self.lock().waiting.clear();
    }
}

impl Queues {
    fn has(&self, address: u32, number: u64) -> bool {
        let queue = self.waiting.get(&address);
        queue.is_some_and(|queue| queue.iter().any(|waiter| waiter.number == number))
    }

    fn leave(&mut self, address: u32, number: u64) {
        if let Some(queue) = self.waiting.get_mut(&address) {
            queue.retain(|waiter| waiter.number != number);
            if queue.is_empty() {
                self.waiting.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_what_has_happened_or_longer_than_was_said() {
        let futexes = Futexes::default();
        assert_eq!(futexes.wait(8, || Ok(false), None), Ok(Waited::Woken));
        let soon = Some(Duration::from_millis(5));
        assert_eq!(futexes.wait(8, || Ok(true), soon), Ok(Waited::TimedOut));
        assert_eq!(
            futexes.wait(8, || Err(wasip1::ERRNO_FAULT.into()), soon),
            Err(wasip1::ERRNO_FAULT.into())
        );
        assert_eq!(futexes.wake(8, usize::MAX), 0);
        assert!(futexes.lock().waiting.is_empty(), "and nothing is left of it");
    }

    #[test]
    fn as_many_are_woken_as_was_said_at_this_address_and_an_absurd_timeout_is_none() {
        let futexes = Futexes::default();
        let never = Some(Duration::from_nanos(u64::MAX));
        std::thread::scope(|scope| {
            let wait = |address| futexes.wait(address, || Ok(true), never);
            let threads = [4, 4, 4, 8].map(|address| scope.spawn(move || wait(address)));
            while futexes.lock().waiting.values().map(VecDeque::len).sum::<usize>() < 4 {
                std::thread::yield_now();
            }
            assert_eq!(futexes.wake(4, 1), 1);
            assert_eq!(futexes.wake(4, usize::MAX), 2);
            assert_eq!(futexes.wake(4, 1), 0);
            assert_eq!(futexes.wake(8, 1), 1);
            for thread in threads {
                assert_eq!(thread.join().unwrap(), Ok(Waited::Woken));
            }
        });
    }
}
