//! `wasmpack licenses`: the terms of the software of others.

use super::{ExitCode, command::Licenses, out};
use crate::notices;

/// Prints the terms.
pub(super) fn run(flags: &Licenses) -> ExitCode {
    out(&match flags.target {
        Some(target) => notices::executable(target),
        None if flags.executables => notices::executables(),
        None => notices::packer(),
    })
}
