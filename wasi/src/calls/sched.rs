//! Scheduling.

use crate::{Ctx, Memory, Result, sys};

/// Lets others run first.
///
/// # Errors
/// None.
pub fn sched_yield(_ctx: &mut Ctx, _memory: &mut Memory<'_>) -> Result<()> {
    sys::yield_now();
    Ok(())
}
