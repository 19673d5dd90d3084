//! A file that must not be handed on: the key that signs a release. Whoever has an executable or an archive can read what is in it.

use std::path::Path;

use crate::{Error, Kind};

/// What tells such a file from others, wherever it lies: its bytes are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    len: usize,
    sha256: [u8; 32],
}

impl Secret {
    /// The file that has these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Secret {
        Secret { len: bytes.len(), sha256: payload::sha256(bytes) }
    }

    /// Checks that `bytes`, those of `file`, are others.
    ///
    /// # Errors
    /// One of this `kind` if they are not.
    pub(crate) fn check(&self, bytes: &[u8], file: &Path, kind: Kind) -> Result<(), Error> {
        // Most files are not hashed: their length tells enough.
        if self.len != bytes.len() || self.sha256 != payload::sha256(bytes) {
            return Ok(());
        }
        let reason = "it is the secret key that signs, and whoever has the program could read it; keep it elsewhere, or leave it out";
        Err(Error::new(kind, reason).in_file(file))
    }
}
