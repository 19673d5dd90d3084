//! Arguments.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

/// Writes the arguments, NUL-terminated one after the other, to `buffer`, and a pointer to each to `pointers`.
/// Their sizes come from [`args_sizes_get`].
///
/// # Errors
/// `fault`.
pub fn args_get(ctx: &Ctx, memory: &Memory<'_>, pointers: u32, buffer: u32) -> Result<()> {
    super::write_strings(&ctx.args.get(), memory, pointers, buffer)
}

/// Writes the number of arguments to `count`, and the bytes they take, NULs included, to `size`.
///
/// # Errors
/// `fault`.
pub fn args_sizes_get(ctx: &Ctx, memory: &Memory<'_>, count: u32, size: u32) -> Result<()> {
    super::write_sizes(&ctx.args.get(), memory, count, size)
}
