//! What a program may have in a trial: so much on every machine. Where the machine has less, that is told and not hidden.

use wasmi::{
    ResourceLimiter,
    errors::{MemoryError, TableError},
};
use wasmi_core::LimiterError;

/// Bytes of memory that the program may have in a trial.
pub(super) const MOST_MEMORY: usize = 512 << 20;
/// Entries of a table.
const MOST_ENTRIES: usize = 10_000_000;

/// Why the program got no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The trial allows no more.
    Trial,
    /// The machine has not so many bytes.
    System(usize),
}

/// The limits, and whether one was met.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) refused: Option<Refused>,
    wanted: usize,
}

impl Limits {
    fn ask(&mut self, wanted: usize, most: usize, bytes: usize) -> Result<bool, LimiterError> {
        if wanted > most {
            return Err(self.refuse(Refused::Trial));
        }
        self.wanted = bytes;
        Ok(true)
    }

    /// Ends the program. It does not learn of it, as it would by a failed `memory.grow`.
    fn refuse(&mut self, refused: Refused) -> LimiterError {
        self.refused = Some(refused);
        LimiterError::ResourceLimiterDeniedAllocation
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, LimiterError> {
        self.ask(desired, MOST_MEMORY, desired)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, LimiterError> {
        self.ask(desired, MOST_ENTRIES, desired.saturating_mul(size_of::<u64>()))
    }

    fn memory_grow_failed(&mut self, error: &MemoryError) -> Result<(), LimiterError> {
        match error {
            MemoryError::OutOfSystemMemory => Err(self.refuse(Refused::System(self.wanted))),
            _ => Ok(()),
        }
    }

    fn table_grow_failed(&mut self, error: &TableError) -> Result<(), LimiterError> {
        match error {
            TableError::OutOfSystemMemory => Err(self.refuse(Refused::System(self.wanted))),
            _ => Ok(()),
        }
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}
