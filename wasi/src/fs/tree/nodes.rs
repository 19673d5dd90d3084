//! The nodes of a tree, as far as they are known, by number.
//!
//! A node is there as long as a name leads to it or a descriptor holds it. A directory knows nothing of what it
//! holds until that is asked for the first time. Numbers are given in the order in which nodes become known, and
//! never twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::content::Content;
use super::source::{Files, Node};
use crate::clock::Clocks;
use crate::errno::Result;
use crate::kept::{Budget, Kept};

/// A node's number.
pub(super) type Id = u64;

/// 1980-01-01T00:00:00Z in nanoseconds: the time of everything that was not changed.
const UNCHANGED: u64 = terms::YEAR_1980 * 1_000_000_000;

/// The longest name, in bytes: Linux's NAME_MAX.
const NAME_MAX: usize = 255;

/// What a name that the program made takes in memory at most, with the node it leads to.
const NAME_COST: u64 = 1024;

/// The names in a directory.
pub(super) type Names = BTreeMap<String, Id>;

/// All nodes of a tree.
#[derive(Debug)]
pub(super) struct Nodes {
    files: Arc<dyn Files>,
    pub(super) device: u64,
    nodes: HashMap<Id, Known>,
    next: Id,
    budget: Budget,
    clocks: Arc<Clocks>,
}

/// What is known about a node.
#[derive(Debug)]
pub(super) struct Known {
    body: Body,
    /// How many names lead to it.
    pub(super) links: u64,
    /// How many descriptors hold it.
    holds: u64,
    pub(super) accessed: u64,
    pub(super) modified: u64,
    pub(super) changed: u64,
    /// What it takes in memory, names included, if the program made it or gave it more names.
    kept: Kept,
}

/// What sort of node it is.
#[derive(Debug)]
pub(super) enum Body {
    /// A directory.
    Dir {
        names: Listed,
        parent: Id,
    },
    File(Content),
    /// A symbolic link, and what it holds.
    Link(Arc<str>),
}

/// What a directory holds.
#[derive(Debug)]
pub(super) enum Listed {
    /// What the source's directory does; nobody has looked.
    Source(u32),
    Names(Names),
}

impl Nodes {
    /// The root's number.
    pub(super) const ROOT: Id = 0;

    /// A tree of which only the root is known: directory `root` of `files`.
    pub(super) fn new(
        files: Arc<dyn Files>,
        root: u32,
        device: u64,
        budget: Budget,
        clocks: Arc<Clocks>,
    ) -> Nodes {
        let mut nodes = Nodes { files, device, nodes: HashMap::new(), next: Nodes::ROOT, budget, clocks };
        nodes.add(Body::Dir { names: Listed::Source(root), parent: Nodes::ROOT }, UNCHANGED);
        nodes
    }

    /// The time of day, as the program's clock shows it.
    pub(super) fn now(&self) -> u64 {
        self.clocks.time_of_day()
    }

    /// A new node, with one name to come.
    fn add(&mut self, body: Body, time: u64) -> Id {
        let id = self.next;
        self.next += 1;
        let kept = self.budget.nothing();
        let known = Known { body, links: 1, holds: 0, accessed: time, modified: time, changed: time, kept };
        self.nodes.insert(id, known);
        id
    }

    pub(super) fn known(&self, id: Id) -> &Known {
        self.nodes.get(&id).expect("a node that is named or held is there")
    }

    pub(super) fn known_mut(&mut self, id: Id) -> &mut Known {
        self.nodes.get_mut(&id).expect("a node that is named or held is there")
    }

    /// What sort of node `id` is.
    pub(super) fn body(&self, id: Id) -> &Body {
        &self.known(id).body
    }

    pub(super) fn is_dir(&self, id: Id) -> bool {
        matches!(self.body(id), Body::Dir { .. })
    }

    /// True for a node that no name leads to any more.
    pub(super) fn is_gone(&self, id: Id) -> bool {
        self.known(id).links == 0
    }

    /// The directory around directory `id`; the root's is the root.
    pub(super) fn parent(&self, id: Id) -> Result<Id> {
        match self.body(id) {
            Body::Dir { parent, .. } => Ok(*parent),
            Body::File(_) | Body::Link(_) => Err(wasip1::ERRNO_NOTDIR.into()),
        }
    }

    /// The names in directory `id`, which is looked at if nobody has yet.
    pub(super) fn names(&mut self, id: Id) -> Result<&mut Names> {
        if let Body::Dir { names: Listed::Source(source), .. } = self.body(id) {
            let mut names = Names::new();
            for (name, node) in Arc::clone(&self.files).children(*source)? {
                let body = match node {
                    Node::Dir(source) => Body::Dir { names: Listed::Source(source), parent: id },
                    Node::File { id, len } => Body::File(Content::of(id, len, &self.budget)),
                    Node::Link(target) => Body::Link(target.into()),
                };
                names.insert(name, self.add(body, UNCHANGED));
            }
            self.known_mut(id).body = Body::Dir { names: Listed::Names(names), parent: self.parent(id)? };
        }
        match &mut self.known_mut(id).body {
            Body::Dir { names: Listed::Names(names), .. } => Ok(names),
            _ => Err(wasip1::ERRNO_NOTDIR.into()),
        }
    }

