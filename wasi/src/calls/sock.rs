//! The calls of preview 1 for sockets. Which ones a program has is up to what it was granted.

use std::net::Shutdown;
use std::sync::Arc;

use wasip1::{Fdflags, Rights};

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::fds::Descriptor;
use crate::fs::file::File;
use crate::memory::Memory;
use crate::net::socket::Socket;
use crate::words::Opened;

/// The descriptor of a socket, and its flags.
pub(super) struct Held {
    file: Arc<File>,
    pub(super) flags: Fdflags,
}

impl Held {
    /// That behind `fd`, which must have `right`.
    ///
    /// # Errors
    /// `notsock` for a descriptor that is open and none, `badf` for one that is not. The root that nobody granted is there for
    /// paths only: programs take its number for one that is free.
    pub(super) fn new(ctx: &Ctx, fd: u32, right: Rights) -> Result<Held> {
        let descriptor = ctx.fds.get(fd)?;
        let file = match &descriptor.object {
            Opened::Dir(dir) if dir.is_assumed() => return Err(wasip1::ERRNO_BADF.into()),
            Opened::File(file) if file.socket().is_some() => Arc::clone(file),
            Opened::File(_) | Opened::Dir(_) => return Err(wasip1::ERRNO_NOTSOCK.into()),
        };
        descriptor.require(right)?;
        Ok(Held { file, flags: descriptor.flags })
    }

    pub(super) fn socket(&self) -> Result<&Socket> {
        self.file.socket().ok_or_else(|| wasip1::ERRNO_NOTSOCK.into())
    }
}

/// Accepts a connection to `fd`, which gets `flags`: non-blocking mode or none. Writes its descriptor to `result`.
///
/// # Errors
/// `notsock`; `inval` for another flag, or a socket that does not listen; `again` in non-blocking mode if there is none yet;
/// `mfile` if no number is free.
pub fn sock_accept(ctx: &Ctx, memory: &Memory<'_>, fd: u32, flags: u32, result: u32) -> Result<()> {
    let held = Held::new(ctx, fd, wasip1::RIGHTS_SOCK_ACCEPT)?;
    let flags = Fdflags::try_from(flags).map_err(|_| wasip1::ERRNO_INVAL)?;
    if flags & !wasip1::FDFLAGS_NONBLOCK != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.check(result, 4)?;
    let (connection, _) = held.socket()?.accept(held.flags)?;
    let connection = ctx.fds.insert(Descriptor::socket(connection, flags))?;
    memory.write_u32(result, connection)
}

/// What `flags` ask for: to leave there what is received, to wait for as much as there is room for, and not to wait at all. The
/// last is WASIX's, and so is one that says that nothing is to be done about what does not fit, which streams have not.
///
/// # Errors
/// `inval` for an unknown flag.
pub(super) fn receive_flags(flags: u32) -> Result<(bool, bool, bool)> {
    const TRUNCATE: u32 = 1 << 2;
    const DONT_WAIT: u32 = 1 << 3;
    let [peek, all] = [wasip1::RIFLAGS_RECV_PEEK, wasip1::RIFLAGS_RECV_WAITALL].map(u32::from);
    if flags & !(peek | all | TRUNCATE | DONT_WAIT) != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    Ok((flags & peek != 0, flags & all != 0, flags & DONT_WAIT != 0))
}

/// Receives from `fd` into the `count` buffers at `iovs`; `flags` say whether it stays there (1), and whether to wait for as much
/// as there is room for (2). Writes to `received` how many bytes, 0 at the end, and to `out_flags` that nothing was cut.
///
/// # Errors
/// `notsock`; `inval` for an unknown flag; `notconn`; `again` in non-blocking mode if there is nothing yet; `connreset`.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn sock_recv(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    received: u32,
    out_flags: u32,
) -> Result<()> {
    let held = Held::new(ctx, fd, wasip1::RIGHTS_FD_READ)?;
    let (peek, all, at_once) = receive_flags(flags)?;
    memory.check(received, 4)?;
    memory.check(out_flags, 2)?;
    let own = held.flags | if at_once { wasip1::FDFLAGS_NONBLOCK } else { 0 };
    let read = memory
        .scatter(iovs, count, |buffers| held.socket()?.receive(buffers, own, (peek, all && !at_once)))?;
    memory.write_u32(received, read as u32)?;
    memory.write(out_flags, &[0; 2])
}

/// Sends the `count` buffers at `iovs` to `fd`; writes how many bytes to `sent`. There are no flags.
///
/// # Errors
/// `notsock`; `inval` for a flag; `notconn`; `pipe` if nobody receives any more; `again` in non-blocking mode if there is no
/// room yet; `connreset`.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn sock_send(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    sent: u32,
) -> Result<()> {
    let held = Held::new(ctx, fd, wasip1::RIGHTS_FD_WRITE)?;
    if flags != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.check(sent, 4)?;
    let written = memory.gather(iovs, count, |buffers| held.socket()?.write(buffers, held.flags))?;
    memory.write_u32(sent, written as u32)
}

/// Ends the receiving direction of a connection (`how` 1), the sending one (2), or both (3).
///
/// # Errors
/// `notsock`; `inval` for another `how`; `notconn`.
pub fn sock_shutdown(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, how: u32) -> Result<()> {
    let held = Held::new(ctx, fd, wasip1::RIGHTS_SOCK_SHUTDOWN)?;
    let how = match how {
        1 => Shutdown::Read,
        2 => Shutdown::Write,
        3 => Shutdown::Both,
        _ => return Err(wasip1::ERRNO_INVAL.into()),
    };
    held.socket()?.shut_down(how)
}
