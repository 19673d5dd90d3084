//! Randomness.

use crate::{Ctx, Memory, Result};

/// Fills `len` bytes at `buffer` from the operating system's generator for cryptographic use.
///
/// # Errors
/// `fault`; `io` if the system has no randomness to give.
pub fn random_get(_ctx: &mut Ctx, memory: &mut Memory<'_>, buffer: u32, len: u32) -> Result<()> {
    let bytes = memory.slice_mut(buffer, len)?;
    getrandom::fill(bytes).map_err(|_| wasip1::ERRNO_IO.into())
}
