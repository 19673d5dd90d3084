//! The name space of a program: the root, what was granted below it, and what lies between.
//!
//! Each name that something was granted under is a place in one tree of names, as mount points are on Unix. C libraries and
//! runtimes look for a path in different ways: the longest grant whose name it begins with, absolute names only, or
//! descriptor 3 and nothing else. Whichever descriptor a path is given for, it is followed through this tree before a
//! directory sees it, so all of them find the same thing.
//!
//! A path goes through the places that it names. What is left of it belongs to the directory where it came to, which
//! confines it by itself. `..` leads from a place to the one around it; from what the program opened by itself no path leads
//! out, whatever lies around.

use std::sync::Arc;

use super::layers::Layers;
use super::names::{is_separator, joined, names, split};
use super::native::{Native, Wanted};
use super::spelled::Side;
use crate::errno::Result;
use crate::sys;
use terms::GuestName;

/// The number of a place in the tree of names.
pub(crate) type Id = usize;

/// The root's number.
pub(crate) const ROOT: Id = 0;

/// One place: a name that was granted, or one on the way to it.
#[derive(Debug)]
struct Node {
    name: String,
    parent: Id,
    children: Vec<Id>,
    layers: Arc<Layers>,
    /// True if something was granted here, and not only below.
    granted: bool,
    /// How what was granted here or below was written: relatively, absolutely. In a native root these differ.
    written: [bool; 2],
}

/// All places, and what is there.
#[derive(Debug)]
pub(crate) struct Space {
    nodes: Vec<Node>,
    /// Where the program stands, if not at the root, and the root without that.
    cwd: Option<(GuestName, Arc<Layers>)>,
    /// Where the root is that of the system, and which of two names is meant is not always told.
    native: Option<Native>,
}

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

impl Space {
    /// A space with nothing but a root. In a native one that is where the user stands.
    pub(crate) fn new(
        root: impl Into<Arc<Layers>>,
        cwd: Option<(GuestName, Layers)>,
        native: Option<Native>,
    ) -> Space {
        let root = Node {
            name: String::new(),
            parent: ROOT,
            children: Vec::new(),
            layers: root.into(),
            granted: true,
            written: [true; 2],
        };
        let cwd = cwd.map(|(name, root)| (name, Arc::new(root)));
        Space { nodes: vec![root], cwd, native }
    }

    /// Puts `layers` at `name`. Places on the way that are not there yet get what `between` makes of the place around them
    /// and their name. What was granted under a longer name must come later.
    ///
    /// # Errors
    /// Those of `between`.
    pub(crate) fn put(
        &mut self,
        written: &GuestName,
        layers: &Arc<Layers>,
        mut between: impl FnMut(&Layers, &str) -> Result<Layers>,
    ) -> Result<Id> {
        let mut at = ROOT;
        let absolute = written.as_str().starts_with(is_separator);
        let mut names = names(written.path()).peekable();
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            at = match self.child(at, name) {
                Some(child) => child,
                None => {
                    let around = match &self.native {
                        Some(native) if at == ROOT => native.side(Side::Root),
                        _ => &self.nodes[at].layers,
                    };
                    let layers = if is_last { Arc::clone(layers) } else { Arc::new(between(around, name)?) };
                    let child = self.nodes.len();
                    self.nodes.push(Node {
                        name: name.to_owned(),
                        parent: at,
                        children: Vec::new(),
                        layers,
                        granted: false,
                        written: [false; 2],
                    });
                    self.nodes[at].children.push(child);
                    child
                }
            };
            self.nodes[at].granted |= is_last;
            self.nodes[at].written[usize::from(absolute)] = true;
        }
        Ok(at)
    }

    /// True if `x` and `/x` differ: natively, and where the program does not stand at the root.
    pub(crate) fn has_sides(&self) -> bool {
        self.native.is_some() || self.cwd.is_some()
    }

    /// What is at the root, on a side of it if that is known.
    pub(crate) fn root(&self, side: Option<Side>) -> &Arc<Layers> {
        match (&self.native, &self.cwd, side) {
            (Some(native), _, Some(side)) => native.side(side),
            (None, Some((_, root)), Some(Side::Root)) => root,
            _ => self.layers(ROOT),
        }
    }

    /// What is at place `id`.
    fn layers(&self, id: Id) -> &Arc<Layers> {
        &self.nodes[id].layers
    }

    fn child(&self, at: Id, name: &str) -> Option<Id> {
        self.nodes[at].children.iter().copied().find(|&child| self.nodes[child].name == name)
    }

    /// As [`Space::child`], in a native root on `side` alone, if that is known. What is around the user the system knows.
    fn child_on(&self, side: Option<Side>, at: Id, name: &str) -> Option<Id> {
        let child = self.child(at, name)?;
        let is_there = match side {
            _ if at != ROOT || self.native.is_none() => true,
            _ if name == ".." => false,
            None => true,
            Some(side) => self.nodes[child].written[usize::from(side == Side::Root)],
        };
        is_there.then_some(child)
    }

    /// The side of a native root, if there is one.
    fn native(&self) -> Option<&Native> {
        self.native.as_ref()
    }

    /// Goes on from `at` through the places that `rest` names, as far as it does; returns what is left of it.
    ///
    /// # Errors
    /// `notcapable` if it leads above what there is, or above `place`, which the program opened.
    fn descend<'p>(
        &self,
        place: &Place,
        at: &mut Id,
        side: &mut Option<Side>,
        mut rest: &'p str,
    ) -> Result<&'p str> {
        while !rest.is_empty() {
            let (name, behind) = split(rest);
            *at = match name {
                "." => {
                    // Where a C library takes a slash away, this was not behind it. Alone it may be all that was left.
                    if *at == ROOT && side.is_none() && rest.len() > 1 {
                        *side = Some(Side::Here);
                    }
                    *at
                }
                ".." => match self.child_on(*side, *at, "..") {
                    Some(named_so) => named_so,
                    None if *at == place.node && place.start == Start::Opened => {
                        return Err(wasip1::ERRNO_NOTCAPABLE.into());
                    }
                    None if self.nodes[*at].name == ".." => return Err(wasip1::ERRNO_NOTCAPABLE.into()),
                    None if *at == ROOT => {
                        let native = self.native.as_ref().ok_or(wasip1::ERRNO_NOTCAPABLE)?;
                        // The system knows what is around where the user stands. Around its root is the root.
                        let way = side.get_or_insert_with(|| native.way_up(rest));
                        if *way == Side::Here {
                            return Ok(rest);
                        }
                        ROOT
                    }
                    None => self.nodes[*at].parent,
                },
                name => match self.child_on(*side, *at, name) {
                    Some(child) => child,
                    None => return Ok(rest),
                },
            };
            rest = behind;
        }
        Ok(rest)
    }

    /// What is left of `rest` above place `at`, if it leads there by `..`.
    fn above<'p>(&self, at: Id, rest: &'p str) -> Option<&'p str> {
        let (mut depth, mut left) = (0usize, rest);
        while !left.is_empty() {
            let (name, behind) = split(left);
            match name {
                "." => {}
                ".." if depth == 0 => {
                    // Links on the way may have led elsewhere: only who stands at the place leaves it.
                    let before = &rest[..rest.len() - left.len()];
                    let layers = &self.nodes[at].layers;
                    let (here, there) = (layers.filestat().ok()?, layers.filestat_at(before, true).ok()?);
                    return ((here.dev, here.ino) == (there.dev, there.ino)).then_some(behind);
                }
                ".." => depth -= 1,
                _ => depth += 1,
            }
            left = behind;
        }
        None
    }
}

