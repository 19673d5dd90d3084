//! What is kept in the launcher's own memory because of what the program does, counted and bounded.
//!
//! A program has its memory by declaring it. What else it can have kept, as much as it likes, is counted here: what it
//! writes to trees that are changed in memory and the names it makes there, and apart from these the listings of
//! directories that it reads, so that a full tree can be looked at. What is bounded by the system or by the executable is
//! not counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are kept for a program unless another bound is set: 1 GiB.
pub(crate) const DEFAULT: u64 = 1 << 30;

/// How many bytes more may be kept of one sort; shared by all that keep some.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<AtomicU64>);

/// Bytes that are kept, as long as this is.
#[derive(Debug)]
pub(crate) struct Kept {
    budget: Budget,
    bytes: u64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::of(DEFAULT)
    }
}

impl Budget {
    /// So many bytes.
    pub(crate) fn of(bytes: u64) -> Budget {
        Budget(Arc::new(AtomicU64::new(bytes)))
    }

    /// Sets how much may be kept. Nothing is yet.
    pub(crate) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// True if so many bytes more may be kept.
    pub(crate) fn has(&self, bytes: u64) -> bool {
        self.0.load(Ordering::Relaxed) >= bytes
    }

    /// Nothing, to be grown.
    pub(crate) fn nothing(&self) -> Kept {
        Kept { budget: self.clone(), bytes: 0 }
    }
}

impl Kept {
    /// What it counts against.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Keeps `bytes` more. False, and nothing more is kept, if that is too much.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let left = &self.budget.0;
        let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }

    /// Keeps `bytes` fewer.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_given_back_and_never_more_than_there_is() {
        let budget = Budget::default();
        budget.set(10);
        let (mut one, mut two) = (budget.nothing(), budget.nothing());
        assert!(one.grow(6) && two.grow(4) && !two.grow(1));
        one.shrink(2);
        assert!(budget.has(2) && !budget.has(3) && two.grow(2) && !one.grow(1));
        drop(two);
        assert!(budget.has(6) && !budget.has(7));
        one.shrink(u64::MAX);
        assert!(budget.has(10) && !budget.has(11));
    }
}
