//! Arguments and variables.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Arguments or variables that a program was started with, or became another one with.
#[derive(Debug, Default)]
pub(crate) struct Given(RwLock<Strings>);

impl Given {
    pub(crate) fn new(strings: Strings) -> Given {
        Given(RwLock::new(strings))
    }

    pub(crate) fn get(&self) -> RwLockReadGuard<'_, Strings> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, strings: Strings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = strings;
    }
}

/// A list of byte strings, kept as the guest will see it: one after the other, each with a NUL behind.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

impl Strings {
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.starts.push(self.bytes.len() as u32);
        // The operating system hands strings over NUL-terminated, so none has one inside.
        self.bytes.extend_from_slice(text);
        self.bytes.push(0);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Each of them, without its NUL.
    pub(crate) fn all(&self) -> Vec<&[u8]> {
        let ends = self.starts.iter().skip(1).copied().chain([self.bytes.len() as u32]);
        self.starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| &self.bytes[start as usize..end as usize - 1])
            .collect()
    }

    /// All of them, each with its NUL.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where each starts in [`Strings::bytes`].
    pub(crate) fn starts(&self) -> impl Iterator<Item = u32> {
        self.starts.iter().copied()
    }
}
