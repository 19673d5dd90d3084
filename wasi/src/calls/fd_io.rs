//! Reading, writing and moving in an open file.

use std::io::SeekFrom;

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

/// Reads into the `count` buffers at `iovs` from where `fd` stands; writes how many bytes to `result`, 0 at the
/// end of the file.
///
/// # Errors
/// `isdir` for a directory; `again` in non-blocking mode if there is nothing yet; `io`.
pub fn fd_read(ctx: &Ctx, memory: &Memory<'_>, fd: u32, iovs: u32, count: u32, result: u32) -> Result<()> {
    let (file, flags) = ctx.fds.file(fd, wasip1::RIGHTS_FD_READ)?;
    memory.check(result, 4)?;
    let read = memory.scatter(iovs, count, |buffers| file.read(buffers, flags))?;
    memory.write_u32(result, read as u32)
}

/// Reads as [`fd_read`], but from `offset` bytes after the start, and leaves `fd` where it stands.
///
/// # Errors
/// As [`fd_read`]; `spipe` for what has no positions, such as a pipe; `inval` for an offset above 2⁶³.
pub fn fd_pread(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    offset: u64,
    result: u32,
) -> Result<()> {
    let (file, _) = ctx.fds.file(fd, wasip1::RIGHTS_FD_READ | wasip1::RIGHTS_FD_SEEK)?;
    memory.check(result, 4)?;
    let read = memory.scatter(iovs, count, |buffers| file.read_at(buffers, offset))?;
    memory.write_u32(result, read as u32)
}

/// Writes the `count` buffers at `iovs` where `fd` stands, or at the file's end in append mode; writes how many
/// bytes to `result`.
///
/// # Errors
/// `isdir` for a directory; `again` in non-blocking mode if there is no room yet; `pipe` if nobody reads any more;
/// `nospc`, `dquot`, `fbig`, `io`.
pub fn fd_write(ctx: &Ctx, memory: &Memory<'_>, fd: u32, iovs: u32, count: u32, result: u32) -> Result<()> {
    let (file, flags) = ctx.fds.file(fd, wasip1::RIGHTS_FD_WRITE)?;
    memory.check(result, 4)?;
    let written = memory.gather(iovs, count, |buffers| file.write(buffers, flags))?;
    memory.write_u32(result, written as u32)
}

/// Writes as [`fd_write`], but at `offset` bytes after the start, also in append mode, and leaves `fd` where it
/// stands.
///
/// # Errors
/// As [`fd_write`]; `spipe` for what has no positions; `inval` for an offset above 2⁶³.
pub fn fd_pwrite(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    offset: u64,
    result: u32,
) -> Result<()> {
    let (file, flags) = ctx.fds.file(fd, wasip1::RIGHTS_FD_WRITE | wasip1::RIGHTS_FD_SEEK)?;
    memory.check(result, 4)?;
    let written = memory.gather(iovs, count, |buffers| file.write_at(buffers, offset, flags))?;
    memory.write_u32(result, written as u32)
}

/// Moves `fd` by `offset` bytes from `whence`: 0 the start, 1 where it stands, 2 the end. Writes where that is, in
/// bytes from the start, to `result`.
///
/// # Errors
/// `isdir` for a directory; `inval` for another `whence` or a place before the start; `spipe` for what has no
/// positions. To ask where it stands (`offset` 0 from 1) needs only the right to tell.
pub fn fd_seek(ctx: &Ctx, memory: &Memory<'_>, fd: u32, offset: i64, whence: u32, result: u32) -> Result<()> {
    let is = |w: wasip1::Whence| whence == u32::from(w.raw());
    let asks = offset == 0 && is(wasip1::WHENCE_CUR);
    let right = if asks { wasip1::RIGHTS_FD_TELL } else { wasip1::RIGHTS_FD_SEEK };
    let (file, _) = ctx.fds.file(fd, right)?;
    let position = if is(wasip1::WHENCE_SET) {
        SeekFrom::Start(u64::try_from(offset).map_err(|_| wasip1::ERRNO_INVAL)?)
    } else if is(wasip1::WHENCE_CUR) {
        SeekFrom::Current(offset)
    } else if is(wasip1::WHENCE_END) {
        SeekFrom::End(offset)
    } else {
        return Err(wasip1::ERRNO_INVAL.into());
    };
    memory.check(result, 8)?;
    let at = file.seek(position)?;
    memory.write_u64(result, at)
}

/// Writes where `fd` stands, in bytes from the start, to `result`.
///
/// # Errors
/// `isdir` for a directory; `spipe` for what has no positions.
pub fn fd_tell(ctx: &Ctx, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    let (file, _) = ctx.fds.file(fd, wasip1::RIGHTS_FD_TELL)?;
    let at = file.seek(SeekFrom::Current(0))?;
    memory.write_u64(result, at)
}
