//! From a path to a place in a tree, as Linux walks it below a directory that may not be left.
//!
//! A path starts at the directory of the descriptor it was given for, and `..` never leads above that, nor does a
//! symbolic link, whose target is a path that goes on where the link lies.

use std::borrow::Cow;

use super::super::names::is_separator;
use super::nodes::{Body, Id, Nodes};
use crate::errno::Result;

/// How many symbolic links may lie on the way: Linux's number.
const LINKS_MAX: u32 = 40;

/// How to treat a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The link itself is meant, also with a slash behind it.
    Itself,
    /// The link itself is meant, unless a slash behind it asks for a directory.
    Slash,
    /// It is followed.
    Follow,
    /// It is followed to where a file is to be made; no file is made where a slash asks for a directory.
    Create,
}

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Place {
    /// The directory around it.
    pub(super) dir: Id,
    /// Its last name; may be `.` or `..`.
    pub(super) name: String,
    /// True if slashes follow the name: it must be a directory.
    pub(super) slash: bool,
    /// What stands there.
    pub(super) node: Option<Id>,
}

impl Place {
    /// False for `.` and `..`, which cannot be given to anything or taken away.
    pub(super) fn is_name(&self) -> bool {
        self.name != "." && self.name != ".."
    }
}

impl Nodes {
    /// Walks `path` from `base`. The last name need not be there.
    ///
    /// # Errors
    /// `noent`, `notdir` for what is on the way; `notcapable` if it leads above `base`; `loop`, `nametoolong`.
    pub(super) fn walk(&mut self, base: Id, path: &str, end: End) -> Result<Place> {
        let mut path = Cow::Borrowed(path);
        let mut at = 0;
        let mut dir = base;
        let mut links = 0;
        loop {
            let rest = &path[at..];
            if rest.starts_with(is_separator) {
                return Err(wasip1::ERRNO_NOTCAPABLE.into());
            }
            let (name, behind) = rest.split_at(rest.find(is_separator).unwrap_or(rest.len()));
            let next = behind.trim_start_matches(is_separator);
            let (last, slash) = (next.is_empty(), !behind.is_empty());
            let node = match name {
                // Only a link can hold an empty path.
                "" => return Err(wasip1::ERRNO_NOENT.into()),
                "." => Some(dir),
                ".." if dir == base => return Err(wasip1::ERRNO_NOTCAPABLE.into()),
                ".." => Some(self.parent(dir)?),
                name => self.lookup(dir, name)?,
            };
            let follow = !last
                || match end {
                    End::Itself => false,
                    End::Slash => slash,
                    End::Follow => true,
                    End::Create => !slash,
                };
            if let Some(id) = node
                && follow
                && let Body::Link(target) = self.body(id)
            {
                links += 1;
                if links > LINKS_MAX {
                    return Err(wasip1::ERRNO_LOOP.into());
                }
                path = format!("{target}{behind}").into();
                at = 0;
                continue;
            }
            if last {
                return Ok(Place { dir, name: name.to_owned(), slash, node });
            }
            dir = node.ok_or(wasip1::ERRNO_NOENT)?;
            if !self.is_dir(dir) {
                return Err(wasip1::ERRNO_NOTDIR.into());
            }
            at = path.len() - next.len();
        }
    }

    /// What stands at `path`.
    ///
    /// # Errors
    /// As [`Nodes::walk`]; `noent` if nothing does; `notdir` if a slash asks for a directory and it is none.
    pub(super) fn find(&mut self, base: Id, path: &str, follow: bool) -> Result<Id> {
        let place = self.walk(base, path, if follow { End::Follow } else { End::Slash })?;
        self.at(&place)
    }

    /// What stands at `place`.
    ///
    /// # Errors
    /// As [`Nodes::find`].
    pub(super) fn at(&self, place: &Place) -> Result<Id> {
        let id = place.node.ok_or(wasip1::ERRNO_NOENT)?;
        if place.slash && !self.is_dir(id) {
            return Err(wasip1::ERRNO_NOTDIR.into());
        }
        Ok(id)
    }

    /// Where something new is to stand.
    ///
    /// # Errors
    /// As [`Nodes::walk`]; `exist` if something stands there; `noent` if a slash asks for a directory, and that is
    /// not what is made (`directory`), or if the directory around it was removed.
    pub(super) fn vacant(&mut self, base: Id, path: &str, directory: bool) -> Result<Place> {
        let place = self.walk(base, path, End::Itself)?;
        if place.node.is_some() {
            return Err(wasip1::ERRNO_EXIST.into());
        }
        if self.is_gone(place.dir) || (place.slash && !directory) {
            return Err(wasip1::ERRNO_NOENT.into());
        }
        Ok(place)
    }

    /// True if `outer` is `inner`, or a directory around it.
    pub(super) fn is_around(&self, outer: Id, inner: Id) -> Result<bool> {
        let mut at = inner;
        loop {
            if at == outer {
                return Ok(true);
            }
            let parent = self.parent(at)?;
            if parent == at {
                return Ok(false);
            }
            at = parent;
        }
    }
}
