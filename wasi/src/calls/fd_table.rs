//! Descriptors themselves: closing, renumbering, flags, rights, and the names of what was granted.

use crate::abi::Fdstat;
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::fds::ROOT;
use crate::memory::Memory;
use crate::rights;
use crate::words::Opened;

/// Closes `fd`. A granted directory can be closed like any other.
///
/// # Errors
/// `badf`.
pub fn fd_close(ctx: &Ctx, _memory: &Memory<'_>, fd: u32) -> Result<()> {
    ctx.fds.remove(fd).map(drop)
}

/// Moves what `from` stands for to `to`, closing what `to` stood for, in one step. In a program of WASIX, whose C library knows
/// the call as dup2, `from` stays open, and `to` need not be, by whichever name it is imported.
///
/// # Errors
/// `badf` if either is not open.
pub fn fd_renumber(ctx: &Ctx, _memory: &Memory<'_>, from: u32, to: u32) -> Result<()> {
    if ctx.is_wasix() { ctx.fds.copy_to(from, to) } else { ctx.fds.renumber(from, to) }
}

/// Writes file type, flags and rights of `fd` to `result`.
///
/// # Errors
/// `badf`.
pub fn fd_fdstat_get(ctx: &Ctx, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    let descriptor = ctx.fds.as_told(fd)?;
    let stat = Fdstat {
        filetype: descriptor.filetype()?,
        flags: descriptor.flags(),
        rights: descriptor.rights,
        inheriting: descriptor.inheriting,
    };
    stat.write(memory, result)
}

/// Sets the flags of `fd`: append and non-blocking mode.
///
/// # Errors
/// `inval` for an unknown flag; `notsup` to change a flag for synchronous writes, which are fixed when a file
/// is opened, append mode of a standard stream, which is the starter's, or any flag where the system cannot, or of a
/// directory.
pub fn fd_fdstat_set_flags(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, flags: u32) -> Result<()> {
    let known = wasip1::FDFLAGS_APPEND
        | wasip1::FDFLAGS_DSYNC
        | wasip1::FDFLAGS_NONBLOCK
        | wasip1::FDFLAGS_RSYNC
        | wasip1::FDFLAGS_SYNC;
    let descriptor = ctx.fds.get(fd)?;
    descriptor.require(wasip1::RIGHTS_FD_FDSTAT_SET_FLAGS)?;
    let flags = u16::try_from(flags).map_err(|_| wasip1::ERRNO_INVAL)?;
    if flags & !known != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    match &descriptor.object {
        Opened::File(file) => file.set_flags(descriptor.flags(), flags)?,
        Opened::Dir(_) if flags != descriptor.flags => return Err(wasip1::ERRNO_NOTSUP.into()),
        Opened::Dir(_) => {}
    }
    ctx.fds.change(fd, |descriptor| {
        descriptor.flags = flags;
        Ok(())
    })
}

/// Gives up rights of `fd`.
///
/// # Errors
/// `notcapable` if a right is asked for that `fd` does not have.
pub fn fd_fdstat_set_rights(
    ctx: &Ctx,
    _memory: &Memory<'_>,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result<()> {
    let (base, inheriting) = (base & rights::ALL, inheriting & rights::ALL);
    ctx.fds.change(fd, |descriptor| {
        if base & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
            return Err(wasip1::ERRNO_NOTCAPABLE.into());
        }
        (descriptor.rights, descriptor.inheriting) = (base, inheriting);
        Ok(())
    })
}

/// Hands `look` the name that `fd` was granted under. WASIX's C library makes all paths absolute, and expects to be told of the root
/// alone: it does not find what is granted under a name of its own.
fn granted<T>(ctx: &Ctx, fd: u32, look: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    if ctx.is_wasix() {
        return if fd == ROOT { look("/") } else { Err(wasip1::ERRNO_BADF.into()) };
    }
    match &ctx.fds.get(fd)?.object {
        Opened::Dir(dir) => look(dir.guest().ok_or(wasip1::ERRNO_BADF)?),
        Opened::File(_) => Err(wasip1::ERRNO_BADF.into()),
    }
}

/// Writes to `result` that `fd` is a granted directory, and how long its name is.
///
/// # Errors
/// `badf` if `fd` was not granted: wasi-libc counts up from 3 until it meets this.
pub fn fd_prestat_get(ctx: &Ctx, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    let name_len = granted(ctx, fd, |name| Ok(name.len() as u32))?;
    let mut prestat = [0; 8];
    prestat[0] = wasip1::PREOPENTYPE_DIR.raw();
    prestat[4..8].copy_from_slice(&name_len.to_le_bytes());
    memory.write(result, &prestat)
}

/// Writes the name that `fd` was granted under, without a NUL, to the `len` bytes at `path`.
///
/// # Errors
/// `badf` if `fd` was not granted; `nametoolong` if `len` is too short.
pub fn fd_prestat_dir_name(ctx: &Ctx, memory: &Memory<'_>, fd: u32, path: u32, len: u32) -> Result<()> {
    granted(ctx, fd, |name| {
        if (len as usize) < name.len() {
            return Err(wasip1::ERRNO_NAMETOOLONG.into());
        }
        memory.write(path, name.as_bytes())
    })
}
