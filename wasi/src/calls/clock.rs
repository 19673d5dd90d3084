//! Clocks. What each counts, says `src/clock.rs`.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

/// Writes the resolution of clock `id`, in nanoseconds, to `result`.
///
/// # Errors
/// `inval` for an unknown id, and for CPU time where the system keeps none.
pub fn clock_res_get(ctx: &Ctx, memory: &Memory<'_>, id: u32, result: u32) -> Result<()> {
    memory.write_u64(result, ctx.clocks.resolution(id)?)
}

/// Writes the time on clock `id`, in nanoseconds, to `result`. The precision that the guest wishes for is a hint,
/// and every clock is as exact as it can be.
///
/// # Errors
/// As [`clock_res_get`]; `overflow` if the time of day is before 1970.
pub fn clock_time_get(ctx: &Ctx, memory: &Memory<'_>, id: u32, _precision: u64, result: u32) -> Result<()> {
    memory.write_u64(result, ctx.clocks.now(id)?)
}
