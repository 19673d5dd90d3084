//! An open directory of a tree, and the verbs that take a path below it; opening has a file of its own.
//!
//! Which answer comes first where several would fit is what Linux does below a cap-std handle.

use std::sync::{Arc, Mutex};

use super::super::names::around;
use super::hold::{Hold, Tree};
use super::nodes::{Body, Id, Listed, Names, Nodes, ino};
use super::source::{Files, Nothing};
use super::walk::End;
use crate::clock::Clocks;
use crate::errno::{Error, Result};
use crate::fs::listing::{Each, Entry};
use crate::kept::Budget;
use crate::words::{Access, Filestat, Times};

/// The device number of the first tree; the next ones follow. Hosts count theirs from 0, and in 32 bits.
const DEVICE: u64 = u64::from_be_bytes(*b"wasmpack");

/// An open directory.
#[derive(Debug)]
pub(crate) struct TreeDir {
    pub(super) hold: Hold,
}

impl TreeDir {
    /// The root of tree number `number`, which is directory `root` of `files`. What is changed counts against `budget`.
    pub(crate) fn root(
        files: Arc<dyn Files>,
        root: u32,
        access: Access,
        number: usize,
        budget: &Budget,
        clocks: &Arc<Clocks>,
    ) -> TreeDir {
        let device = DEVICE + number as u64;
        TreeDir::of(Nodes::new(files, root, device, budget.clone(), Arc::clone(clocks)), access)
    }

    /// An empty tree that cannot be changed.
    pub(crate) fn nothing(number: usize, clocks: &Arc<Clocks>) -> TreeDir {
        let (device, budget) = (DEVICE + number as u64, Budget::default());
        let nodes = Nodes::new(Arc::new(Nothing), 0, device, budget, Arc::clone(clocks));
        TreeDir::of(nodes, Access::ReadOnly)
    }

    fn of(mut nodes: Nodes, access: Access) -> TreeDir {
        nodes.hold(Nodes::ROOT);
        let tree = Arc::new(Tree { access, nodes: Mutex::new(nodes) });
        TreeDir { hold: Hold { tree, node: Nodes::ROOT } }
    }

    /// The same directory once more.
    pub(crate) fn again(&self) -> TreeDir {
        self.dir(&mut self.hold.tree.lock(), self.hold.node)
    }

    /// What may be done below it.
    pub(crate) fn access(&self) -> Access {
        self.hold.tree.access
    }

    /// True if both lie in one tree.
    pub(crate) fn shares(&self, other: &TreeDir) -> bool {
        Arc::ptr_eq(&self.hold.tree, &other.hold.tree)
    }

    pub(super) fn dir(&self, nodes: &mut Nodes, node: Id) -> TreeDir {
        TreeDir { hold: Hold::new(&self.hold.tree, nodes, node) }
    }

