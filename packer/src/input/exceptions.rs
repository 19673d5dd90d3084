//! Exceptions: a module that uses them becomes one that does not and does the same, for every target and compiler.
//!
//! The work is done by the crate `lower`; here its refusals become ours.

use lower::Lowered;

use crate::{Error, Kind};

/// `module`, which is valid and uses exceptions, without them.
///
/// # Errors
/// `Proposal`, naming the thing and the place, for what cannot be lowered; `Invalid` if what is added takes the module over a limit
/// of WebAssembly's.
pub fn lower(module: &[u8]) -> Result<Lowered, Error> {
    let lowered = lower::exceptions(module).map_err(|error| match error.kind {
        lower::Kind::Invalid => Error::new(Kind::Invalid, error.to_string()),
        _ => Error::new(Kind::Proposal, format!("uses exceptions in a way that cannot be packed: {error}")),
    })?;
    lowered.ok_or_else(|| Error::new(Kind::Proposal, "uses exceptions that the lowering does not know"))
}

/// The error for a module whose lowered form is refused with `error`, although the original would not be.
#[must_use]
pub fn refused(error: Error, lowered: &Lowered) -> Error {
    let reason = match error.kind {
        // The original may do without vectors.
        Kind::Proposal if lowered.needs_simd => format!(
            "references to its exceptions hold more than 32 bits and so become vectors; then it {}",
            error.reason
        ),
        Kind::Invalid => format!(
            "with its exceptions lowered it is {}; build the app with smaller functions, or fewer of them",
            error.reason
        ),
        _ => return error,
    };
    Error { reason, ..error }
}
