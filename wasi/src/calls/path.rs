//! Calls that take a path below a directory descriptor.

use super::devices;
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::fs::rule::Wanted;
use crate::memory::Memory;
use crate::path::{self, Room, follows};
use crate::words::{Filestat, Times};

/// What is known about a path; the part that both previews share.
pub(crate) fn filestat(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
) -> Result<Filestat> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_PATH_FILESTAT_GET)?;
    let room = &mut Room::new();
    let (path, follow) = (path::read(memory, path, path_len, room)?, follows(lookup)?);
    let found = dir.filestat_at(path, follow);
    match found.as_ref().err().and_then(|error| devices::instead(ctx, &dir, path, *error)) {
        Some(device) => device.filestat(ctx),
        None => ctx.misses.watch(ctx.misses.asked(&dir, path, Wanted::Look), found),
    }
}

/// Writes device, inode, type, links, size and times of the path to `result`.
///
/// # Errors
/// `inval` for unknown lookup flags.
pub fn path_filestat_get(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
    result: u32,
) -> Result<()> {
    filestat(ctx, memory, fd, lookup, path, path_len)?.write(memory, result)
}

/// Sets the times of the path, as [`super::fd_stat::fd_filestat_set_times`] does.
///
/// # Errors
/// As there; `inval` for unknown lookup flags.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn path_filestat_set_times(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<()> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_PATH_FILESTAT_SET_TIMES)?;
    let times = Times::new(accessed, modified, flags)?;
    let room = &mut Room::new();
    let (path, follow) = (path::read(memory, path, path_len, room)?, follows(lookup)?);
    ctx.misses.watch(ctx.misses.asked(&dir, path, Wanted::Change), dir.set_times_at(path, times, follow))
}

/// Creates a directory.
///
/// # Errors
/// `exist` if something stands there; `rofs` in a directory granted read-only.
pub fn path_create_directory(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<()> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_PATH_CREATE_DIRECTORY)?;
    let room = &mut Room::new();
    let path = path::read(memory, path, path_len, room)?;
    ctx.misses.watch(ctx.misses.asked(&dir, path, Wanted::New), dir.create_dir(path))
}

/// Removes an empty directory.
///
/// # Errors
/// `notempty` if it is not empty; `notdir` if it is none; `rofs` in a directory granted read-only.
pub fn path_remove_directory(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<()> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_PATH_REMOVE_DIRECTORY)?;
    let room = &mut Room::new();
    let path = path::read(memory, path, path_len, room)?;
    ctx.misses.watch(ctx.misses.asked(&dir, path, Wanted::Change), dir.remove_dir(path))
}

/// Removes a file, or a symbolic link itself.
///
/// # Errors
/// `isdir` if it is a directory; `rofs` in a directory granted read-only.
pub fn path_unlink_file(ctx: &Ctx, memory: &Memory<'_>, fd: u32, path: u32, path_len: u32) -> Result<()> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_PATH_UNLINK_FILE)?;
    let room = &mut Room::new();
    let path = path::read(memory, path, path_len, room)?;
    ctx.misses.watch(ctx.misses.asked(&dir, path, Wanted::Change), dir.remove_file(path))
}

/// Gives a file a second name, possibly below another descriptor.
///
/// # Errors
/// `inval` if a symbolic link is to be followed, which links to the link's own place do not; `exist` if the new name
/// is taken; `perm` for a directory; `xdev` between file systems or trees; `rofs` if either directory was granted read-only.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn path_link(
    ctx: &Ctx,
    memory: &Memory<'_>,
    old_fd: u32,
    old_lookup: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<()> {
    let old = ctx.fds.dir(old_fd, wasip1::RIGHTS_PATH_LINK_SOURCE)?;
    let new = ctx.fds.dir(new_fd, wasip1::RIGHTS_PATH_LINK_TARGET)?;
    if follows(old_lookup)? {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let (old_room, new_room) = (&mut Room::new(), &mut Room::new());
    let old_path = path::read(memory, old_path, old_path_len, old_room)?;
    let new_path = path::read(memory, new_path, new_path_len, new_room)?;
    let from = ctx.misses.asked(&old, old_path, Wanted::Change);
    let to = ctx.misses.asked(&new, new_path, Wanted::New);
    ctx.misses.watch_two(from, to, old.hard_link(old_path, &new, new_path))
}

/// Renames a file or directory, possibly to another descriptor's directory; what stands there is replaced.
///
/// # Errors
/// `isdir`, `notdir` if one is a directory and the other is not; `notempty` if a directory would be replaced that
/// is not empty; `inval` to move a directory into itself; `xdev` between file systems or trees; `rofs` if either
/// directory was granted read-only.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn path_rename(
    ctx: &Ctx,
    memory: &Memory<'_>,
    old_fd: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<()> {
    let old = ctx.fds.dir(old_fd, wasip1::RIGHTS_PATH_RENAME_SOURCE)?;
    let new = ctx.fds.dir(new_fd, wasip1::RIGHTS_PATH_RENAME_TARGET)?;
    let (old_room, new_room) = (&mut Room::new(), &mut Room::new());
    let old_path = path::read(memory, old_path, old_path_len, old_room)?;
    let new_path = path::read(memory, new_path, new_path_len, new_room)?;
    let from = ctx.misses.asked(&old, old_path, Wanted::Change);
    let to = ctx.misses.asked(&new, new_path, Wanted::Replace);
    ctx.misses.watch_two(from, to, old.rename(old_path, &new, new_path))
}

/// Creates a symbolic link at the new path that holds the old path.
///
/// # Errors
/// `exist` if something stands there; `notcapable` if the old path is absolute, but natively; `rofs` in a directory granted read-only.
pub fn path_symlink(
    ctx: &Ctx,
    memory: &Memory<'_>,
    old_path: u32,
    old_path_len: u32,
    fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<()> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_PATH_SYMLINK)?;
    let (old_room, new_room) = (&mut Room::new(), &mut Room::new());
    let old_path = path::read(memory, old_path, old_path_len, old_room)?;
    let new_path = path::read(memory, new_path, new_path_len, new_room)?;
    ctx.misses.watch(ctx.misses.asked(&dir, new_path, Wanted::New), dir.symlink(old_path, new_path))
}

/// Writes what the symbolic link holds, without a NUL and cut if it is longer, to the `len` bytes at `buffer`, and
/// how many bytes that are to `result`.
///
/// # Errors
/// `inval` if it is no symbolic link; `notcapable`, but natively, if it holds an absolute path, which is the host's business.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn path_readlink(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
    buffer: u32,
    len: u32,
    result: u32,
) -> Result<()> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_PATH_READLINK)?;
    let room = &mut Room::new();
    let path = path::read(memory, path, path_len, room)?;
    let target = ctx.misses.watch(ctx.misses.asked(&dir, path, Wanted::Look), dir.read_link(path))?;
    memory.check(result, 4)?;
    memory.check(buffer, len)?;
    let used = target.len().min(len as usize);
    memory.write(buffer, &target[..used])?;
    memory.write_u32(result, used as u32)
}
