//! Lists of interests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::state::State;
use crate::words::Ready;

/// What is waited for, by number.
#[derive(Debug)]
pub(crate) struct List<S>(Mutex<BTreeMap<u64, Interest<S>>>);

impl<S> Default for List<S> {
    fn default() -> List<S> {
        List(Mutex::default())
    }
}

#[derive(Debug)]
struct Interest<S> {
    source: S,
    wanted: Ready,
    /// With what its last event was told, in reads and writes, where only what happens since counts.
    told: Option<(u64, u64)>,
    /// It was to be told once, and was.
    done: bool,
}

/// What is told of reading, and of writing.
const OF_READING: Ready = Ready(Ready::IN.0 | Ready::RDHUP.0 | Ready::PRI.0 | Ready::HUP.0);
const OF_WRITING: Ready = Ready(Ready::OUT.0 | Ready::ERR.0);

impl<S> Interest<S> {
    /// What is to be told of it.
    fn ready(&self, state: State) -> Ready {
        if self.done {
            return Ready::NONE;
        }
        let mut ready = Ready(state.ready.0 & (self.wanted.0 | Ready::ERR.0 | Ready::HUP.0));
        if let Some((reads, writes)) = self.told.filter(|_| self.wanted.has(Ready::EDGE)) {
            let old = |is_old: bool, of: Ready| if is_old { of.0 } else { 0 };
            ready.0 &= !(old(reads == state.reads, OF_READING) | old(writes == state.writes, OF_WRITING));
        }
        ready
    }
}

impl<S> List<S> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Interest<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn watch(&self, source: S, id: u64, wanted: Ready) {
        self.lock().insert(id, Interest { source, wanted, told: None, done: false });
    }

    pub(super) fn remove(&self, id: u64) {
        self.lock().remove(&id);
    }

    /// True if something has happened. `state` tells how a source stands; `None` if it was closed, and is not waited for.
    pub(super) fn has_any(&self, state: impl Fn(&S) -> Option<State>) -> bool {
        let has = |interest: &Interest<S>| Some(interest.ready(state(&interest.source)?) != Ready::NONE);
        self.lock().values().any(|interest| has(interest) == Some(true))
    }

    /// What has happened, of `most` sources at most.
    pub(super) fn happened(&self, most: usize, state: impl Fn(&S) -> Option<State>) -> Vec<(u64, Ready)> {
        let mut happened = Vec::new();
        self.lock().retain(|id, interest| {
            let Some(state) = state(&interest.source) else { return false };
            let ready = interest.ready(state);
            if ready != Ready::NONE && happened.len() < most {
                interest.told = Some((state.reads, state.writes));
                interest.done = interest.wanted.has(Ready::ONCE);
                happened.push((*id, ready));
            }
            true
        });
        happened
    }
}
