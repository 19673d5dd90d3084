//! One layer of a directory: a directory of the host, or one of an embedded tree.
//!
//! Nothing happens here but the choice between the two, and what needs two layers: renames and hard links work within one
//! host or one tree, never across.

use super::file::File;
use super::host::dir::HostDir;
use super::listing::Each;
use super::names::around;
use super::tree::dir::TreeDir;
use crate::errno::{Error, Result};
use crate::words::{Access, Filestat, Open, Opened, Times};

/// A directory in one place.
#[derive(Debug)]
pub(crate) enum Layer {
    Host(HostDir),
    Tree(TreeDir),
}

/// Calls the same method of whichever it is.
macro_rules! either {
    ($layer:expr, $dir:ident => $call:expr) => {
        match $layer {
            Layer::Host($dir) => $call,
            Layer::Tree($dir) => $call,
        }
    };
}

impl Layer {
    /// The same directory once more.
    pub(crate) fn again(&self) -> Result<Layer> {
        match self {
            Layer::Host(dir) => Ok(Layer::Host(dir.again()?)),
            Layer::Tree(dir) => Ok(Layer::Tree(dir.again())),
        }
    }

    pub(crate) fn is_host(&self) -> bool {
        matches!(self, Layer::Host(_))
    }

    pub(crate) fn is_read_only(&self) -> bool {
        either!(self, dir => dir.access()) == Access::ReadOnly
    }

    /// True if names can move between the two, as far as that can be told beforehand.
    pub(crate) fn shares(&self, other: &Layer) -> bool {
        match (self, other) {
            (Layer::Host(_), Layer::Host(_)) => true,
            (Layer::Tree(this), Layer::Tree(other)) => this.shares(other),
            (Layer::Host(_), Layer::Tree(_)) | (Layer::Tree(_), Layer::Host(_)) => false,
        }
    }

    /// True if something stands at `path`, be it a link to nowhere.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.filestat_at(path, false).is_ok()
    }

    /// True if the directory around `path` is there.
    pub(crate) fn has_parent(&self, path: &str) -> bool {
        // The slash stays, because a directory is wanted.
        around(path).is_none_or(|around| self.has(around))
    }

    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Opened<File, Layer>> {
        match self {
            Layer::Host(dir) => Ok(dir.open(path, how)?.map(File::Host, Layer::Host)),
            Layer::Tree(dir) => Ok(dir.open(path, how)?.map(File::Tree, Layer::Tree)),
        }
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        either!(self, dir => dir.filestat())
    }

    pub(crate) fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat> {
        either!(self, dir => dir.filestat_at(path, follow))
    }

    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        either!(self, dir => dir.set_times(times))
    }

    pub(crate) fn set_times_at(&self, path: &str, times: Times, follow: bool) -> Result<()> {
        either!(self, dir => dir.set_times_at(path, times, follow))
    }

    pub(crate) fn create_dir(&self, path: &str) -> Result<()> {
        either!(self, dir => dir.create_dir(path))
    }

    pub(crate) fn remove_dir(&self, path: &str) -> Result<()> {
        either!(self, dir => dir.remove_dir(path))
    }

    pub(crate) fn remove_file(&self, path: &str) -> Result<()> {
        either!(self, dir => dir.remove_file(path))
    }

    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<()> {
        either!(self, dir => dir.symlink(target, path))
    }

    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>> {
        either!(self, dir => dir.read_link(path))
    }

    pub(crate) fn entries(&self, each: Each<'_>) -> Result<()> {
        either!(self, dir => dir.entries(each))
    }

    pub(crate) fn sync(&self) -> Result<()> {
        match self {
            Layer::Host(dir) => dir.sync(),
            Layer::Tree(_) => Ok(()),
        }
    }

    pub(crate) fn rename(&self, path: &str, new: &Layer, new_path: &str) -> Result<()> {
        match (self, new) {
            (Layer::Host(old), Layer::Host(new)) => old.rename(path, new, new_path),
            (Layer::Tree(old), Layer::Tree(new)) if old.shares(new) => old.rename(path, new, new_path),
            _ => Err(self.between(new)),
        }
    }

    pub(crate) fn hard_link(&self, path: &str, new: &Layer, new_path: &str) -> Result<()> {
        match (self, new) {
            (Layer::Host(old), Layer::Host(new)) => old.hard_link(path, new, new_path),
            (Layer::Tree(old), Layer::Tree(new)) if old.shares(new) => old.hard_link(path, new, new_path),
            _ => Err(self.between(new)),
        }
    }

    /// Why no name moves from here to `new`.
    fn between(&self, new: &Layer) -> Error {
        if self.is_read_only() || new.is_read_only() { wasip1::ERRNO_ROFS } else { wasip1::ERRNO_XDEV }.into()
    }
}
