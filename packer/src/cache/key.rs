//! The name of an entry: a hash of all that it is made of.

use payload::Hash;

use crate::producer::PRODUCER;

/// A hash of everything that decides an entry's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(pub(super) [u8; 32]);

/// The sources of this packer, and what they are built with, as a hash.
const BUILD: &str = env!("WASMPACK_BUILD");

impl Key {
    /// Of an entry of this sort, made by this packer.
    pub(crate) fn new(sort: &str) -> Key {
        Key(payload::sha256(sort.as_bytes())).with(BUILD.as_bytes()).with(PRODUCER.as_bytes())
    }

    /// Made also of these bytes.
    #[must_use]
    pub(crate) fn with(self, bytes: &[u8]) -> Key {
        let mut hash = Hash::default();
        hash.update(&self.0);
        hash.update(bytes);
        Key(hash.finish())
    }

    /// The key that [`bytes`](Key::bytes) wrote.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Key {
        Key(bytes)
    }

    /// The key, to be kept in another entry.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The name of its file.
    pub(super) fn name(&self) -> String {
        payload::info::hex(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_so_does_where_it_ends() {
        let keys = [
            Key::new("a"),
            Key::new("a").with(b""),
            Key::new("a").with(b"xy"),
            Key::new("a").with(b"x").with(b"y"),
            Key::new("ax").with(b"y"),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}");
        }
    }
}
