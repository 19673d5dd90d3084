//! Randomness.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

/// How many bytes are asked for at once; whole numbers of [`crate::randomness`].
const STEP: usize = 1024;

/// Fills `len` bytes at `buffer` from the operating system's generator for cryptographic use, but for a program whose run
/// is to be repeatable.
///
/// # Errors
/// `fault`; `io` if the system has no randomness to give.
pub fn random_get(ctx: &Ctx, memory: &Memory<'_>, buffer: u32, len: u32) -> Result<()> {
    let mut rest = memory.piece(buffer, len)?;
    let mut step = [0; STEP];
    while rest.len() > 0 {
        let bytes = &mut step[..rest.len().min(STEP)];
        ctx.randomness.fill(bytes)?;
        rest = rest.from(rest.store(bytes));
    }
    Ok(())
}
