//! Trees of files that come with the program instead of from the host.
//!
//! A tree is what its [`Files`] say it is, looked at one directory at a time: a directory is asked for what it holds
//! when a path first leads into it, and content is read when the program reads it, so a tree of thousands of files
//! costs nothing at the start. What the program changes is kept in memory beside what the files say, block by block,
//! and is gone when it ends; the files themselves never change.
//!
//! ```text
//! dir, file  what a descriptor of a tree does: the verbs
//! walk       from a path to a place in the tree
//! nodes      the tree as far as it is known: directories, files, links, and how often each is named and held
//! content    the bytes of one file
//! ```
//!
//! Answers are those of a Linux file system below a cap-std handle; a test compares them call by call.

mod content;
mod dir;
mod file;
mod nodes;
mod walk;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use dir::TreeDir;
pub(crate) use file::TreeFile;
use nodes::{Id, Nodes};

use crate::Result;
use crate::ctx::Access;

/// Where an embedded tree comes from.
pub trait Files: std::fmt::Debug + Send + Sync {
    /// What directory `dir` holds, in the order of the names' bytes.
    ///
    /// # Errors
    /// What the program then sees where it looked.
    fn children(&self, dir: u32) -> io::Result<Vec<(String, Node)>>;

    /// Reads content of file `file` from `offset`; returns how many bytes, 0 at the end.
    ///
    /// # Errors
    /// What the program then sees where it read.
    fn read_at(&self, file: u32, offset: u64, out: &mut [u8]) -> io::Result<usize>;
}

/// One entry of a directory in an embedded tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory: what [`Files::children`] takes.
    Dir(u32),
    /// A file.
    File {
        /// What [`Files::read_at`] takes.
        id: u32,
        /// Its length in bytes.
        len: u64,
    },
    /// A symbolic link, and what it holds.
    Link(String),
}

/// A tree without files: an empty directory.
#[derive(Debug)]
struct Nothing;

impl Files for Nothing {
    fn children(&self, _dir: u32) -> io::Result<Vec<(String, Node)>> {
        Ok(Vec::new())
    }

    fn read_at(&self, _file: u32, _offset: u64, _out: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

/// A tree that descriptors share.
#[derive(Debug)]
struct Tree {
    access: Access,
    nodes: Mutex<Nodes>,
}

impl Tree {
    fn lock(&self) -> MutexGuard<'_, Nodes> {
        // Nobody waits for it: a program has one thread. wasmer wants state that could be sent to another.
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self) -> Result<()> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(wasip1::ERRNO_ROFS.into()),
        }
    }
}

/// A node in use: it stays as long as this does, also when its last name is gone.
#[derive(Debug)]
struct Hold {
    tree: Arc<Tree>,
    node: Id,
}

impl Hold {
    /// Holds `node`, which must be there.
    fn new(tree: &Arc<Tree>, nodes: &mut Nodes, node: Id) -> Hold {
        nodes.hold(node);
        Hold { tree: Arc::clone(tree), node }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.tree.lock().release(self.node);
    }
}
