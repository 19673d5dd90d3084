//! Where a directory descriptor stands in the name space, and where its paths lead.

use std::sync::Arc;

use super::layers::Layers;
use super::names::{is_separator, joined, names};
use super::native::Native;
use super::rule::Wanted;
use super::space::{Id, ROOT, Space};
use super::spelled::Side;
use crate::errno::Result;
use crate::path::MAX_LEN;
use crate::sys;

/// Where a directory descriptor stands in the space.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) space: Arc<Space>,
    node: Id,
    start: Start,
    /// Which side of the root this is, if it has two and that is known.
    side: Option<Side>,
}

/// How the program came to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// It was granted.
    Granted,
    /// The program opened it: nothing around it can be reached.
    Opened,
}

/// Where a path leads.
#[derive(Debug)]
pub(crate) struct Way<'s, 'p> {
    pub(crate) layers: &'s Arc<Layers>,
    /// What is left of the path.
    pub(crate) rest: &'p str,
    /// The place that the path came to.
    node: Id,
    /// True if the path names that place, and nothing below it.
    pub(crate) is_place: bool,
    /// In a native root: where it was looked for.
    side: Option<Side>,
    /// True if that was not told, and had to be decided.
    decided: bool,
    /// The drive that it was looked for on, if it named one.
    drive: Option<u8>,
}

impl<'s, 'p> Way<'s, 'p> {
    /// True if it was not told which side of a native root is meant.
    pub(crate) fn is_decided(&self) -> bool {
        self.decided
    }

    /// The way in a directory that nothing was granted around or below.
    pub(crate) fn within(layers: &'s Arc<Layers>, path: &'p str) -> Way<'s, 'p> {
        Way { layers, rest: path, node: ROOT, is_place: false, side: None, decided: false, drive: None }
    }
}

/// A directory below the root of a native program that was only looked for there: what is to be changed in it is asked for anew,
/// by its whole path.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    space: Arc<Space>,
    /// `None` for one that is longer than any path.
    path: Option<String>,
}

impl Looked {
    fn whole(&self, path: &str) -> Option<String> {
        let own = self.path.as_ref()?;
        let all: Vec<&str> = names(own).chain(names(path)).collect();
        Some(all.join("/")).filter(|path| path.len() <= MAX_LEN)
    }

    /// Whether what is `wanted` with `path` below it may be done there. `own` is what was opened: something else may stand at its
    /// path by now.
    pub(crate) fn may(&self, own: &Layers, path: &str, wanted: Wanted) -> bool {
        let is_meant = || {
            let (native, whole) = self.space.native().zip(self.whole(path))?;
            let there = native.side(Side::Root).filestat_at(self.path.as_ref()?, true).ok()?;
            let opened = own.filestat().ok()?;
            let is_still = (there.dev, there.ino) == (opened.dev, opened.ino);
            native.decide(&whole, wanted).filter(|_| is_still)
        };
        wanted == Wanted::Look || is_meant() == Some(Side::Root)
    }

    /// The directory `path` below it.
    pub(crate) fn below(&self, path: &str) -> Looked {
        Looked { path: self.whole(path), ..self.clone() }
    }

    /// Notes that the program made `path` below it.
    pub(crate) fn made(&self, path: &str) {
        if let Some((native, whole)) = self.space.native().zip(self.whole(path)) {
            native.made(&whole);
        }
    }

    /// Notes that `path` below it is there no more.
    pub(crate) fn gone(&self, path: &str) {
        if let Some((native, whole)) = self.space.native().zip(self.whole(path)) {
            native.gone(&whole);
        }
    }
}

impl Place {
    /// What `way`, which led to a directory below a native root, says of it: that it was only looked for there.
    pub(crate) fn looked(&self, way: &Way<'_, '_>) -> Option<Looked> {
        let is_looked = way.decided && way.side == Some(Side::Root);
        is_looked.then(|| Looked { space: Arc::clone(&self.space), path: Some(way.rest.to_owned()) })
    }

    /// Where a granted directory stands.
    pub(crate) fn granted(space: &Arc<Space>, node: Id, side: Option<Side>) -> Place {
        Place { space: Arc::clone(space), node, start: Start::Granted, side }
    }

    /// Where a directory stands that the program opened, which `way` led to. `None` if nothing was granted below it: then it is
    /// a directory like any other.
    pub(crate) fn opened(&self, way: &Way<'_, '_>) -> Option<Place> {
        let has_more = way.is_place && self.space.children(way.node).next().is_some();
        let space = Arc::clone(&self.space);
        has_more.then(|| Place { space, node: way.node, start: Start::Opened, side: way.side })
    }

