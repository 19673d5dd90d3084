//! What can come of a touch.

use std::io;

use super::DAMAGED;

/// Why a chunk could not be brought.
#[derive(Debug)]
pub(crate) enum Unreachable {
    /// Its frame is damaged.
    Damaged,
    /// The system refused memory, or to make it executable.
    System(io::Error),
}

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unreachable::Damaged => f.write_str(DAMAGED),
            Unreachable::System(error) => error.fmt(f),
        }
    }
}

impl Unreachable {
    /// What to say where nothing can be allocated.
    pub(crate) fn message(&self) -> &'static str {
        match self {
            Unreachable::Damaged => DAMAGED,
            Unreachable::System(_) => {
                "the system has no memory for more of the program, or does not let it become executable; packed with \
                 --no-compress it needs less"
            }
        }
    }
}

/// What became of a fault.
pub(crate) enum Outcome {
    /// The address belongs to no image.
    Foreign,
    /// The chunk was brought by this call, or by another thread meanwhile.
    Brought,
    /// It had been there before: the fault has another reason.
    WasThere,
    /// It cannot be brought.
    Failed(Unreachable),
}
