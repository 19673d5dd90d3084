//! The threads of a program: who they are, and how many there may be.
//!
//! ```text
//! mod      which threads there are; beginning, ending, waiting for an end
//! futexes  threads that wait for a word of memory to be told of
//! locals   values that each thread has for itself
//! ```
//!
//! Who makes a call is [`crate::caller`]'s business.

mod futexes;
mod locals;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use crate::gate;
pub(crate) use futexes::{Futexes, Waited};
pub(crate) use locals::Locals;

/// The number of the thread that runs `_start`.
pub const FIRST: u32 = 1;
/// How many threads there may be at once beside the first. What takes more is a mistake, or an attack: a thread costs the
/// launcher memory that no declaration of the program's bounds.
pub const MOST: usize = 1024;
/// No number is as high as this (wasi-threads, "TIDs are 29 bits").
const END: u32 = 1 << 29;

/// All threads of a program, and what they wait for.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    live: Mutex<Live>,
    pub(crate) futexes: Futexes,
}

/// The threads beside the first.
#[derive(Debug, Default)]
struct Live {
    tids: BTreeSet<u32>,
    /// The number that was given out last.
    last: u32,
    /// The one whose end is that of the process once it is alone; 0 stands for the first.
    main: u32,
    /// Who is to be told when one has ended.
    waiting: Vec<Thread>,
}

impl Threads {
    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that no other thread has; `None` if there are too many.
    pub(crate) fn begin(&self) -> Option<u32> {
        let mut live = self.lock();
        if live.tids.len() >= MOST {
            return None;
        }
        let mut tid = live.last.max(FIRST);
        loop {
            tid = if tid + 1 < END { tid + 1 } else { FIRST + 1 };
            if live.tids.insert(tid) {
                live.last = tid;
                return Some(tid);
            }
        }
    }

    /// Says that a thread has ended.
    pub(crate) fn end(&self, tid: u32) {
        let mut live = self.lock();
        live.tids.remove(&tid);
        live.waiting.drain(..).for_each(|thread| thread.unpark());
    }

    /// True if thread `tid` is there. 0 stands for the first.
    #[cfg(feature = "wasmer")]
    pub(crate) fn is_there(&self, tid: u32) -> bool {
        tid <= FIRST || self.lock().tids.contains(&tid)
    }

    /// How many there are beside the first.
    pub(crate) fn count(&self) -> usize {
        self.lock().tids.len()
    }

    /// True if there is no thread but `tid`.
    pub(crate) fn is_alone(&self, tid: u32) -> bool {
        let live = self.lock();
        tid == live.main.max(FIRST) && live.tids.iter().all(|other| *other == tid)
    }

    fn wait_while(&self, is_so: impl Fn(&Live) -> bool) {
        loop {
            let mut live = self.lock();
            if !is_so(&live) {
                return;
            }
            live.waiting.push(std::thread::current());
            drop(live);
            // Nothing is held meanwhile, nor when it wakes.
            gate::outside(std::thread::park);
        }
    }

    /// Waits until thread `tid` has ended; not at all if there is none.
    pub(crate) fn join(&self, tid: u32) {
        self.wait_while(|live| live.tids.contains(&tid));
    }

    /// Waits until [`Threads::main`] is alone.
    pub(crate) fn join_all(&self) {
        self.wait_while(|live| live.tids.iter().any(|tid| *tid != live.main));
    }

    /// The thread whose end is that of the process once it is alone.
    pub(crate) fn main(&self) -> u32 {
        self.lock().main.max(FIRST)
    }

    /// To be called when a program begins that another one has become, whose threads are gone.
    pub(crate) fn begin_anew(&self) {
        *self.lock() = Live::default();
        self.futexes.forget();
    }

    /// To be called in a copy of the process, which has no thread but `tid`.
    pub(crate) fn stay(&self, tid: u32) {
        let mut live = self.lock();
        live.tids.retain(|other| *other == tid);
        live.main = tid;
        live.waiting.clear();
        self.futexes.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_above_the_firsts_and_nobody_has_two_and_there_is_a_bound() {
        let threads = Threads::default();
        let tids: BTreeSet<u32> = (0..MOST).map(|_| threads.begin().unwrap()).collect();
        assert_eq!((tids.len(), tids.first(), threads.count()), (MOST, Some(&(FIRST + 1)), MOST));
        assert_eq!(threads.begin(), None);
        threads.end(700);
        threads.lock().last = END - 1;
        assert_eq!(threads.begin(), Some(700), "the numbers begin again, and what is in use is passed over");
        tids.into_iter().for_each(|tid| threads.end(tid));
        threads.join(700);
        threads.join_all();
    }

    #[test]
    fn whoever_joins_waits_for_the_end() {
        let threads = Threads::default();
        let tid = threads.begin().unwrap();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| threads.join(tid));
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(!waits.is_finished());
            threads.end(tid);
        });
        assert_eq!(threads.count(), 0);
    }
}
