//! Descriptors of what a program makes for itself: pipes, events, and copies of others.

use std::sync::Arc;

use crate::caller::Caller;
use crate::errno::Result;
use crate::fds::Descriptor;
use crate::fs::file::File;
use crate::fs::host::file::HostFile;
use crate::memory::Memory;
use crate::rights;
use crate::sys;
use crate::words::Opened;

/// WASIX's flag of a descriptor that is closed when the program becomes another one.
const CLOSE_ON_EXEC: u32 = 1;
/// WASIX's flag of an event of which reading takes one.
const SEMAPHORE: u32 = 1;
/// Two more, as C libraries hand on what `open` has for them.
const NONBLOCKING: u32 = wasip1::FDFLAGS_NONBLOCK as u32;
const CLOSED_ON_EXEC: u32 = CLOSE_ON_EXEC << 30;

/// Reads WASIX's own flags of a descriptor.
///
/// # Errors
/// `inval` for an unknown one.
pub(crate) fn closes_on_exec(flags: u32) -> Result<bool> {
    if flags & !CLOSE_ON_EXEC != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    Ok(flags & CLOSE_ON_EXEC != 0)
}

/// The descriptor of `file`, which the program made; it can be used for `rights`.
pub(crate) fn descriptor(file: File, rights: wasip1::Rights) -> Descriptor {
    Descriptor {
        object: Opened::File(Arc::new(file)),
        rights: rights | rights::MADE,
        left_out: 0,
        inheriting: 0,
        flags: 0,
        close_on_exec: false,
    }
}

/// Makes a pipe; writes the number of the end to read from to `reader`, and of the other to `writer`. What is written waits until
/// it is read, as much of it as the system keeps. Reading ends when nobody can write any more; then writing is `pipe`.
///
/// # Errors
/// `mfile`, `nfile`.
pub(crate) fn fd_pipe(caller: Caller<'_>, memory: &Memory<'_>, reader: u32, writer: u32) -> Result<()> {
    memory.check(reader, 4)?;
    memory.check(writer, 4)?;
    let (read, write) = sys::pipe()?;
    // Whoever asks where it stands is told that it has no positions, as of a pipe that the program was started with.
    let asks = wasip1::RIGHTS_FD_SEEK | wasip1::RIGHTS_FD_TELL;
    let end = |own, right| descriptor(File::Host(HostFile::own(own)), right | asks);
    let (read, write) = (end(read, wasip1::RIGHTS_FD_READ), end(write, wasip1::RIGHTS_FD_WRITE));
    let (read, write) = caller.ctx.fds.insert_two(read, write)?;
    memory.write_u32(reader, read)?;
    memory.write_u32(writer, write)
}

/// Makes an event, and writes its number to `result`: a counter that starts with `value`. Eight bytes written to it are added. A
/// read gives eight bytes: all that it counts, or one with the flag for a semaphore, which is taken away; it waits while that is 0.
///
/// # Errors
/// `inval` for an unknown flag, or if the counter cannot hold the value; `mfile`, `nfile`.
pub(crate) fn fd_event(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    value: u64,
    flags: u32,
    result: u32,
) -> Result<()> {
    memory.check(result, 4)?;
    if flags & !(SEMAPHORE | NONBLOCKING | CLOSED_ON_EXEC) != 0 || value == u64::MAX {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let file = File::Host(HostFile::own(sys::event(value, flags & SEMAPHORE != 0)?));
    let flags_now = flags & NONBLOCKING;
    if flags_now != 0 {
        file.set_flags(0, wasip1::FDFLAGS_NONBLOCK)?;
    }
    let mut made = descriptor(file, wasip1::RIGHTS_FD_READ | wasip1::RIGHTS_FD_WRITE);
    made.flags = flags_now as wasip1::Fdflags;
    made.close_on_exec = flags & CLOSED_ON_EXEC != 0;
    memory.write_u32(result, caller.ctx.fds.insert(made)?)
}

/// Gives what `fd` stands for another number, and writes that to `result`: the lowest that is free.
///
/// # Errors
/// `mfile`.
pub(crate) fn fd_dup(caller: Caller<'_>, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    fd_dup2(caller, memory, fd, 0, 0, result)
}

/// As [`fd_dup`]: the lowest free number that is at least `least`. `close_on_exec` says whether it is closed when the program
/// becomes another one.
///
/// # Errors
/// `mfile`; `inval` if there are no numbers as high.
pub(crate) fn fd_dup2(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    fd: u32,
    least: u32,
    close_on_exec: u32,
    result: u32,
) -> Result<()> {
    memory.check(result, 4)?;
    memory.write_u32(result, caller.ctx.fds.copy(fd, least, close_on_exec != 0)?)
}

/// Writes WASIX's own flags of `fd`, two bytes, to `result`.
///
/// # Errors
/// `badf`.
pub(crate) fn fd_fdflags_get(caller: Caller<'_>, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    let flags = if caller.ctx.fds.get(fd)?.close_on_exec { CLOSE_ON_EXEC } else { 0 };
    memory.write(result, &(flags as u16).to_le_bytes())
}

/// Sets WASIX's own flags of `fd`.
///
/// # Errors
/// `badf`; `inval` for an unknown one.
pub(crate) fn fd_fdflags_set(caller: Caller<'_>, _memory: &Memory<'_>, fd: u32, flags: u32) -> Result<()> {
    let close_on_exec = closes_on_exec(flags)?;
    caller.ctx.fds.change(fd, |descriptor| {
        descriptor.close_on_exec = close_on_exec;
        Ok(())
    })
}