    /// What is known about the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat> {
        self.hold.tree.lock().filestat(self.hold.node)
    }

    /// Why nothing is made at `path`, where nothing stands, of a tree that cannot be changed: that, or there is no directory around it.
    pub(super) fn not_made(&self, path: &str) -> Error {
        let around = around(path).map_or(Ok(()), |around| self.filestat_at(around, true).map(drop));
        around.err().unwrap_or(wasip1::ERRNO_ROFS.into())
    }

    /// What is known about `path`.
    pub(crate) fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat> {
        let mut nodes = self.hold.tree.lock();
        let id = nodes.find(self.hold.node, path, follow)?;
        nodes.filestat(id)
    }

    /// Sets the directory's own times.
    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        self.hold.tree.writable()?;
        self.hold.tree.lock().set_times(self.hold.node, times);
        Ok(())
    }

    /// Sets the times of `path`.
    pub(crate) fn set_times_at(&self, path: &str, times: Times, follow: bool) -> Result<()> {
        self.hold.tree.writable()?;
        let mut nodes = self.hold.tree.lock();
        let id = nodes.find(self.hold.node, path, follow)?;
        nodes.set_times(id, times);
        Ok(())
    }

    pub(crate) fn create_dir(&self, path: &str) -> Result<()> {
        self.hold.tree.writable()?;
        let mut nodes = self.hold.tree.lock();
        let place = nodes.vacant(self.hold.node, path, true)?;
        let body = Body::Dir { names: Listed::Names(Names::new()), parent: place.dir };
        nodes.create(place.dir, &place.name, body).map(drop)
    }

    pub(crate) fn remove_dir(&self, path: &str) -> Result<()> {
        self.hold.tree.writable()?;
        let mut nodes = self.hold.tree.lock();
        let place = nodes.walk(self.hold.node, path, End::Itself)?;
        let id = place.node.ok_or(wasip1::ERRNO_NOENT)?;
        if !place.is_name() {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        // This is `notdir` for anything else.
        if !nodes.names(id)?.is_empty() {
            return Err(wasip1::ERRNO_NOTEMPTY.into());
        }
        nodes.unlink(place.dir, &place.name, id)
    }

    /// Removes a file or symbolic link.
    pub(crate) fn remove_file(&self, path: &str) -> Result<()> {
        self.hold.tree.writable()?;
        let mut nodes = self.hold.tree.lock();
        let place = nodes.walk(self.hold.node, path, End::Itself)?;
        let id = place.node.ok_or(wasip1::ERRNO_NOENT)?;
        if nodes.is_dir(id) {
            return Err(wasip1::ERRNO_ISDIR.into());
        }
        if place.slash {
            return Err(wasip1::ERRNO_NOTDIR.into());
        }
        nodes.unlink(place.dir, &place.name, id)
    }

    /// Renames `path` to `new_path` below `new_dir`, which must lie in the same tree.
    pub(crate) fn rename(&self, path: &str, new_dir: &TreeDir, new_path: &str) -> Result<()> {
        self.hold.tree.writable()?;
        let mut nodes = self.hold.tree.lock();
        let old = nodes.walk(self.hold.node, path, End::Itself)?;
        let new = nodes.walk(new_dir.hold.node, new_path, End::Itself)?;
        if !old.is_name() || !new.is_name() {
            return Err(wasip1::ERRNO_BUSY.into());
        }
        let id = old.node.ok_or(wasip1::ERRNO_NOENT)?;
        let moves_dir = nodes.is_dir(id);
        if !moves_dir && (old.slash || new.slash) {
            return Err(wasip1::ERRNO_NOTDIR.into());
        }
        // First: what was around a directory that is gone may be forgotten already.
        if nodes.is_gone(new.dir) {
            return Err(wasip1::ERRNO_NOENT.into());
        }
        if moves_dir && nodes.is_around(id, new.dir)? {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        if let Some(replaced) = new.node {
            match (moves_dir, nodes.is_dir(replaced)) {
                _ if replaced == id => return Ok(()),
                (_, true) if nodes.is_around(replaced, old.dir)? => return Err(wasip1::ERRNO_NOTEMPTY.into()),
                (true, false) => return Err(wasip1::ERRNO_NOTDIR.into()),
                (false, true) => return Err(wasip1::ERRNO_ISDIR.into()),
                (true, true) if !nodes.names(replaced)?.is_empty() => {
                    return Err(wasip1::ERRNO_NOTEMPTY.into());
                }
                _ => nodes.unlink(new.dir, &new.name, replaced)?,
            }
        }
        nodes.rename(id, (old.dir, &old.name), (new.dir, &new.name))
    }

    /// Makes `new_path` below `new_dir`, which must lie in the same tree, another name of the file `path`.
    pub(crate) fn hard_link(&self, path: &str, new_dir: &TreeDir, new_path: &str) -> Result<()> {
        self.hold.tree.writable()?;
        let mut nodes = self.hold.tree.lock();
        // Both ways are walked before anything is said of their ends.
        let old = nodes.walk(self.hold.node, path, End::Slash)?;
        nodes.walk(new_dir.hold.node, new_path, End::Itself)?;
        let id = nodes.at(&old)?;
        let new = nodes.vacant(new_dir.hold.node, new_path, false)?;
        if nodes.is_dir(id) {
            return Err(wasip1::ERRNO_PERM.into());
        }
        nodes.link(new.dir, &new.name, id)
    }

    /// Makes `path` a symbolic link to `target`, which must be relative.
    pub(crate) fn symlink(&self, target: &str, path: &str) -> Result<()> {
        self.hold.tree.writable()?;
        if target.starts_with('/') {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
        }
        let mut nodes = self.hold.tree.lock();
        let place = nodes.vacant(self.hold.node, path, false)?;
        nodes.create(place.dir, &place.name, Body::Link(target.into())).map(drop)
    }

    /// What the symbolic link `path` points to.
    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>> {
        let mut nodes = self.hold.tree.lock();
        let id = nodes.find(self.hold.node, path, false)?;
        match nodes.body(id) {
            Body::Link(target) if target.starts_with('/') => Err(wasip1::ERRNO_NOTCAPABLE.into()),
            Body::Link(target) => Ok(target.as_bytes().to_vec()),
            Body::Dir { .. } | Body::File(_) => Err(wasip1::ERRNO_INVAL.into()),
        }
    }

    /// Hands the entries but `.` and `..` to `each`, in the order of their bytes.
    pub(crate) fn entries(&self, each: Each<'_>) -> Result<()> {
        let mut nodes = self.hold.tree.lock();
        nodes.names(self.hold.node)?;
        let Body::Dir { names: Listed::Names(names), .. } = nodes.body(self.hold.node) else { return Ok(()) };
        names.iter().try_for_each(|(name, &id)| {
            each(Entry { name: name.clone().into_bytes(), ino: ino(id), filetype: nodes.filetype(id) })
        })
    }
}
