//! Lists of interests: what is waited for, and what the program wants to be told with it. The waiting is the system's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::errno::Result;
use crate::words::Ready;

/// What the program is told with an event, as it gave it.
pub(crate) type Told = [u8; 24];

/// A list of interests in files of type `F`, which is itself a file, of type `H`.
#[derive(Debug)]
pub(crate) struct Epoll<F, H> {
    pub(crate) file: H,
    list: Mutex<List<F>>,
}

#[derive(Debug)]
struct List<F> {
    /// By the number that the system tells them by.
    interests: BTreeMap<u64, Interest<F>>,
    /// These numbers, by descriptor and file.
    numbers: BTreeMap<(u32, usize), u64>,
    /// The number that was given out last.
    last: u64,
    /// With how many interests those that died are looked for again.
    full: usize,
}

/// How many interests there may be until those that died are looked for.
const FEW: usize = 64;

/// That a file be read or written. It keeps no file open: one that is closed everywhere is not waited for.
#[derive(Debug)]
struct Interest<F> {
    file: Weak<F>,
    told: Told,
}

impl<F> List<F> {
    /// Forgets what was closed everywhere.
    fn clear(&mut self) {
        if self.interests.len() >= self.full {
            self.interests.retain(|_, interest| interest.file.strong_count() > 0);
            self.numbers.retain(|_, id| self.interests.contains_key(id));
            self.full = FEW.max(2 * self.interests.len());
        }
    }
}

/// What an interest is found by. An address is that of one file for as long as the interest is there.
fn key<F>(fd: u32, file: &Arc<F>) -> (u32, usize) {
    (fd, Arc::as_ptr(file).addr())
}

impl<F, H> Epoll<F, H> {
    /// A list of nothing yet.
    pub(crate) fn new(file: H) -> Epoll<F, H> {
        let list = List { interests: BTreeMap::new(), numbers: BTreeMap::new(), last: 0, full: FEW };
        Epoll { file, list: Mutex::new(list) }
    }

    fn lock(&self) -> MutexGuard<'_, List<F>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `file`, which the program knows as `fd`, in the list, if `add` can for the number that it is given.
    ///
    /// # Errors
    /// `exist` if it is there already; those of `add`.
    pub(crate) fn add(
        &self,
        fd: u32,
        file: &Arc<F>,
        told: Told,
        add: impl FnOnce(u64) -> Result<()>,
    ) -> Result<()> {
        let mut list = self.lock();
        list.clear();
        if list.numbers.contains_key(&key(fd, file)) {
            return Err(wasip1::ERRNO_EXIST.into());
        }
        let id = list.last + 1;
        add(id)?;
        list.last = id;
        list.numbers.insert(key(fd, file), id);
        list.interests.insert(id, Interest { file: Arc::downgrade(file), told });
        Ok(())
    }

    /// Changes what is told of `file`, if `modify` can for its number.
    ///
    /// # Errors
    /// `noent` if it is not there; those of `modify`.
    pub(crate) fn modify(
        &self,
        fd: u32,
        file: &Arc<F>,
        told: Told,
        modify: impl FnOnce(u64) -> Result<()>,
    ) -> Result<()> {
        let mut list = self.lock();
        let id = *list.numbers.get(&key(fd, file)).ok_or(wasip1::ERRNO_NOENT)?;
        modify(id)?;
        if let Some(interest) = list.interests.get_mut(&id) {
            interest.told = told;
        }
        Ok(())
    }

    /// Takes `file` out of the list, if `remove` can for its number.
    ///
    /// # Errors
    /// `noent` if it is not there; those of `remove`.
    pub(crate) fn remove(
        &self,
        fd: u32,
        file: &Arc<F>,
        remove: impl FnOnce(u64) -> Result<()>,
    ) -> Result<()> {
        let mut list = self.lock();
        let id = *list.numbers.get(&key(fd, file)).ok_or(wasip1::ERRNO_NOENT)?;
        remove(id)?;
        list.numbers.remove(&key(fd, file));
        list.interests.remove(&id);
        Ok(())
    }

    /// What the program is told of each of `happened`. What was taken out of the list meanwhile is left out.
    pub(crate) fn told(&self, happened: &[(u64, Ready)]) -> Vec<(Ready, Told)> {
        let list = self.lock();
        happened.iter().filter_map(|(id, ready)| Some((*ready, list.interests.get(id)?.told))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_it_once_for_each_number_until_it_is_closed_everywhere() {
        let list: Epoll<u8, ()> = Epoll::new(());
        let (one, other) = (Arc::new(1), Arc::new(2));
        let ids = Mutex::new(Vec::new());
        let add = |fd, file: &Arc<u8>, told| {
            list.add(fd, file, [told; 24], |id| {
                ids.lock().unwrap().push(id);
                Ok(())
            })
        };
        assert_eq!((add(5, &one, 10), add(6, &one, 11), add(5, &other, 12)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(add(5, &one, 13).unwrap_err().0, wasip1::ERRNO_EXIST);
        let ids = ids.into_inner().unwrap();
        let happened: Vec<(u64, Ready)> = ids.iter().map(|id| (*id, Ready::IN)).collect();
        let told = || list.told(&happened).into_iter().map(|(_, told)| told[0]).collect::<Vec<u8>>();
        assert_eq!((ids.len(), told()), (3, vec![10, 11, 12]));
        list.modify(6, &one, [20; 24], |id| if id == ids[1] { Ok(()) } else { Err(wasip1::ERRNO_IO.into()) })
            .unwrap();
        assert_eq!(list.modify(7, &one, [0; 24], |_| Ok(())).unwrap_err().0, wasip1::ERRNO_NOENT);
        // What the system refuses changes nothing.
        let refused = |_| Err(wasip1::ERRNO_PERM.into());
        assert!(list.modify(6, &one, [30; 24], refused).is_err() && list.remove(6, &one, refused).is_err());
        assert!(list.add(9, &one, [0; 24], refused).is_err());
        assert_eq!(told(), [10, 20, 12]);
        list.remove(5, &one, |_| Ok(())).unwrap();
        assert_eq!(list.remove(5, &one, |_| Ok(())).unwrap_err().0, wasip1::ERRNO_NOENT);
        assert_eq!(told(), [20, 12]);
    }

    #[test]
    fn what_was_closed_is_forgotten() {
        let list: Epoll<u8, ()> = Epoll::new(());
        for fd in 0..10 * FEW as u32 {
            list.add(fd, &Arc::new(0), [0; 24], |_| Ok(())).unwrap();
        }
        let held = list.lock();
        assert!(held.interests.len() <= FEW && held.numbers.len() == held.interests.len());
    }
}
