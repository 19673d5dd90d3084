//! Opening a path.

use std::sync::Arc;

use super::devices;
use super::made::closes_on_exec;
use crate::caller::Caller;
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::fds::Descriptor;
use crate::fs::dir::Dir;
use crate::fs::rule::Wanted;
use crate::memory::Memory;
use crate::path::{self, Room, follows};
use crate::rights;
use crate::words::{Open, Opened};

/// Opens the path, and writes the new descriptor's number to `result`. `base` are the rights it will have, of those
/// that make sense for what it turns out to be; `inheriting` those of what is opened through it.
///
/// # Errors
/// `notcapable` if a right is wanted that `fd` does not hand on, or `fd` may not open, create or truncate; `inval`
/// for unknown flags, or flags that contradict one another; `exist` if it must be new and is not; `isdir` to write
/// to or truncate a directory; `notdir` if it must be a directory and is none; `loop` if a symbolic link stands at
/// the end and is not to be followed; `rofs` to make, truncate or only write something in a directory granted read-only; what is
/// opened there to read is opened without the rights to change it; `mfile`, `nfile`.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn path_open(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
    oflags: u32,
    base: u64,
    inheriting: u64,
    fdflags: u32,
    result: u32,
) -> Result<()> {
    let how = How { lookup, oflags, rights: (base, inheriting), fdflags, close_on_exec: false };
    open(ctx, fd, Path::Guests { memory, path, path_len, result }, how)
}

/// Opens the path as [`path_open`] does. `extended` says whether the descriptor is closed when the program becomes another one.
///
/// # Errors
/// As there.
#[allow(clippy::too_many_arguments, reason = "WASIX's signature")]
pub(crate) fn path_open2(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
    oflags: u32,
    base: u64,
    inheriting: u64,
    fdflags: u32,
    extended: u32,
    result: u32,
) -> Result<()> {
    let close_on_exec = closes_on_exec(extended)?;
    let how = How { lookup, oflags, rights: (base, inheriting), fdflags, close_on_exec };
    open(caller.ctx, fd, Path::Guests { memory, path, path_len, result }, how)
}

/// Opens `path` below `fd`, and tells the guest the number.
fn open(ctx: &Ctx, fd: u32, path: Path<'_>, how: How) -> Result<()> {
    let descriptor = opened(ctx, &|needed| ctx.fds.opener(fd, needed), path, how)?;
    let number = ctx.fds.insert(descriptor)?;
    match path {
        Path::Guests { memory, result, .. } => memory.write_u32(result, number),
        Path::Read(_) => Ok(()),
    }
}

/// A path that is to be opened.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The guest's, who wants to know the result.
    Guests { memory: &'a Memory<'a>, path: u32, path_len: u32, result: u32 },
    /// One that was read.
    Read(&'a str),
}

/// How a path is to be opened, as [`path_open`] takes it.
pub(crate) struct How {
    pub(crate) lookup: u32,
    pub(crate) oflags: u32,
    pub(crate) rights: (u64, u64),
    pub(crate) fdflags: u32,
    pub(crate) close_on_exec: bool,
}

/// Opens `path` below the directory that `opener` gives if it has a right, with the rights that it hands on.
///
/// # Errors
/// As [`path_open`].
pub(crate) fn opened(
    ctx: &Ctx,
    opener: &dyn Fn(wasip1::Rights) -> Result<(Arc<Dir>, wasip1::Rights)>,
    path: Path<'_>,
    How { lookup, oflags, rights: (base, inheriting), fdflags, close_on_exec }: How,
) -> Result<Descriptor> {
    let known_flags = wasip1::FDFLAGS_APPEND
        | wasip1::FDFLAGS_DSYNC
        | wasip1::FDFLAGS_NONBLOCK
        | wasip1::FDFLAGS_RSYNC
        | wasip1::FDFLAGS_SYNC;
    let known_oflags =
        wasip1::OFLAGS_CREAT | wasip1::OFLAGS_DIRECTORY | wasip1::OFLAGS_EXCL | wasip1::OFLAGS_TRUNC;
    if oflags & !u32::from(known_oflags) != 0 || fdflags & !u32::from(known_flags) != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let has = |flag: wasip1::Oflags| oflags & u32::from(flag) != 0;
    let flags = fdflags as wasip1::Fdflags;
    let (base, inheriting) = (base & rights::OPENED, inheriting & rights::OPENED);

    let mut needed = wasip1::RIGHTS_PATH_OPEN;
    if has(wasip1::OFLAGS_CREAT) {
        needed |= wasip1::RIGHTS_PATH_CREATE_FILE;
    }
    if has(wasip1::OFLAGS_TRUNC) {
        needed |= wasip1::RIGHTS_PATH_FILESTAT_SET_SIZE;
    }
    let (dir, handed_on) = opener(needed)?;
    if (base | inheriting) & !handed_on != 0 {
        return Err(wasip1::ERRNO_NOTCAPABLE.into());
    }
    if let Path::Guests { memory, result, .. } = &path {
        memory.check(*result, 4)?;
    }
    let read = base & (wasip1::RIGHTS_FD_READ | wasip1::RIGHTS_FD_READDIR) != 0;
    let how = Open {
        follow: follows(lookup)?,
        create: has(wasip1::OFLAGS_CREAT),
        exclusive: has(wasip1::OFLAGS_EXCL),
        truncate: has(wasip1::OFLAGS_TRUNC),
        directory: has(wasip1::OFLAGS_DIRECTORY),
        read,
        // Go asks for the right to set the size of all that it reads. A file that may only be read is opened to read, and a pipe
        // that is read would never end if it could be written as well.
        write: base & wasip1::RIGHTS_FD_WRITE != 0 || !read && base & rights::NEED_WRITE != 0,
        flags,
    };
    let room = &mut Room::new();
    let path = match path {
        Path::Guests { memory, path, path_len, .. } => path::read(memory, path, path_len, room)?,
        Path::Read(path) => path,
    };
    let mut asked = ctx.misses.asked(&dir, path, Wanted::to_open(how));
    let opened = dir.open(path, how);
    if let Err(error) = opened
        && let Some(device) = devices::instead(ctx, &dir, path, error)
    {
        return device.open(ctx, how, base, close_on_exec);
    }
    // A directory is not changed by opening it, nor is what could be opened only to read.
    asked.write &= match &opened {
        Ok(Opened::File(file)) => !file.is_read_only(),
        Ok(Opened::Dir(_)) => false,
        Err(_) => true,
    };
    let object = ctx.misses.watch(asked, opened)?;
    let (applicable, flags) = match object {
        Opened::File(_) => (rights::FILE, flags),
        Opened::Dir(_) => (rights::DIRECTORY, 0),
    };
    // What cannot be changed was opened to read, whatever else was asked for: some runtimes always ask for the same. A change is
    // refused when it is made.
    let fixed = matches!(&object, Opened::File(file) if file.is_read_only());
    let left_out = if fixed { base & rights::NEED_WRITE } else { 0 };
    if left_out & wasip1::RIGHTS_FD_WRITE != 0 {
        ctx.misses.read_only(&dir, path);
    }
    let object = object.map(Arc::new, Arc::new);
    let rights = base & applicable & !left_out;
    Ok(Descriptor { object, rights, left_out, inheriting, flags, close_on_exec })
}
