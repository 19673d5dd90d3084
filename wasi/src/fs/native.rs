//! A native program's root: where its user stands, the system's root, and what is known about which of the two a name means.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::host::dir::HostDir;
use super::layer::Layer;
use super::layers::Layers;
use super::names::{is_itself, names};
use super::rule::{Known, Wanted, decide};
use super::seen::Seen;
use super::spelled::{self, Place, Side, Spelled};
use crate::errno::Result;

/// Both places, and what is known about names.
#[derive(Debug)]
pub(crate) struct Native {
    here: Arc<Layers>,
    root: Arc<Layers>,
    /// True if both are one directory.
    same: bool,
    /// True if where the user stands is gone, or cannot be opened.
    lost: bool,
    /// By their first names: what begins with another says nothing about a path.
    spelled: HashMap<String, Vec<Spelled>>,
    seen: Mutex<Seen>,
    /// The roots of drives that were asked for, by their letters.
    drives: [OnceLock<Arc<Layers>>; 26],
}

impl Native {
    /// The two places, and the texts that a program starts with. `lost` says that the first could not be opened.
    pub(crate) fn new(
        (here, lost): (Layers, bool),
        root: Layers,
        arguments: &[&[u8]],
        variables: &[&[u8]],
    ) -> Native {
        // Some file systems count no links.
        let is_gone =
            || here.filestat().is_ok_and(|stat| stat.nlink == 0) && std::env::current_dir().is_err();
        let lost = lost || is_gone();
        let ids = |layers: &Layers| layers.filestat().map(|stat| (stat.dev, stat.ino));
        let same = matches!((ids(&here), ids(&root)), (Ok(here), Ok(root)) if here == root);
        let mut spelled = Vec::new();
        // The first argument is the program's own name.
        for text in arguments.iter().skip(1) {
            spelled::read_argument(&String::from_utf8_lossy(text), &mut spelled);
        }
        for text in variables {
            spelled::read_variable(&String::from_utf8_lossy(text), &mut spelled);
        }
        let mut by_first: HashMap<String, Vec<Spelled>> = HashMap::new();
        for one in spelled {
            by_first.entry(one.names.first().cloned().unwrap_or_default()).or_default().push(one);
        }
        let spelled = by_first;
        let (here, root) = (here.into(), root.into());
        let (seen, drives) = (Mutex::default(), Default::default());
        Native { here, root, same, lost, spelled, seen, drives }
    }

    /// What lies on a side.
    pub(crate) fn side(&self, side: Side) -> &Arc<Layers> {
        match side {
            Side::Here => &self.here,
            Side::Root => &self.root,
        }
    }

    /// The root of a drive.
    ///
    /// # Errors
    /// That of opening it.
    pub(crate) fn drive(&self, letter: u8) -> Result<&Arc<Layers>> {
        let slot = &self.drives[usize::from(letter - b'A')];
        if let Some(root) = slot.get() {
            return Ok(root);
        }
        let root = HostDir::unconfined_at(format!("{}:\\", char::from(letter)).into())?;
        Ok(slot.get_or_init(|| Arc::new(Layers::new(Layer::Host(root), Vec::new(), None))))
    }

    /// Those that begin as `path` does.
    fn spelled_like(&self, path: &str) -> &[Spelled] {
        self.spelled.get(names(path).next().unwrap_or_default()).map_or(&[], |spelled| spelled)
    }

    /// The side of a path that begins with `..`.
    pub(crate) fn way_up(&self, path: &str) -> Side {
        let is_this =
            |spelled: &&Spelled| spelled.place == Place::Argument && spelled.names.iter().eq(names(path));
        let spelled = self.spelled_like(path).iter().find(is_this);
        spelled.map_or(Side::Here, |spelled| spelled.side)
    }

    /// The side that `path`, which may have begun with a slash, is on. `None` if that is not known well enough for what is
    /// wanted.
    pub(crate) fn decide(&self, path: &str, wanted: Wanted) -> Option<Side> {
        if self.same {
            return Some(Side::Root);
        }
        let found = |path: &[&str]| self.seen().nearest(path);
        let has = |side: Side, path: &str| match self.side(side).filestat_at(path, false) {
            Ok(_) => true,
            // What cannot be looked at may be there.
            Err(error) => {
                side == Side::Here && !matches!(error.0, wasip1::ERRNO_NOENT | wasip1::ERRNO_NOTDIR)
            }
        };
        let is_device = |path: &str| {
            let stat = self.root.filestat_at(path, true);
            stat.is_ok_and(|stat| {
                !matches!(
                    stat.filetype,
                    wasip1::FILETYPE_REGULAR_FILE
                        | wasip1::FILETYPE_DIRECTORY
                        | wasip1::FILETYPE_BLOCK_DEVICE
                        | wasip1::FILETYPE_SYMBOLIC_LINK
                )
            })
        };
        let spelled = self.spelled_like(path);
        let is_link = |path: &str| {
            let stat = self.root.filestat_at(path, false);
            stat.is_ok_and(|stat| stat.filetype == wasip1::FILETYPE_SYMBOLIC_LINK)
        };
        let known = Known {
            spelled,
            lost: self.lost,
            found: &found,
            has: &has,
            is_link: &is_link,
            is_device: &is_device,
        };
        decide(path, wanted, &known)
    }

    /// True if `path` would be changed where the user stands, in a directory that is there.
    pub(crate) fn is_here(&self, path: &str, wanted: Wanted) -> bool {
        let first = names(path).next().unwrap_or(".");
        let is_there = || self.here.filestat_at(first, false).is_ok();
        !self.lost && is_there() && self.decide(path, wanted) == Some(Side::Here)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the directory `path` was found on `side`.
    pub(crate) fn found(&self, path: &str, side: Side) {
        if !is_itself(path) {
            self.seen().look(path, side);
        }
    }

    /// Notes that the program made `path` below the root. What it made where the user stands is found there by its first name.
    pub(crate) fn made(&self, path: &str) {
        self.seen().make(path);
    }

    /// Notes that nothing, or something else, stands at `path` below the root by now.
    pub(crate) fn gone(&self, path: &str) {
        self.seen().forget(path);
    }
}
