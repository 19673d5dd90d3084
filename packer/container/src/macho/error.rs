//! The two errors of this format: of a stub that was given, and of an executable that was made.

use crate::{Error, Kind};

/// Something in the stub that is not as it must be, at `at` bytes from its start.
pub(super) fn broken(at: usize, what: &str) -> Error {
    Error::at(Kind::Stub, at as u64, what)
}

/// Something in the finished file that is not as it must be, at `at` bytes from its start.
pub(super) fn wrong(at: usize, what: &str) -> Error {
    Error::at(Kind::Verify, at as u64, what)
}
