//! Several directories that are one to the program, one over the other.
//!
//! Mostly it is one. A C library keeps but one directory per name, and to it `/` and `.` are the same name, so what
//! was granted under one name becomes one directory. A path is looked up in each layer in turn, whole: what stands in
//! the first layer hides what the others have there, and where a layer has nothing, the next one is asked (`noent`,
//! `notdir`); every other answer is final.
//!
//! What is there is read, changed and removed in the first layer that has it. What is not there is made in the first
//! layer that can be changed and has the directory around it; if only layers that cannot be changed have that, it is
//! `rofs`. A name moves within one layer, or between two that are alike; otherwise it is `xdev`, and programs copy.
//! Where there is but one layer there is nothing to ask, and each verb goes straight to it.

use std::collections::HashSet;

use super::file::File;
use super::layer::Layer;
use super::listing::Each;
use super::names::is_itself;
use crate::errno::{Error, Result};
use crate::words::{Filestat, Open, Opened, Times};

/// Directories, one over the other.
#[derive(Debug)]
pub(crate) struct Layers {
    first: Layer,
    /// The layers below, the next one first. Empty for most.
    rest: Vec<Layer>,
    /// Which layers are the directory itself, counted from the first, if not all: where the user stands, in the
    /// root, whose other layers are good for looking up what is in them.
    shown: Option<(usize, usize)>,
}

impl Layers {
    /// `first` over `rest`; see [`Layers::shown`].
    pub(crate) fn new(first: Layer, rest: Vec<Layer>, shown: Option<(usize, usize)>) -> Layers {
        Layers { first, rest, shown }
    }

    fn alone(layer: Layer) -> Layers {
        Layers::new(layer, Vec::new(), None)
    }

    /// What is at `name` in those that have a directory there, over `bottom`: a place that must be there because something was
    /// granted below it.
    pub(crate) fn between(&self, name: &str, bottom: Layer) -> Result<Layers> {
        let open = |layer: &Layer| match layer.open(name, Open::DIRECTORY) {
            Ok(Opened::Dir(dir)) => Some(dir),
            _ => None,
        };
        let mut layers = self.layers_for(name).filter_map(open).chain(std::iter::once(bottom));
        let first = layers.next().ok_or(wasip1::ERRNO_NOENT)?;
        Ok(Layers::new(first, layers.collect(), None))
    }

