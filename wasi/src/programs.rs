//! Programs that come with this one, and which it may become: each a name in the directory [`DIR`]. There they are files that can
//! be looked at, and not be read or changed.

use std::io;
use std::sync::Arc;

use crate::errno::Result;
use crate::fs::tree::source::{Files, Node};
use crate::strings::Strings;
use crate::words::Filestat;

/// The directory of their names.
pub const DIR: &str = terms::grant::PROGRAMS;

/// A name, and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The number that the launcher knows the program by.
    pub number: u32,
    /// Bytes that it is told to have.
    pub len: u64,
}

/// The program that this one becomes, with its new arguments and variables; carried through wasmer as a user error.
#[derive(Debug)]
pub struct Exec {
    pub(crate) number: u32,
    pub(crate) args: Strings,
    /// The old ones, if there are none.
    pub(crate) env: Option<Strings>,
}

impl std::fmt::Display for Exec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the program becomes another one")
    }
}

impl std::error::Error for Exec {}

/// The programs, in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    pub(crate) named: Arc<Vec<Named>>,
    /// The device of the files that they are.
    pub(crate) device: u64,
}

/// Their directory.
#[derive(Debug)]
pub(crate) struct Listed(pub(crate) Arc<Vec<Named>>);

impl Files for Listed {
    fn children(&self, _dir: u32) -> io::Result<Vec<(String, Node)>> {
        let node =
            |(id, named): (usize, &Named)| (named.name.clone(), Node::File { id: id as u32, len: named.len });
        Ok(self.0.iter().enumerate().map(node).collect())
    }

    fn read_at(&self, _file: u32, _offset: u64, _out: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// The inode number of the first name: the directory has the one before.
const FIRST: u64 = 2;

impl Programs {
    /// The number of the program that `found` tells of.
    ///
    /// # Errors
    /// `acces` if it is none.
    pub(crate) fn number(&self, found: &Filestat) -> Result<u32> {
        let at = found.ino.checked_sub(FIRST).filter(|_| found.dev == self.device);
        let named = at.and_then(|at| self.named.get(at as usize)).ok_or(wasip1::ERRNO_ACCES)?;
        Ok(named.number)
    }
}
