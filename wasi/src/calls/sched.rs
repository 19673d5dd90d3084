//! Scheduling.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;
use crate::sys;

/// Lets others run first.
///
/// # Errors
/// None.
pub fn sched_yield(_ctx: &Ctx, _memory: &Memory<'_>) -> Result<()> {
    sys::yield_now();
    Ok(())
}