impl Place {
    /// Where a granted directory stands.
    pub(crate) fn granted(space: &Arc<Space>, node: Id, side: Option<Side>) -> Place {
        Place { space: Arc::clone(space), node, start: Start::Granted, side }
    }

    /// Where a directory stands that the program opened, which `way` led to. `None` if nothing was granted below it: then it is
    /// a directory like any other.
    pub(crate) fn opened(&self, way: &Way<'_, '_>) -> Option<Place> {
        let has_more = way.is_place && !self.space.nodes[way.node].children.is_empty();
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
        if let (Some(native), Some((letter, rest))) = (space.native(), sys::drive(path)) {
            let rest = if rest.is_empty() { "." } else { rest };
            let way = Way { drive: Some(letter), ..Way::within(native.drive(letter)?, rest) };
            return if sys::leaves_directory(rest) { Err(wasip1::ERRNO_NOTCAPABLE.into()) } else { Ok(way) };
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
            rest = space.descend(self, &mut at, &mut side, rest)?;
            if at == ROOT || self.start == Start::Opened || !rest.contains("..") {
                break;
            }
            let Some(above) = space.above(at, rest) else { break };
            if space.nodes[at].name == ".." {
                return Err(wasip1::ERRNO_NOTCAPABLE.into());
            }
            (at, rest) = (space.nodes[at].parent, above);
        }
        // In a native root a place that is only on the way to a grant is the system's own.
        if let Some(whole) = from_root.filter(|_| !space.nodes[at].granted) {
            (at, rest) = (ROOT, whole);
        }
        let is_place = rest.is_empty();
        let mut decided = false;
        if let (ROOT, Some(native), None) = (at, space.native(), side) {
            side = Some(native.decide(rest, wanted).ok_or(wasip1::ERRNO_NOTCAPABLE)?);
            decided = true;
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

    /// Tells a native root what `way` led to: a directory, or something that the program `made`. What lies in it is looked for
    /// where that is, and what was made may be changed there.
    pub(crate) fn found(&self, way: &Way<'_, '_>, made: bool) {
        if let (Some(native), Some(side), true) = (self.space.native(), way.side, way.decided) {
            native.found(way.rest, side, made);
        }
    }

    /// The path of what `way` leads to, in the program's world. In a native root it is relative where the user stands. `stands`
    /// says that it lies where the program does.
    pub(crate) fn path_of(&self, way: &Way<'_, '_>, stands: bool) -> String {
        if let Some(letter) = way.drive {
            return format!("{}:/{}", char::from(letter), names(way.rest).collect::<Vec<_>>().join("/"));
        }
        if way.node == ROOT && way.side == Some(Side::Here) {
            return joined("", way.rest);
        }
        if let (ROOT, true, Some((cwd, _))) = (way.node, stands, &self.space.cwd) {
            return joined(&format!("/{}", cwd.path()), way.rest);
        }
        let (mut at, mut around) = (way.node, Vec::new());
        while at != ROOT {
            around.push(&*self.space.nodes[at].name);
            at = self.space.nodes[at].parent;
        }
        around.reverse();
        joined(&format!("/{}", around.join("/")), way.rest)
    }

    /// The names of what was granted just below this place.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let space = &*self.space;
        let shown = self.node != ROOT || !space.has_sides() || self.side == Some(Side::Root);
        let children = shown.then(|| space.nodes[self.node].children.iter());
        children.into_iter().flatten().map(|&child| &*space.nodes[child].name).filter(|name| *name != "..")
    }
}
