//! A directory descriptor: one or more directories, one over the other.
//!
//! Mostly it is one. A C library keeps but one directory per name, and to it `/` and `.` are the same name, so what
//! was granted under one name becomes one directory here. A path is looked up in each layer in turn, whole: what
//! stands in the first layer hides what the others have there, and where a layer has nothing, the next one is asked
//! (`noent`, `notdir`); every other answer is final. Something new is made in the first layer that can be changed
//! and has the directory around it. See `layers` for each verb; this module is the way past it for one layer,
//! and what belongs to a descriptor: its name, and what is read through `fd_readdir`.

use wasip1::Fdflags;

pub(crate) use super::host::dir::HostDir;
pub(crate) use super::layer::Layer;
use super::listing::Listing;
pub(crate) use super::listing::{Each, Entry};
use crate::Result;
use crate::abi::Filestat;
use crate::fds::Object;
use crate::fs::file::{File, Times};
use crate::kept::Budget;

/// An open directory.
#[derive(Debug)]
pub(crate) struct Dir {
    pub(super) first: Layer,
    /// The layers below, the next one first. Empty for most.
    pub(super) rest: Vec<Layer>,
    /// Which layers are the directory itself, counted from the first, if not all: where the user stands, in the
    /// root, whose other layers are good for looking up what is in them.
    pub(super) shown: Option<(usize, usize)>,
    /// The name it was granted under; `None` for one that the guest opened.
    guest: Option<String>,
    /// True for the root that is there though nothing was granted as it.
    assumed: bool,
    /// What the guest is reading through `fd_readdir`.
    listing: Option<Listing>,
}

/// How to open a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) follow: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) directory: bool,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) flags: Fdflags,
}

impl Open {
    /// To open a directory, to list it and to go on from there.
    pub(crate) const DIRECTORY: Open = Open {
        follow: true,
        create: false,
        exclusive: false,
        truncate: false,
        directory: true,
        read: true,
        write: false,
        flags: 0,
    };

    /// The same without anything that would change what is there.
    pub(crate) fn unchanged(self) -> Open {
        Open { create: false, exclusive: false, truncate: false, write: false, read: true, ..self }
    }

    /// True if this would make or change something.
    pub(crate) fn changes(self) -> bool {
        self.create || self.truncate || self.write
    }
}

/// What came of opening a path; `D` is the sort of directory.
#[derive(Debug)]
pub(crate) enum Opened<D> {
    File(File),
    Dir(D),
}

impl Dir {
    /// The directory granted as `guest`: `first`, over `rest`.
    pub(crate) fn granted(
        guest: String,
        first: Layer,
        rest: Vec<Layer>,
        shown: Option<(usize, usize)>,
    ) -> Dir {
        Dir { first, rest, shown, guest: Some(guest), assumed: false, listing: None }
    }

    pub(super) fn opened(first: Layer, rest: Vec<Layer>) -> Dir {
        Dir { first, rest, shown: None, guest: None, assumed: false, listing: None }
    }

    /// The root that is there though nothing was granted as it.
    pub(crate) fn assumed(root: Layer) -> Dir {
        Dir { assumed: true, ..Dir::granted(String::from("/"), root, Vec::new(), None) }
    }

    /// True for the root that is there though nothing was granted as it.
    pub(crate) fn is_assumed(&self) -> bool {
        self.assumed
    }

    /// The name it was granted under.
    pub(crate) fn guest(&self) -> Option<&str> {
        self.guest.as_deref()
    }

    /// Its layers, the first one first; what a path is looked up in, unless it is the directory itself.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Layer> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The layers that are the directory itself.
    pub(super) fn own_layers(&self) -> impl Iterator<Item = &Layer> {
        let (skipped, count) = self.shown.unwrap_or((0, usize::MAX));
        self.layers().skip(skipped).take(count)
    }

    /// The first of the layers that are the directory itself.
    pub(super) fn own(&self) -> &Layer {
        self.own_layers().next().unwrap_or(&self.first)
    }

