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
use super::names::{around, is_separator, joined, names, split};
use super::native::Native;
use super::rule::Wanted;
use super::spelled::Side;
use crate::errno::Result;
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
    /// Where the program stands, if not at the root.
    cwd: Option<Standing>,
    /// Where the root is that of the system, and which of two names is meant is not always told.
    native: Option<Native>,
}

/// Where a program stands that does not stand at the root. What is at the root's own place is both, one over the other.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Its name.
    pub(crate) name: GuestName,
    /// What is there.
    pub(crate) here: Arc<Layers>,
    /// What is at the root.
    pub(crate) root: Arc<Layers>,
}

impl Standing {
    /// The side on which `path` is changed, which may have begun with a slash: where the program stands, unless the root alone has
    /// the directory around it.
    pub(super) fn side_to_change(&self, path: &str) -> Side {
        let has = |layers: &Layers, around: &str| layers.filestat_at(around, true).is_ok();
        match around(path) {
            Some(around) if !has(&self.here, around) && has(&self.root, around) => Side::Root,
            _ => Side::Here,
        }
    }
}

impl Space {
    /// A space with nothing but a root. In a native one that is where the user stands.
    pub(crate) fn new(root: impl Into<Arc<Layers>>, cwd: Option<Standing>, native: Option<Native>) -> Space {
        let root = Node {
            name: String::new(),
            parent: ROOT,
            children: Vec::new(),
            layers: root.into(),
            granted: true,
            written: [true; 2],
        };
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
            (None, Some(cwd), Some(Side::Root)) => &cwd.root,
            (None, Some(cwd), Some(Side::Here)) => &cwd.here,
            _ => self.layers(ROOT),
        }
    }

    /// What is at place `id`.
    pub(super) fn layers(&self, id: Id) -> &Arc<Layers> {
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

    /// Whether what was granted at place `at` is meant by its name. Natively it may not be, where something is to be changed, the
    /// name was granted with a slash alone, and the user has such a directory.
    pub(super) fn is_meant(&self, at: Id, rest: &str, wanted: Wanted) -> bool {
        let Some(native) = self.native.as_ref().filter(|_| wanted != Wanted::Look) else { return true };
        self.nodes[at].written != [false, true] || !native.is_here(&joined(&self.name(at), rest), wanted)
    }

    /// True if something was granted at place `id`, and not only below it.
    pub(super) fn is_granted(&self, id: Id) -> bool {
        self.nodes[id].granted
    }

    /// The names of the places just below `id`.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = &str> {
        self.nodes[id].children.iter().map(|&child| &*self.nodes[child].name)
    }

    /// Where the program stands, if not at the root.
    pub(super) fn cwd(&self) -> Option<&Standing> {
        self.cwd.as_ref()
    }

    /// The names on the way to place `id`, with slashes between them.
    pub(super) fn name(&self, mut id: Id) -> String {
        let mut around = Vec::new();
        while id != ROOT {
            around.push(&*self.nodes[id].name);
            id = self.nodes[id].parent;
        }
        around.reverse();
        around.join("/")
    }

    /// The two sides of a native root, if this is one.
    pub(super) fn native(&self) -> Option<&Native> {
        self.native.as_ref()
    }

    /// Goes on from `at` through the places that `rest` names, as far as it does; returns what is left of it.
    ///
    /// # Errors
    /// `notcapable` if it leads above what there is, or above the place `opened`, if the program opened one.
    pub(super) fn descend<'p>(
        &self,
        opened: Option<Id>,
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
                ".." if opened == Some(*at) => return Err(wasip1::ERRNO_NOTCAPABLE.into()),
                ".." => match self.child_on(*side, *at, "..") {
                    Some(named_so) => named_so,
                    None if self.nodes[*at].name == ".." => return Err(wasip1::ERRNO_NOTCAPABLE.into()),
                    None if *at == ROOT && self.native.is_none() => {
                        *at = self.around_cwd(*side).ok_or(wasip1::ERRNO_NOTCAPABLE)?;
                        *side = Some(Side::Root);
                        *at
                    }
                    None if *at == ROOT => {
                        let native = self.native.as_ref().ok_or(wasip1::ERRNO_NOTCAPABLE)?;
                        // The system knows what is around where the user stands. Around its root is the root.
                        let way = side.get_or_insert_with(|| native.way_up(rest));
                        if *way == Side::Here {
                            return Ok(rest);
                        }
                        ROOT
                    }
                    None => {
                        let parent = self.nodes[*at].parent;
                        // Around what was granted lies the root, wherever the program stands.
                        if parent == ROOT && self.cwd.is_some() {
                            *side = Some(Side::Root);
                        }
                        parent
                    }
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

    /// The place around where the program stands, if it does not stand at the root and that is where `..` was written.
    fn around_cwd(&self, side: Option<Side>) -> Option<Id> {
        let cwd = self.cwd.as_ref().filter(|_| side != Some(Side::Root))?;
        let mut names: Vec<&str> = names(cwd.name.path()).collect();
        names.pop()?;
        names.into_iter().try_fold(ROOT, |at, name| self.child(at, name))
    }

    /// The place that one comes to by `..` from place `at`, if there is one.
    pub(super) fn around(&self, at: Id, side: Option<Side>) -> Option<Id> {
        match at {
            ROOT if self.native.is_some() => None,
            ROOT => self.child(ROOT, "..").or_else(|| self.around_cwd(side)),
            _ => Some(self.nodes[at].parent).filter(|_| self.nodes[at].name != ".."),
        }
    }

    /// What is left of `rest` above place `at`, if it leads there by `..`.
    pub(super) fn above<'p>(&self, at: Id, rest: &'p str, side: Option<Side>) -> Option<&'p str> {
        let (mut depth, mut left) = (0usize, rest);
        while !left.is_empty() {
            let (name, behind) = split(left);
            match name {
                "." => {}
                ".." if depth == 0 => {
                    // Links on the way may have led elsewhere: only who stands at the place leaves it.
                    let before = &rest[..rest.len() - left.len()];
                    let layers = if at == ROOT { self.root(side) } else { self.layers(at) };
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
