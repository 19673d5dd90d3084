//! What is the same for several targets is compressed for one of them. The others, which are packed at the same time, wait.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use super::stored::Stored;

/// The sections that were stored for a target, by what they are made of.
#[derive(Debug, Default)]
pub struct Once(Mutex<HashMap<[u8; 32], Place>>);

/// Where a section is, or will be.
pub(super) type Place = Arc<OnceLock<Stored>>;

impl Once {
    /// Where another target has the section of this key, or is at it. `None`: this one is to store and
    /// [`settle`](Once::settle) it.
    pub(super) fn claim(&self, key: [u8; 32]) -> Option<Place> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.get(&key).cloned();
        if place.is_none() {
            known.insert(key, Place::default());
        }
        place
    }

    /// Hands out what was claimed.
    pub(super) fn settle(&self, key: [u8; 32], stored: Stored) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known.get(&key) {
            // Nobody else has claimed it.
            let _ = place.set(stored);
        }
    }
}
