//! What is known about an open file, and what can be changed about it.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;
use crate::words::{Filestat, Opened, Times};

/// What is known about `fd`; the part that both previews share.
pub(crate) fn filestat(ctx: &Ctx, fd: u32) -> Result<Filestat> {
    let descriptor = ctx.fds.get(fd)?;
    descriptor.require(wasip1::RIGHTS_FD_FILESTAT_GET)?;
    match &descriptor.object {
        Opened::File(file) => file.filestat(),
        Opened::Dir(dir) => dir.filestat(),
    }
}

/// Writes device, inode, type, links, size and times of `fd` to `result`.
///
/// # Errors
/// `badf`, `io`.
pub fn fd_filestat_get(ctx: &Ctx, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    filestat(ctx, fd)?.write(memory, result)
}

/// Makes the file `size` bytes long: cuts it, or fills it up with zeros.
///
/// # Errors
/// `isdir` for a directory; `inval` if it is not open for writing, is no regular file, or for a size above 2⁶³;
/// `fbig`, `nospc`.
pub fn fd_filestat_set_size(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, size: u64) -> Result<()> {
    let (file, _) = ctx.fds.file(fd, wasip1::RIGHTS_FD_FILESTAT_SET_SIZE)?;
    file.set_len(size)
}

/// Sets the times of `fd`, in nanoseconds since 1970: which ones, and whether to now instead, say `flags`.
///
/// # Errors
/// `inval` for an unknown flag, or a time both given and now; `rofs` in a directory granted read-only.
pub fn fd_filestat_set_times(
    ctx: &Ctx,
    _memory: &Memory<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<()> {
    let descriptor = ctx.fds.get(fd)?;
    descriptor.require(wasip1::RIGHTS_FD_FILESTAT_SET_TIMES)?;
    let times = Times::new(accessed, modified, flags)?;
    match &descriptor.object {
        Opened::File(file) => file.set_times(times),
        Opened::Dir(dir) => dir.set_times(times),
    }
}

/// Makes sure that there is room for `len` bytes at `offset`, and that the file is long enough to hold them.
///
/// # Errors
/// `isdir` for a directory; `inval` if `len` is 0; `notsup` where the file system has no such thing; `fbig`,
/// `nospc`, `spipe`.
pub fn fd_allocate(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, offset: u64, len: u64) -> Result<()> {
    let (file, _) = ctx.fds.file(fd, wasip1::RIGHTS_FD_ALLOCATE)?;
    if len == 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    file.allocate(offset, len)
}

/// Says how the `len` bytes at `offset` will be used; 0 is up to the end. A hint.
///
/// # Errors
/// `isdir` for a directory; `inval` for unknown advice, or a range beyond 2⁶³; `spipe` for a pipe.
pub fn fd_advise(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, offset: u64, len: u64, advice: u32) -> Result<()> {
    let (file, _) = ctx.fds.file(fd, wasip1::RIGHTS_FD_ADVISE)?;
    let all = [
        wasip1::ADVICE_NORMAL,
        wasip1::ADVICE_SEQUENTIAL,
        wasip1::ADVICE_RANDOM,
        wasip1::ADVICE_WILLNEED,
        wasip1::ADVICE_DONTNEED,
        wasip1::ADVICE_NOREUSE,
    ];
    let advice = all.into_iter().find(|known| u32::from(known.raw()) == advice).ok_or(wasip1::ERRNO_INVAL)?;
    if offset.checked_add(len).is_none_or(|end| end > i64::MAX as u64) {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    file.advise(offset, len, advice)
}

/// Waits until the content of `fd` is on the device.
///
/// # Errors
/// `inval` for what has no device, such as a pipe; `io`.
pub fn fd_datasync(ctx: &Ctx, _memory: &Memory<'_>, fd: u32) -> Result<()> {
    sync(ctx, fd, wasip1::RIGHTS_FD_DATASYNC, true)
}

/// Waits until the content of `fd`, and what is known about it, are on the device.
///
/// # Errors
/// `inval` for what has no device, such as a pipe; `io`.
pub fn fd_sync(ctx: &Ctx, _memory: &Memory<'_>, fd: u32) -> Result<()> {
    sync(ctx, fd, wasip1::RIGHTS_FD_SYNC, false)
}

fn sync(ctx: &Ctx, fd: u32, right: wasip1::Rights, data_only: bool) -> Result<()> {
    let descriptor = ctx.fds.get(fd)?;
    descriptor.require(right)?;
    match &descriptor.object {
        Opened::File(file) => file.sync(data_only),
        Opened::Dir(dir) => dir.sync(),
    }
}
