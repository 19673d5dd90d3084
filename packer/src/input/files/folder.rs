//! What is to be carried, and under which name.

use std::{fs, path::PathBuf};

use payload::GuestName;

/// A folder to carry, or one file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Folder {
    /// Where it is now.
    pub host: PathBuf,
    /// The path under which the app sees it.
    pub guest: GuestName,
    /// True: the app may change it; changes are kept in memory and lost at its end.
    pub writable: bool,
}

impl Folder {
    /// The folder or file at `host`, which the app sees as `guest`, to read.
    pub fn new(host: impl Into<PathBuf>, guest: impl Into<GuestName>) -> Folder {
        Folder { host: host.into(), guest: guest.into(), writable: false }
    }

    /// The same, which the app may change in memory.
    #[must_use]
    pub fn writable(self) -> Folder {
        Folder { writable: true, ..self }
    }

    /// Whether it is one file. What cannot be looked at is a folder, which says why when it is read.
    pub fn is_file(&self) -> bool {
        fs::metadata(&self.host).is_ok_and(|there| there.is_file())
    }
}
