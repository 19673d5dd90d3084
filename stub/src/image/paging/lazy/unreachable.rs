//! What can come of a touch.

use std::io;

use super::{DAMAGED, FORBIDDEN};
use crate::sys;

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
            // Nothing is allocated to say so: this may be a signal handler.
            Unreachable::System(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                write!(f, "the system has no memory for more of the program{}", sys::OfMemory)
            }
            Unreachable::System(error) => {
                write!(f, "{FORBIDDEN} (error {})", error.raw_os_error().unwrap_or_default())
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
