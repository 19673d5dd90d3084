//! The verbs of a directory that has several layers.
//!
//! What is there is used where it is: read, changed, removed, all in the first layer that has it. What is not there
//! is made in the first layer that can be changed and has the directory around it; if only layers that cannot be
//! changed have that, it is `rofs`. A name moves within one layer, or between two that are alike; otherwise it is
//! `xdev`, and programs copy.

use std::collections::HashSet;

use super::dir::{Dir, Each, Layer, Open, Opened};
use crate::abi::Filestat;
use crate::fds::Object;
use crate::{Error, Result};

impl Dir {
    /// The layers in which `path` is looked up.
    fn layers_for(&self, path: &str) -> impl Iterator<Item = &Layer> {
        let itself = !path.starts_with('/') && path.split('/').all(|name| matches!(name, "" | "."));
        let (skipped, count) = self.shown.filter(|_| itself).unwrap_or((0, usize::MAX));
        self.layers().skip(skipped).take(count)
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
    pub(super) fn holder(&self, path: &str, follow: bool) -> Result<(&Layer, Filestat)> {
        Ok(self.ask(path, |layer| Ok((layer, layer.filestat_at(path, follow)?)))?.0)
    }

    /// The layer to use what is at `path` in. There is nothing to ask where there is but one.
    pub(super) fn having(&self, path: &str, follow: bool) -> Result<&Layer> {
        if self.is_single() { Ok(&self.first) } else { Ok(self.holder(path, follow)?.0) }
    }

    /// Makes something new at `path` with `make`.
    pub(super) fn create<T>(&self, path: &str, make: impl Fn(&Layer) -> Result<T>) -> Result<T> {
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

    pub(super) fn open_layered(&self, path: &str, how: Open) -> Result<Object> {
        if how.create && how.exclusive && !how.directory {
            return self.create(path, |layer| layer.open(path, how)).map(alone);
        }
        let there = Open { create: how.create && how.directory, ..how };
        match self.ask(path, |layer| layer.open(path, there)) {
            Ok((Opened::File(file), _)) => Ok(Object::File(file)),
            Ok((Opened::Dir(_), _)) if how.create => Err(wasip1::ERRNO_ISDIR.into()),
            Ok((Opened::Dir(first), others)) => {
                // What else has this directory, lies below it.
                let again =
                    others.filter_map(|layer| match layer.open(path, Open { directory: true, ..how }) {
                        Ok(Opened::Dir(layer)) => Some(layer),
                        _ => None,
                    });
                Ok(Object::Dir(Dir::opened(first, again.collect())))
            }
            Err(error) if how.create && is_nothing(error) => {
                self.make(path, |layer| layer.open(path, how)).map(alone)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn rename_layered(&self, path: &str, new_dir: &Dir, new_path: &str) -> Result<()> {
        let (old, _) = self.holder(path, false)?;
        old.rename(path, new_dir.target(old, new_path)?, new_path)
    }

    pub(super) fn hard_link_layered(&self, path: &str, new_dir: &Dir, new_path: &str) -> Result<()> {
        let (old, _) = self.holder(path, false)?;
        if new_dir.holder(new_path, false).is_ok() {
            return Err(wasip1::ERRNO_EXIST.into());
        }
        old.hard_link(path, new_dir.target(old, new_path)?, new_path)
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

    /// Hands the entries of all layers to `each`, each name once.
    pub(super) fn merge_entries(&self, each: Each<'_>) -> Result<()> {
        let mut seen = HashSet::new();
        for layer in self.own_layers() {
            layer.entries(&mut |entry| {
                if seen.insert(entry.name.clone()) { each(entry) } else { Ok(()) }
            })?;
        }
        Ok(())
    }
}

/// What was opened in one layer, and is in no other.
fn alone(opened: Opened<Layer>) -> Object {
    match opened {
        Opened::File(file) => Object::File(file),
        Opened::Dir(layer) => Object::Dir(Dir::opened(layer, Vec::new())),
    }
}

/// True for the answer that a layer does not have what was asked for.
fn is_nothing(error: Error) -> bool {
    matches!(error.0, wasip1::ERRNO_NOENT | wasip1::ERRNO_NOTDIR)
}
