//! Environment variables: those that were granted.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

/// Writes the variables, each `NAME=VALUE` and NUL-terminated, to `buffer`, and a pointer to each to `pointers`.
/// Their sizes come from [`environ_sizes_get`].
///
/// # Errors
/// `fault`.
pub fn environ_get(ctx: &Ctx, memory: &Memory<'_>, pointers: u32, buffer: u32) -> Result<()> {
    if let Some(audit) = &ctx.misses.audit {
        audit.note_variables();
    }
    super::write_strings(&ctx.env.get(), memory, pointers, buffer)
}

/// Writes the number of variables to `count`, and the bytes they take, NULs included, to `size`.
///
/// # Errors
/// `fault`.
pub fn environ_sizes_get(ctx: &Ctx, memory: &Memory<'_>, count: u32, size: u32) -> Result<()> {
    super::write_sizes(&ctx.env.get(), memory, count, size)
}
