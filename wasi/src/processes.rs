//! Who this process is among the copies of a program's process. They have numbers of their own world, in which the first is 1: the
//! host's are nobody's business.

use std::sync::atomic::{AtomicU32, Ordering};

/// The number of the process that the user started.
pub(crate) const FIRST: u32 = 1;

/// Who this process is.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    /// 0 stands for the first, which nobody in its world started.
    number: AtomicU32,
    parent: AtomicU32,
}

impl Processes {
    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.number.load(Ordering::Relaxed).max(FIRST)
    }

    /// The number of the process that started it; 0 for the first.
    pub(crate) fn parent(&self) -> u32 {
        self.parent.load(Ordering::Relaxed)
    }

    /// True unless it is the first.
    pub(crate) fn is_copy(&self) -> bool {
        self.number() != FIRST
    }

    /// To be called in a copy, which has this number.
    pub(crate) fn become_copy(&self, number: u32) {
        self.parent.store(self.number(), Ordering::Relaxed);
        self.number.store(number, Ordering::Relaxed);
    }
}
