//! Events: counters that are waited for.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::state::State;
use crate::piece::Piece;
use crate::words::Ready;

/// The most that is counted.
const FULL: u64 = u64::MAX - 1;

#[derive(Debug)]
pub(crate) struct Event {
    semaphore: bool,
    counter: Mutex<Counter>,
}

#[derive(Debug)]
struct Counter {
    count: u64,
    /// How often something was added.
    added: u64,
    /// How often something was taken.
    taken: u64,
}

impl Event {
    pub(super) fn new(count: u64, semaphore: bool) -> Event {
        Event { semaphore, counter: Mutex::new(Counter { count, added: 0, taken: 0 }) }
    }

    fn lock(&self) -> MutexGuard<'_, Counter> {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` if nothing is counted yet.
    pub(super) fn read(&self, into: &mut [Piece<'_>]) -> io::Result<Option<usize>> {
        if into.iter().map(|piece| piece.len()).sum::<usize>() < size_of::<u64>() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut counter = self.lock();
        if counter.count == 0 {
            return Ok(None);
        }
        let taken = if self.semaphore { 1 } else { counter.count };
        counter.count -= taken;
        counter.taken += 1;
        let bytes = taken.to_le_bytes();
        let done = into.iter().fold(0, |done, piece| done + piece.store(&bytes[done..]));
        Ok(Some(done))
    }

    /// `None` if there is no room yet.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        let value = bytes.first_chunk().map(|chunk| u64::from_le_bytes(*chunk));
        let value = value.filter(|value| *value <= FULL).ok_or(io::ErrorKind::InvalidInput)?;
        let mut counter = self.lock();
        match counter.count.checked_add(value).filter(|count| *count <= FULL) {
            None => Ok(None),
            Some(count) => {
                counter.count = count;
                counter.added += 1;
                Ok(Some(size_of::<u64>()))
            }
        }
    }

    pub(super) fn state(&self) -> State {
        let counter = self.lock();
        let readable = if counter.count > 0 { Ready::IN } else { Ready::NONE };
        let writable = if counter.count < FULL { Ready::OUT } else { Ready::NONE };
        State { ready: readable | writable, reads: counter.added, writes: counter.taken }
    }
}
