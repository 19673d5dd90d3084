//! Why a chunk cannot be paged in, in words.

use std::io;

use crate::image::stored::{DAMAGED, FORBIDDEN};
use crate::sys::{self, paged::NotMoved};

/// Why a chunk cannot be paged in.
#[derive(Debug)]
pub(super) enum Unreachable {
    /// Its frame is damaged.
    Damaged,
    /// The system does not fill it in.
    Unfilled(io::Error),
    /// The system does not move it to its place.
    Unmoved(io::Error),
    /// The system does not make it executable.
    Forbidden(io::Error),
}

impl From<NotMoved> for Unreachable {
    fn from(error: NotMoved) -> Unreachable {
        match error {
            NotMoved::Executable(error) => Unreachable::Forbidden(error),
            NotMoved::There(error) => Unreachable::Unmoved(error),
        }
    }
}

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nothing is allocated to say so: this may be a signal handler.
        let (what, error) = match self {
            Unreachable::Damaged => return f.write_str(DAMAGED),
            Unreachable::Unfilled(error) | Unreachable::Unmoved(error) | Unreachable::Forbidden(error)
                if error.kind() == io::ErrorKind::OutOfMemory =>
            {
                return write!(f, "the system has no memory for more of the program{}", sys::OfMemory);
            }
            Unreachable::Forbidden(error) => (FORBIDDEN, error),
            Unreachable::Unfilled(error) => (UNFILLED, error),
            Unreachable::Unmoved(error) => (UNMOVED, error),
        };
        write!(f, "{what} (error {})", error.raw_os_error().unwrap_or_default())
    }
}

/// What is said where the kernel does not fill pages any more.
const UNFILLED: &str = "this system stopped filling memory (userfaultfd), which it does for a compressed program; packed with \
                        --no-compress it runs here";
/// What is said where pages must not be moved.
const UNMOVED: &str = "this system forbids moving memory (mremap), which a compressed program needs; packed with --no-compress it \
                       runs here";
