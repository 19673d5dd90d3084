//! Where a tree comes from.

use std::io;

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
pub(crate) struct Nothing;

impl Files for Nothing {
    fn children(&self, _dir: u32) -> io::Result<Vec<(String, Node)>> {
        Ok(Vec::new())
    }

    fn read_at(&self, _file: u32, _offset: u64, _out: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}