    /// What `name` in directory `id` leads to, if it is there.
    pub(super) fn lookup(&mut self, id: Id, name: &str) -> Result<Option<Id>> {
        let names = self.names(id)?;
        if name.len() > NAME_MAX {
            return Err(wasip1::ERRNO_NAMETOOLONG.into());
        }
        Ok(names.get(name).copied())
    }

    /// Makes a node and names it `name` in `dir`.
    ///
    /// # Errors
    /// `noent` if `dir` was removed; `nospc` if more would be kept in memory than may be.
    pub(super) fn create(&mut self, dir: Id, name: &str, body: Body) -> Result<Id> {
        if self.is_gone(dir) {
            return Err(wasip1::ERRNO_NOENT.into());
        }
        self.names(dir)?;
        let text = if let Body::Link(target) = &body { target.len() as u64 } else { 0 };
        let mut kept = self.budget.nothing();
        if !kept.grow(NAME_COST + text) {
            return Err(wasip1::ERRNO_NOSPC.into());
        }
        let id = self.add(body, self.now());
        self.known_mut(id).kept = kept;
        self.put(dir, name, id)?;
        Ok(id)
    }

    /// An empty file, to be made.
    pub(super) fn empty_file(&self) -> Body {
        Body::File(Content::empty(&self.budget))
    }

    /// Gives `id` one more name.
    ///
    /// # Errors
    /// As [`Nodes::create`].
    pub(super) fn link(&mut self, dir: Id, name: &str, id: Id) -> Result<()> {
        if !self.known_mut(id).kept.grow(NAME_COST) {
            return Err(wasip1::ERRNO_NOSPC.into());
        }
        self.put(dir, name, id)?;
        let now = self.now();
        let known = self.known_mut(id);
        known.links += 1;
        known.changed = now;
        Ok(())
    }

    /// Takes `name`, which leads to `id`, out of `dir`. A directory must be empty.
    pub(super) fn unlink(&mut self, dir: Id, name: &str, id: Id) -> Result<()> {
        self.take(dir, name)?;
        let now = self.now();
        let known = self.known_mut(id);
        known.links -= 1;
        known.changed = now;
        // The last name is given back with the node.
        if known.links > 0 {
            known.kept.shrink(NAME_COST);
        }
        self.forget(id);
        Ok(())
    }

    /// Moves `id` from one name to another, which is free.
    pub(super) fn rename(&mut self, id: Id, old: (Id, &str), new: (Id, &str)) -> Result<()> {
        self.names(new.0)?;
        self.take(old.0, old.1)?;
        self.put(new.0, new.1, id)?;
        let now = self.now();
        let known = self.known_mut(id);
        known.changed = now;
        if let Body::Dir { parent, .. } = &mut known.body {
            *parent = new.0;
        }
        Ok(())
    }

    fn put(&mut self, dir: Id, name: &str, id: Id) -> Result<()> {
        self.names(dir)?.insert(name.to_owned(), id);
        self.touch(dir);
        Ok(())
    }

    fn take(&mut self, dir: Id, name: &str) -> Result<()> {
        self.names(dir)?.remove(name);
        self.touch(dir);
        Ok(())
    }

    /// Notes that what `id` holds has changed.
    pub(super) fn touch(&mut self, id: Id) {
        let now = self.now();
        let known = self.known_mut(id);
        (known.modified, known.changed) = (now, now);
    }

    /// Keeps `id` until it is released as often as it was held.
    pub(super) fn hold(&mut self, id: Id) {
        self.known_mut(id).holds += 1;
    }

    /// See [`Nodes::hold`].
    pub(super) fn release(&mut self, id: Id) {
        self.known_mut(id).holds -= 1;
        self.forget(id);
    }

    /// Forgets `id` if nothing leads to it.
    fn forget(&mut self, id: Id) {
        let known = self.known(id);
        if known.links == 0 && known.holds == 0 {
            self.nodes.remove(&id);
        }
    }

    /// The content of file `id`, and the source it may come from.
    pub(super) fn content(&mut self, id: Id) -> Result<(&mut Content, &dyn Files)> {
        let known = self.nodes.get_mut(&id).expect("a node that is named or held is there");
        match &mut known.body {
            Body::File(content) => Ok((content, &*self.files)),
            Body::Dir { .. } | Body::Link(_) => Err(wasip1::ERRNO_ISDIR.into()),
        }
    }
}

/// The inode number of a node.
pub(super) fn ino(id: Id) -> u64 {
    id + 1
}
