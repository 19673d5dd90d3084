//! Signals that came from outside, and that the program has not been told of yet. They are few: those that a program sends to
//! itself it is told of at once, and those that end a program do.
//!
//! A signal comes to a process, so this is one number for the process.

use std::sync::atomic::{AtomicU32, Ordering};

/// A bit for each signal, by its number in the specification.
static PENDING: AtomicU32 = AtomicU32::new(0);

/// Says that this signal has come. May be called in a handler of the system's.
pub fn note(signal: wasip1::Signal) {
    PENDING.fetch_or(1 << signal.raw(), Ordering::Relaxed);
}

/// True if there is one.
pub(crate) fn any() -> bool {
    PENDING.load(Ordering::Relaxed) != 0
}

/// The number of one, which is none any more.
pub(crate) fn take() -> Option<u32> {
    let first = |pending: u32| pending.trailing_zeros();
    let without = |pending: u32| (pending != 0).then(|| pending & !(1 << first(pending)));
    PENDING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, without).ok().map(first)
}

/// Forgets them all: they were another process's.
pub(crate) fn forget() {
    PENDING.store(0, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once() {
        forget();
        assert!(!any() && take().is_none());
        for signal in [wasip1::SIGNAL_WINCH, wasip1::SIGNAL_CHLD, wasip1::SIGNAL_WINCH] {
            note(signal);
        }
        assert!(any());
        assert_eq!([take(), take(), take()], [Some(16), Some(27), None]);
        note(wasip1::SIGNAL_SYS);
        forget();
        assert!(!any());
    }
}