    pub(super) fn is_single(&self) -> bool {
        self.rest.is_empty()
    }

    /// Its layers, to be layers of another directory.
    pub(crate) fn into_layers(self) -> impl Iterator<Item = Layer> {
        std::iter::once(self.first).chain(self.rest)
    }

    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Object> {
        if !self.is_single() {
            return self.open_layered(path, how);
        }
        Ok(match self.first.open(path, how)? {
            Opened::File(file) => Object::File(file),
            Opened::Dir(layer) => Object::Dir(Dir::opened(layer, Vec::new())),
        })
    }

    /// What is known about the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat> {
        self.own().filestat()
    }

    /// What is known about `path`.
    pub(crate) fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat> {
        if self.is_single() { self.first.filestat_at(path, follow) } else { Ok(self.holder(path, follow)?.1) }
    }

    /// Sets the directory's own times.
    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        self.own().set_times(times)
    }

    /// Sets the times of `path`.
    pub(crate) fn set_times_at(&self, path: &str, times: Times, follow: bool) -> Result<()> {
        self.having(path, follow)?.set_times_at(path, times, follow)
    }

    pub(crate) fn create_dir(&self, path: &str) -> Result<()> {
        self.create(path, |layer| layer.create_dir(path))
    }

    pub(crate) fn remove_dir(&self, path: &str) -> Result<()> {
        self.having(path, false)?.remove_dir(path)
    }

    /// Removes a file or symbolic link. A directory is `isdir`, also where the system has another word for that.
    pub(crate) fn remove_file(&self, path: &str) -> Result<()> {
        self.having(path, false)?.remove_file(path)
    }

    /// Renames `path` to `new_path` below `new_dir`.
    pub(crate) fn rename(&self, path: &str, new_dir: &Dir, new_path: &str) -> Result<()> {
        if self.is_single() && new_dir.is_single() {
            return self.first.rename(path, &new_dir.first, new_path);
        }
        self.rename_layered(path, new_dir, new_path)
    }

    /// Makes `new_path` below `new_dir` another name of the file `path`.
    pub(crate) fn hard_link(&self, path: &str, new_dir: &Dir, new_path: &str) -> Result<()> {
        if self.is_single() && new_dir.is_single() {
            return self.first.hard_link(path, &new_dir.first, new_path);
        }
        self.hard_link_layered(path, new_dir, new_path)
    }

    /// Makes `path` a symbolic link to `target`, which must be relative.
    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<()> {
        self.create(path, |layer| layer.symlink(target, path))
    }

    /// What the symbolic link `path` points to.
    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>> {
        self.having(path, false)?.read_link(path)
    }

    /// Waits until the directory's entries are on the device.
    pub(crate) fn sync(&self) -> Result<()> {
        self.own_layers().try_for_each(Layer::sync)
    }

    /// The entries from number `cookie` on. They are read once, when the guest starts at 0, so that a number means
    /// the same entry however the directory changes meanwhile. They count against `budget`.
    pub(crate) fn entries(&mut self, cookie: u64, budget: &Budget) -> Result<&[Entry]> {
        if cookie == 0 {
            self.listing = None;
        }
        let listing = match self.listing.take() {
            Some(listing) => listing,
            None => self.read_entries(budget)?,
        };
        Ok(self.listing.insert(listing).from(cookie))
    }

    pub(super) fn read_entries(&self, budget: &Budget) -> Result<Listing> {
        // The parent's number would be a fact about the host that was not granted.
        let ino = self.filestat()?.ino;
        let special = |name: &[u8]| Entry { name: name.to_vec(), ino, filetype: wasip1::FILETYPE_DIRECTORY };
        let mut listing = Listing::new(budget);
        listing.push(special(b"."))?;
        listing.push(special(b".."))?;
        let each: Each<'_> = &mut |entry| listing.push(entry);
        if self.own_layers().nth(1).is_none() {
            self.own().entries(each)?;
        } else {
            self.merge_entries(each)?;
        }
        Ok(listing)
    }
}
