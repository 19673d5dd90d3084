//! WASI preview 0, `wasi_unstable`: what differs from preview 1, and nothing else.
//!
//! Programs of 2019 and 2020 import it (SQLite's shell, clang 8). It has the same calls under the same names;
//! three things changed afterwards:
//!
//! - `fd_seek` numbers its `whence` current, end, start;
//! - `filestat` counts links in 32 bits and is 56 bytes long;
//! - a clock `subscription` carries an identifier of its own before the clock, and is 56 bytes long.

use crate::abi::{Filestat, Subscription};
use crate::calls::poll;
use crate::{Ctx, Memory, Result, calls};

const SUBSCRIPTION_SIZE: u32 = 56;

/// `fd_seek` with preview 0's `whence`. See [`calls::fd_io::fd_seek`].
pub(crate) fn fd_seek(
    ctx: &mut Ctx,
    memory: &mut Memory<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    result: u32,
) -> Result<()> {
    let whence = match whence {
        0 => wasip1::WHENCE_CUR,
        1 => wasip1::WHENCE_END,
        2 => wasip1::WHENCE_SET,
        _ => return Err(wasip1::ERRNO_INVAL.into()),
    };
    calls::fd_io::fd_seek(ctx, memory, fd, offset, whence.raw().into(), result)
}

/// `fd_filestat_get` with preview 0's result. See [`calls::fd_stat::fd_filestat_get`].
pub(crate) fn fd_filestat_get(ctx: &mut Ctx, memory: &mut Memory<'_>, fd: u32, result: u32) -> Result<()> {
    write_filestat(&calls::fd_stat::filestat(ctx, fd)?, memory, result)
}

/// `path_filestat_get` with preview 0's result. See [`calls::path::path_filestat_get`].
pub(crate) fn path_filestat_get(
    ctx: &mut Ctx,
    memory: &mut Memory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    result: u32,
) -> Result<()> {
    write_filestat(&calls::path::filestat(ctx, memory, fd, flags, path, path_len)?, memory, result)
}

/// `poll_oneoff` with preview 0's subscriptions. See [`calls::poll::poll_oneoff`].
pub(crate) fn poll_oneoff(
    ctx: &mut Ctx,
    memory: &mut Memory<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Result<()> {
    let list = poll::Guest { subscriptions, size: SUBSCRIPTION_SIZE, read: read_subscription };
    poll::poll(ctx, memory, &list, events, count, result)
}

fn read_subscription(memory: &Memory<'_>, ptr: u32) -> Result<Subscription> {
    let raw: [u8; SUBSCRIPTION_SIZE as usize] = memory.read(ptr)?;
    Subscription::decode(&raw, raw[8], &raw[24..])
}

fn write_filestat(stat: &Filestat, memory: &mut Memory<'_>, ptr: u32) -> Result<()> {
    let mut out = [0; 56];
    out[0..8].copy_from_slice(&stat.dev.to_le_bytes());
    out[8..16].copy_from_slice(&stat.ino.to_le_bytes());
    out[16] = stat.filetype.raw();
    out[20..24].copy_from_slice(&u32::try_from(stat.nlink).unwrap_or(u32::MAX).to_le_bytes());
    out[24..32].copy_from_slice(&stat.size.to_le_bytes());
    out[32..40].copy_from_slice(&stat.atim.to_le_bytes());
    out[40..48].copy_from_slice(&stat.mtim.to_le_bytes());
    out[48..56].copy_from_slice(&stat.ctim.to_le_bytes());
    memory.write(ptr, &out)
}
