//! What a system must know of the app's functions that walks over code by itself: on Windows, where they are.

use payload::SectionKind;
use payload::unwind::Unwind;

use super::code::Code;
use super::stored::{DAMAGED, Stored};
use crate::fail::{Context, Failure};
use crate::sys;

/// To be called when the code is in its place.
pub(super) fn prepare(stored: Stored, code: Code) -> Result<(), Failure> {
    if !sys::WALKS_OVER_CODE || stored.find(SectionKind::Unwind).is_none() {
        return Ok(());
    }
    let table = Unwind::parse(&stored.whole(SectionKind::Unwind)?).context(DAMAGED)?.to_bytes();
    #[allow(unsafe_code, reason = "the table is of the app's own code")]
    // SAFETY: the packer made the table from what the compiler says of this code. Whoever can write the file could run any
    // code anyway: it is an executable.
    unsafe { sys::know_functions(table.leak(), code.at(0)) }
        .context("cannot register the program's functions")
}