    /// All of them, the first one first; what a path is looked up in, unless it is the directory itself.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Layer> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// All of them, to be layers of another directory.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = Layer> {
        std::iter::once(self.first).chain(self.rest)
    }

    /// Those that are the directory itself.
    fn own(&self) -> impl Iterator<Item = &Layer> {
        let (skipped, count) = self.shown.unwrap_or((0, usize::MAX));
        self.iter().skip(skipped).take(count)
    }

    /// The first of those that are the directory itself.
    fn itself(&self) -> &Layer {
        self.own().next().unwrap_or(&self.first)
    }

    /// True if `layer`, one of these, is the directory itself.
    pub(crate) fn is_own(&self, layer: &Layer) -> bool {
        self.own().any(|own| std::ptr::eq(own, layer))
    }

    fn is_single(&self) -> bool {
        self.rest.is_empty()
    }

    /// The layers in which `path` is looked up.
    fn layers_for(&self, path: &str) -> impl Iterator<Item = &Layer> {
        let (skipped, count) = self.shown.filter(|_| is_itself(path)).unwrap_or((0, usize::MAX));
        self.iter().skip(skipped).take(count)
    }

    /// The first answer of a layer to `ask` about `path` that is not that it has no such thing, with what follows:
    /// the layers that were not asked.
    fn ask<'d, T>(
        &'d self,
        path: &str,
        mut ask: impl FnMut(&'d Layer) -> Result<T>,
    ) -> Result<(T, impl Iterator<Item = &'d Layer>)> {
        let mut layers = self.layers_for(path);
        let mut nothing = Error::from(wasip1::ERRNO_NOENT);
        while let Some(layer) = layers.next() {
            match ask(layer) {
                Err(error) if is_nothing(error) => {
                    // That there is a file on the way says more than that there is nothing.
                    if error.0 == wasip1::ERRNO_NOTDIR {
                        nothing = error;
                    }
                }
                Err(error) => return Err(error),
                Ok(answer) => return Ok((answer, layers)),
            }
        }
        Err(nothing)
    }

    /// The first layer that has `path`, and what is known about it.
    fn holder(&self, path: &str, follow: bool) -> Result<(&Layer, Filestat)> {
        Ok(self.ask(path, |layer| Ok((layer, layer.filestat_at(path, follow)?)))?.0)
    }

    /// The layer to use what is at `path` in. There is nothing to ask where there is but one.
    fn having(&self, path: &str, follow: bool) -> Result<&Layer> {
        if self.is_single() { Ok(&self.first) } else { Ok(self.holder(path, follow)?.0) }
    }

    /// Makes something new at `path` with `make`.
    fn create<T>(&self, path: &str, make: impl Fn(&Layer) -> Result<T>) -> Result<T> {
        if self.is_single() {
            return make(&self.first);
        }
        match self.holder(path, false) {
            Ok(_) => return Err(wasip1::ERRNO_EXIST.into()),
            Err(error) if !is_nothing(error) => return Err(error),
            Err(_) => {}
        }
        self.make(path, make)
    }

    /// Makes something new at `path`, where nothing stands in any layer.
    fn make<T>(&self, path: &str, make: impl Fn(&Layer) -> Result<T>) -> Result<T> {
        let mut fixed = false;
        let made = self.ask(path, |layer| {
            if layer.is_read_only() {
                fixed |= layer.has_parent(path);
                return Err(wasip1::ERRNO_NOENT.into());
            }
            make(layer)
        });
        match made.map(|(made, _)| made) {
            Err(error) if fixed && is_nothing(error) => Err(wasip1::ERRNO_ROFS.into()),
            made => made,
        }
    }

    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Opened<File, Layers>> {
        if self.is_single() { Ok(alone(self.first.open(path, how)?)) } else { self.open_layered(path, how) }
    }

    fn open_layered(&self, path: &str, how: Open) -> Result<Opened<File, Layers>> {
        if how.create && how.exclusive && !how.directory {
            return self.create(path, |layer| layer.open(path, how)).map(alone);
        }
        let there = Open { create: how.create && how.directory, ..how };
        match self.ask(path, |layer| layer.open(path, there)) {
            Ok((Opened::File(file), _)) => Ok(Opened::File(file)),
            Ok((Opened::Dir(_), _)) if how.create => Err(wasip1::ERRNO_ISDIR.into()),
            Ok((Opened::Dir(first), others)) => {
                // What else has this directory, lies below it.
                let again =
                    others.filter_map(|layer| match layer.open(path, Open { directory: true, ..how }) {
                        Ok(Opened::Dir(layer)) => Some(layer),
                        _ => None,
                    });
                Ok(Opened::Dir(Layers::new(first, again.collect(), None)))
            }
            Err(error) if how.create && is_nothing(error) => {
                self.make(path, |layer| layer.open(path, how)).map(alone)
            }
            Err(error) => Err(error),
        }
    }

    /// What is known about the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat> {
        self.itself().filestat()
    }

    /// What is known about `path`.
    pub(crate) fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat> {
        if self.is_single() { self.first.filestat_at(path, follow) } else { Ok(self.holder(path, follow)?.1) }
    }

    /// Sets the directory's own times.
    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        self.itself().set_times(times)
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

    /// Renames `path` to `new_path` below `new`.
    pub(crate) fn rename(&self, path: &str, new: &Layers, new_path: &str) -> Result<()> {
        if self.is_single() && new.is_single() {
            return self.first.rename(path, &new.first, new_path);
        }
        let (old, _) = self.holder(path, false)?;
        old.rename(path, new.target(old, new_path)?, new_path)
    }

    /// Makes `new_path` below `new` another name of the file `path`.
    pub(crate) fn hard_link(&self, path: &str, new: &Layers, new_path: &str) -> Result<()> {
        if self.is_single() && new.is_single() {
            return self.first.hard_link(path, &new.first, new_path);
        }
        let (old, _) = self.holder(path, false)?;
        if new.holder(new_path, false).is_ok() {
            return Err(wasip1::ERRNO_EXIST.into());
        }
        old.hard_link(path, new.target(old, new_path)?, new_path)
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
        self.own().try_for_each(Layer::sync)
    }

    /// The layer in which `path` can become a name of something that lies in `old`.
    ///
    /// # Errors
    /// `rofs` if `old` cannot be changed, or no fitting layer can; `xdev` if there is none that fits, or something
    /// in a layer above would hide the name; `noent` if no layer has the directory around it.
    fn target(&self, old: &Layer, path: &str) -> Result<&Layer> {
        if old.is_read_only() {
            return Err(wasip1::ERRNO_ROFS.into());
        }
        let mut why = wasip1::ERRNO_NOENT;
        for layer in self.layers_for(path).filter(|layer| layer.has_parent(path)) {
            match (old.shares(layer), layer.is_read_only()) {
                (true, false) => return Ok(layer),
                (true, true) => why = wasip1::ERRNO_ROFS,
                (false, _) if why == wasip1::ERRNO_NOENT => why = wasip1::ERRNO_XDEV,
                (false, _) => {}
            }
            if layer.has(path) {
                break;
            }
        }
        Err(why.into())
    }

    /// Hands the entries of all layers but `.` and `..` to `each`, each name once.
    pub(crate) fn entries(&self, each: Each<'_>) -> Result<()> {
        if self.own().nth(1).is_none() {
            return self.itself().entries(each);
        }
        let mut seen = HashSet::new();
        for layer in self.own() {
            layer.entries(&mut |entry| {
                if seen.insert(entry.name.clone()) { each(entry) } else { Ok(()) }
            })?;
        }
        Ok(())
    }
}

/// What was opened in one layer, and is in no other.
fn alone(opened: Opened<File, Layer>) -> Opened<File, Layers> {
    opened.map(|file| file, Layers::alone)
}

/// True for the answer that a layer does not have what was asked for.
fn is_nothing(error: Error) -> bool {
    matches!(error.0, wasip1::ERRNO_NOENT | wasip1::ERRNO_NOTDIR)
}