    /// Where `path` leads from here, and what is wanted there.
    ///
    /// # Errors
    /// `notcapable` if it leads out of what was granted, or if it was not told which of two places is meant.
    pub(crate) fn way<'s, 'p>(&'s self, path: &'p str, wanted: Wanted) -> Result<Way<'s, 'p>> {
        let space = &*self.space;
        let (mut at, mut rest) = (self.node, path);
        let opened = (self.start == Start::Opened).then_some(self.node);
        if let (Some(native), Some((letter, on_drive))) = (space.native(), sys::drive(path)) {
            let mut granted = ROOT;
            space.descend(opened, &mut granted, &mut None, path)?;
            if granted == ROOT || !space.is_granted(granted) {
                return on_a_drive(native, letter, on_drive);
            }
            at = ROOT;
        }
        let mut side = self.side;
        if path.starts_with(is_separator) {
            if self.start == Start::Opened || self.node != ROOT {
                return Err(wasip1::ERRNO_NOTCAPABLE.into());
            }
            rest = path.trim_start_matches(is_separator);
            side = space.has_sides().then_some(Side::Root);
        }
        let from_root = (at == ROOT && space.native().is_some()).then_some(rest);
        loop {
            rest = space.descend(opened, &mut at, &mut side, rest)?;
            let leads_out = self.start == Start::Granted && rest.contains("..");
            let Some(around) = leads_out.then(|| space.around(at, side)).flatten() else { break };
            let Some(above) = space.above(at, rest, side) else { break };
            if at == ROOT || around == ROOT && space.cwd().is_some() {
                side = Some(Side::Root);
            }
            (at, rest) = (around, above);
        }
        // In a native root a place that is only on the way to a grant is the system's own.
        if let Some(whole) = from_root.filter(|_| !space.is_granted(at)) {
            (at, rest) = (ROOT, whole);
        }
        let is_place = rest.is_empty();
        let mut decided = false;
        if let (ROOT, Some(native), None) = (at, space.native(), side) {
            side = Some(native.decide(rest, wanted).ok_or(wasip1::ERRNO_NOTCAPABLE)?);
            decided = true;
        }
        if let (ROOT, Some(cwd), None) = (at, space.cwd().filter(|_| wanted != Wanted::Look), side) {
            side = Some(cwd.side_to_change(rest));
        }
        let is_granted = at != ROOT && self.start == Start::Granted && side.is_none();
        if is_granted && !space.is_meant(at, rest, wanted) {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
        }
        let layers = if at == ROOT { space.root(side) } else { space.layers(at) };
        let rest = if is_place { "." } else { rest };
        if sys::leaves_directory(rest) {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
        }
        Ok(Way { layers, rest, node: at, is_place, side, decided, drive: None })
    }

    /// True if `path` was refused only because it is not told which of two places is meant.
    pub(crate) fn is_unclear(&self, path: &str, wanted: Wanted) -> bool {
        let Some(native) = self.space.native() else { return false };
        let either = self.start == Start::Granted && self.side.is_none() && self.node == ROOT;
        either && native.decide(path, wanted).is_none()
    }

    /// The native root that `way` had to be decided in, and the side.
    fn decided(&self, way: &Way<'_, '_>) -> Option<(&Native, Side)> {
        self.space.native().zip(way.side).filter(|_| way.decided)
    }

    /// Tells a native root what directory `way` led to: what lies in it is looked for where that is.
    pub(crate) fn found(&self, way: &Way<'_, '_>) {
        if let Some((native, side)) = self.decided(way) {
            native.found(way.rest, side);
        }
    }

    /// Tells a native root what the program made by `way`: it may be changed there.
    pub(crate) fn made(&self, way: &Way<'_, '_>) {
        if let Some((native, Side::Root)) = self.decided(way) {
            native.made(way.rest);
        }
    }

    /// Tells a native root that what `way` led to is there no more.
    pub(crate) fn gone(&self, way: &Way<'_, '_>) {
        if let Some((native, Side::Root)) = self.decided(way) {
            native.gone(way.rest);
        }
    }

    /// The path of what `way` leads to, in the program's world. In a native root it is relative where the user stands. `stands`
    /// says that it lies where the program does.
    pub(crate) fn path_of(&self, way: &Way<'_, '_>, stands: bool) -> String {
        if let Some(letter) = way.drive {
            return format!("{}:/{}", char::from(letter), names(way.rest).collect::<Vec<_>>().join("/"));
        }
        if way.node == ROOT && way.side == Some(Side::Here) && self.space.native().is_some() {
            return joined("", way.rest);
        }
        let is_here = way.side == Some(Side::Here) || way.side.is_none() && stands;
        if let (ROOT, true, Some(cwd)) = (way.node, is_here, self.space.cwd()) {
            return joined(&format!("/{}", cwd.name.path()), way.rest);
        }
        let name = self.space.name(way.node);
        // What is granted as `..` lies around the root.
        let is_above = names(&name).next() == Some("..");
        joined(&if is_above { name } else { format!("/{name}") }, way.rest)
    }

    /// The names of what was granted just below this place.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let space = &*self.space;
        let shown = self.node != ROOT || !space.has_sides() || self.side == Some(Side::Root);
        let children = shown.then(|| space.children(self.node));
        children.into_iter().flatten().filter(|name| *name != "..")
    }
}

/// The way to `rest` on a drive of a native program.
fn on_a_drive<'s, 'p>(native: &'s Native, letter: u8, rest: &'p str) -> Result<Way<'s, 'p>> {
    let rest = if rest.is_empty() { "." } else { rest };
    if sys::leaves_directory(rest) {
        return Err(wasip1::ERRNO_NOTCAPABLE.into());
    }
    Ok(Way { drive: Some(letter), ..Way::within(native.drive(letter)?, rest) })
}
