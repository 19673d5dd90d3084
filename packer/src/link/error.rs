//! How the linker fails.

use crate::{Error, Kind};

/// A failure of the linker, in words.
pub(super) fn failed(reason: impl std::fmt::Display) -> Error {
    Error::new(Kind::Compile, format!("linking failed: {reason}"))
}
