//! Values that each thread has for itself, under keys that all share: WASIX's of 2022. Later programs keep them in their own
//! memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::errno::Result;

/// How many keys there may be at once: as many as POSIX systems have (PTHREAD_KEYS_MAX).
const MOST: usize = 1024;

/// All keys and values.
#[derive(Debug, Default)]
pub(crate) struct Locals(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    keys: BTreeSet<u32>,
    /// By thread and key; what is not there is 0.
    values: BTreeMap<(u32, u32), u64>,
}

impl Locals {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new key.
    ///
    /// # Errors
    /// `again` if there are too many.
    pub(crate) fn create(&self) -> Result<u32> {
        let mut table = self.lock();
        let key = (1..=MOST as u32).find(|key| !table.keys.contains(key)).ok_or(wasip1::ERRNO_AGAIN)?;
        table.keys.insert(key);
        Ok(key)
    }

    /// Ends a key, with all its values.
    ///
    /// # Errors
    /// `inval` if it is none.
    pub(crate) fn destroy(&self, key: u32) -> Result<()> {
        let mut table = self.lock();
        if !table.keys.remove(&key) {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        table.values.retain(|(_, of), _| *of != key);
        Ok(())
    }

    /// Sets what thread `tid` has under `key`.
    ///
    /// # Errors
    /// `inval` if it is no key.
    pub(crate) fn set(&self, tid: u32, key: u32, value: u64) -> Result<()> {
        let mut table = self.lock();
        if !table.keys.contains(&key) {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        table.values.insert((tid, key), value);
        Ok(())
    }

    /// What thread `tid` has under `key`.
    ///
    /// # Errors
    /// `inval` if it is no key.
    pub(crate) fn get(&self, tid: u32, key: u32) -> Result<u64> {
        let table = self.lock();
        if !table.keys.contains(&key) {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        Ok(table.values.get(&(tid, key)).copied().unwrap_or_default())
    }

    /// Forgets all keys.
    pub(crate) fn begin_anew(&self) {
        *self.lock() = Table::default();
    }

    /// Forgets what all threads but `tid` had.
    pub(crate) fn keep(&self, tid: u32) {
        self.lock().values.retain(|(of, _), _| *of == tid);
    }

    /// Forgets what a thread had.
    pub(crate) fn forget(&self, tid: u32) {
        self.lock().values.retain(|(of, _), _| *of != tid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_its_own_until_it_or_the_key_ends() {
        let locals = Locals::default();
        let (one, two) = (locals.create().unwrap(), locals.create().unwrap());
        assert_ne!(one, two);
        locals.set(1, one, 7).unwrap();
        locals.set(2, one, 8).unwrap();
        locals.set(1, two, 9).unwrap();
        assert_eq!([locals.get(1, one), locals.get(2, one), locals.get(2, two)], [Ok(7), Ok(8), Ok(0)]);
        locals.forget(1);
        assert_eq!([locals.get(1, one), locals.get(2, one), locals.get(1, two)], [Ok(0), Ok(8), Ok(0)]);
        locals.destroy(one).unwrap();
        assert!(
            locals.get(2, one).is_err() && locals.set(2, one, 1).is_err() && locals.destroy(one).is_err()
        );
        assert_eq!(locals.create(), Ok(one), "the lowest free one");
        assert_eq!(locals.get(2, one), Ok(0));
        while locals.create().is_ok() {}
        assert_eq!(locals.lock().keys.len(), MOST);
    }
}
