//! Randomness.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

/// Fills `len` bytes at `buffer` from the operating system's generator for cryptographic use, but for a program whose run
/// is to be repeatable.
///
/// # Errors
/// `fault`; `io` if the system has no randomness to give.
pub fn random_get(ctx: &mut Ctx, memory: &mut Memory<'_>, buffer: u32, len: u32) -> Result<()> {
    let bytes = memory.slice_mut(buffer, len)?;
    ctx.randomness.fill(bytes)
}
