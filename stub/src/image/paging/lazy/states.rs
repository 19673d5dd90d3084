//! The states of an image's chunks. Whoever turns one from cold to busy pages it in; others that touch it meanwhile wait.

use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

/// Nobody has touched it.
const COLD: u8 = 0;
/// Somebody pages it in.
const BUSY: u8 = 1;
/// It is there.
const READY: u8 = 2;

/// What whoever touches a chunk finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It was cold, and is this caller's to page in.
    Claimed,
    /// Somebody else pages it in.
    Busy,
    /// It is there.
    Ready,
}

/// The state of each chunk.
pub(super) struct States(Box<[AtomicU8]>);

impl States {
    pub(super) fn new(count: usize) -> States {
        States((0..count).map(|_| AtomicU8::new(COLD)).collect())
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_busy(&self, index: usize) -> bool {
        self.0[index].load(Ordering::Acquire) == BUSY
    }

    pub(super) fn is_ready(&self, index: usize) -> bool {
        self.0[index].load(Ordering::Acquire) == READY
    }

    /// Makes chunk `index` busy if it is cold.
    pub(super) fn claim(&self, index: usize) -> Found {
        match self.0[index].compare_exchange(COLD, BUSY, Ordering::Acquire, Ordering::Acquire) {
            Ok(_) => Found::Claimed,
            Err(READY) => Found::Ready,
            Err(_) => Found::Busy,
        }
    }

    /// Makes up to `count` chunks from `first` on busy, up to the first that is not cold. Returns how many.
    pub(super) fn claim_run(&self, first: usize, count: usize) -> usize {
        let last = first.saturating_add(count).min(self.count());
        (first..last).take_while(|index| self.claim(*index) == Found::Claimed).count()
    }

    /// Says what became of chunks that were busy: they are there, or cold again.
    pub(super) fn settle(&self, chunks: Range<usize>, is_there: bool) {
        let state = if is_there { READY } else { COLD };
        self.0[chunks].iter().for_each(|one| one.store(state, Ordering::Release));
    }

    /// Makes those cold that are busy, in a copy of the process that has nobody who pages them in.
    pub(super) fn give_up(&self) {
        for one in &self.0 {
            let _ = one.compare_exchange(BUSY, COLD, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Makes all cold.
    #[cfg(test)]
    pub(super) fn forget(&self) {
        self.settle(0..self.count(), false);
    }
}
