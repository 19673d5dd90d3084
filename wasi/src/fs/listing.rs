//! What a program is reading of a directory through `fd_readdir`: all of its entries, as they were when it began.

use wasip1::Filetype;

use crate::errno::Result;
use crate::kept::{Budget, Kept};

/// One entry of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) ino: u64,
    pub(crate) filetype: Filetype,
}

/// Takes one entry after the other.
pub(crate) type Each<'a> = &'a mut dyn FnMut(Entry) -> Result<()>;

/// The entries of a directory, counted.
#[derive(Debug)]
pub(super) struct Listing {
    entries: Vec<Entry>,
    kept: Kept,
}

/// What an entry takes in memory beside its name: twice its size, as a list that grows has it, and what a block of the heap
/// takes.
const ENTRY_COST: u64 = 2 * size_of::<Entry>() as u64 + 16;

impl Listing {
    pub(super) fn new(budget: &Budget) -> Listing {
        Listing { entries: Vec::new(), kept: budget.nothing() }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// `nomem` if more would be kept in memory than may be.
    pub(super) fn push(&mut self, entry: Entry) -> Result<()> {
        if !self.kept.grow(ENTRY_COST + entry.name.len() as u64) {
            return Err(wasip1::ERRNO_NOMEM.into());
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The entries from number `cookie` on.
    pub(super) fn from(&self, cookie: u64) -> &[Entry] {
        let first = usize::try_from(cookie).unwrap_or(usize::MAX).min(self.entries.len());
        &self.entries[first..]
    }
}
