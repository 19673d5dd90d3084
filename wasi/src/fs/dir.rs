//! A directory descriptor: its layers, and what belongs to the descriptor alone, which is the name that it was granted under
//! and what is read through `fd_readdir`.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use super::file::File;
use super::layer::Layer;
use super::layers::Layers;
use super::listing::{Entry, Listing};
use crate::errno::Result;
use crate::kept::Budget;
use crate::words::{Open, Opened};

/// An open directory.
#[derive(Debug)]
pub(crate) struct Dir {
    layers: Layers,
    /// The name it was granted under; `None` for one that the guest opened.
    guest: Option<String>,
    /// True for the root that is there though nothing was granted as it.
    assumed: bool,
    /// What the guest is reading through `fd_readdir`.
    listing: Mutex<Option<Listing>>,
}

/// The verbs that take a path are those of the layers.
impl Deref for Dir {
    type Target = Layers;

    fn deref(&self) -> &Layers {
        &self.layers
    }
}

impl Dir {
    /// The directory granted as `guest`.
    pub(crate) fn granted(guest: String, layers: Layers) -> Dir {
        Dir { layers, guest: Some(guest), assumed: false, listing: Mutex::default() }
    }

    /// The root that is there though nothing was granted as it.
    pub(crate) fn assumed(root: Layer) -> Dir {
        let layers = Layers::new(root, Vec::new(), None);
        Dir { assumed: true, ..Dir::granted(String::from("/"), layers) }
    }

    /// True for the root that is there though nothing was granted as it.
    pub(crate) fn is_assumed(&self) -> bool {
        self.assumed
    }

    /// The name it was granted under.
    pub(crate) fn guest(&self) -> Option<&str> {
        self.guest.as_deref()
    }

    /// What a path is looked up in.
    pub(crate) fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Its layers, to be layers of another directory.
    pub(crate) fn into_layers(self) -> impl Iterator<Item = Layer> {
        self.layers.into_iter()
    }

    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Opened<File, Dir>> {
        let opened = |layers| Dir { layers, guest: None, assumed: false, listing: Mutex::default() };
        Ok(self.layers.open(path, how)?.map(|file| file, opened))
    }

    /// Hands `look` the entries from number `cookie` on. They are read once, when the guest starts at 0, so that a number
    /// means the same entry however the directory changes meanwhile. They count against `budget`.
    pub(crate) fn entries<T>(
        &self,
        cookie: u64,
        budget: &Budget,
        look: impl FnOnce(&[Entry]) -> T,
    ) -> Result<T> {
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if cookie == 0 {
            *listing = None;
        }
        let read = match listing.take() {
            Some(read) => read,
            None => self.read_entries(budget)?,
        };
        Ok(look(listing.insert(read).from(cookie)))
    }

    fn read_entries(&self, budget: &Budget) -> Result<Listing> {
        // The parent's number would be a fact about the host that was not granted.
        let ino = self.filestat()?.ino;
        let special = |name: &[u8]| Entry { name: name.to_vec(), ino, filetype: wasip1::FILETYPE_DIRECTORY };
        let mut listing = Listing::new(budget);
        listing.push(special(b"."))?;
        listing.push(special(b".."))?;
        self.layers.entries(&mut |entry| listing.push(entry))?;
        Ok(listing)
    }
}
