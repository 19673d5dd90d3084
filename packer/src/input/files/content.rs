//! The content of files that are carried: one after the other, and equal content once.

use std::{collections::HashMap, fs, path::Path};

use payload::tree::Entry;

use super::{fault::cannot, own::Own};
use crate::{Error, Kind};

/// The files that are carried.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The roots, one for each name under which there are files.
    pub roots: Vec<Entry>,
    /// Content of all files, one after the other.
    pub content: Vec<u8>,
    /// Where content with this SHA-256 is already.
    known: HashMap<[u8; 32], Entry>,
}

impl Files {
    /// Files that an executable carries already.
    pub fn carried(roots: Vec<Entry>, content: Vec<u8>) -> Files {
        Files { roots, content, known: HashMap::new() }
    }

    /// Forgets the roots for which `kept` is false. Those that it does not reach stay.
    pub fn keep_roots(&mut self, kept: &[bool]) {
        let mut kept = kept.iter().copied();
        self.roots.retain(|_| kept.next().unwrap_or(true));
    }

    /// Reads the file at `host`, which must not be what the pack writes.
    ///
    /// # Errors
    /// `Files` if it cannot be read; `OutputIsInput` if it is `own`.
    pub fn single(&mut self, host: &Path, own: &Own) -> Result<Entry, Error> {
        let metadata = fs::metadata(host).map_err(|error| cannot("carry", host, &error))?;
        if own.has_file(host, &metadata) {
            let reason = "the output is the same file as this one, which it is to carry; name another";
            return Err(Error::new(Kind::OutputIsInput, reason).in_file(host));
        }
        Ok(self.add(&read(host, own)?))
    }

    /// Adds the content of a file.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Entry {
        let (start, len) = (self.content.len() as u64, bytes.len() as u64);
        let entry = self.known.entry(payload::sha256(bytes)).or_insert_with(|| {
            self.content.extend_from_slice(bytes);
            Entry::File { start, len }
        });
        entry.clone()
    }
}

/// The bytes of the file at `path`.
///
/// # Errors
/// `Files` if it cannot be read, or is the key that signs.
pub(super) fn read(path: &Path, own: &Own) -> Result<Vec<u8>, Error> {
    let bytes = fs::read(path).map_err(|error| cannot("read", path, &error))?;
    own.secret.map_or(Ok(()), |secret| secret.check(&bytes, path, Kind::Files))?;
    Ok(bytes)
}
