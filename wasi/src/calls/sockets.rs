//! What WasmEdge's calls for sockets and those of WASIX have in common: all but how addresses and options are written.

use std::net::SocketAddr;

use wasip1::Fdflags;

use super::sock::{Held, receive_flags};
use crate::ctx::Ctx;
use crate::errno::{Error, Result};
use crate::fds::Descriptor;
use crate::memory::Memory;
use crate::net::socket::{Socket, Standing};

/// The socket `fd`, whatever its rights: what is asked of it moves no bytes.
fn held(ctx: &Ctx, fd: u32) -> Result<Held> {
    Held::new(ctx, fd, 0)
}

/// Opens a socket; writes its descriptor to `result`.
///
/// # Errors
/// `mfile` if no number is free.
pub(super) fn open(ctx: &Ctx, memory: &Memory<'_>, is_v6: bool, result: u32) -> Result<()> {
    memory.check(result, 4)?;
    let fd = ctx.fds.insert(Descriptor::socket(Socket::new(is_v6), 0))?;
    memory.write_u32(result, fd)
}

/// Binds it to a socket that was granted.
///
/// # Errors
/// As [`Socket::bind`].
pub(super) fn bind(ctx: &Ctx, fd: u32, at: SocketAddr) -> Result<()> {
    held(ctx, fd)?.socket()?.bind(&ctx.net, at, ctx.misses.calls())
}

/// Lets it listen. How many connections wait is up to the launcher, which bound it.
///
/// # Errors
/// As [`Socket::listen`].
pub(super) fn listen(ctx: &Ctx, fd: u32) -> Result<()> {
    held(ctx, fd)?.socket()?.listen(&ctx.net, ctx.misses.calls())
}

/// Accepts a connection; its descriptor, and where it comes from.
///
/// # Errors
/// As [`Socket::accept`]; `mfile` if no number is free.
pub(super) fn accept(ctx: &Ctx, fd: u32, flags: Fdflags) -> Result<(u32, SocketAddr)> {
    let held = Held::new(ctx, fd, wasip1::RIGHTS_SOCK_ACCEPT)?;
    let (connection, peer) = held.socket()?.accept(held.flags)?;
    Ok((ctx.fds.insert(Descriptor::socket(connection, flags))?, peer))
}

/// Connects it, if that was granted.
///
/// # Errors
/// As [`Socket::connect`].
pub(super) fn connect(ctx: &Ctx, fd: u32, to: SocketAddr) -> Result<()> {
    let held = held(ctx, fd)?;
    held.socket()?.connect(&ctx.net, to, held.flags, ctx.misses.calls())
}

/// Where it is bound.
///
/// # Errors
/// `notsock`.
pub(super) fn local(ctx: &Ctx, fd: u32) -> Result<SocketAddr> {
    held(ctx, fd)?.socket()?.local()
}

/// Where it is connected to.
///
/// # Errors
/// `notconn`.
pub(super) fn peer(ctx: &Ctx, fd: u32) -> Result<SocketAddr> {
    held(ctx, fd)?.socket()?.peer()
}

/// Where a list of buffers lies, and what is asked of receiving into it.
#[derive(Clone, Copy)]
pub(super) struct Buffers {
    pub(super) iovs: u32,
    pub(super) count: u32,
    pub(super) flags: u32,
}

/// Receives; how many bytes, and from where.
///
/// # Errors
/// As [`super::sock::sock_recv`].
pub(super) fn receive(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    Buffers { iovs, count, flags }: Buffers,
) -> Result<(u32, SocketAddr)> {
    let held = Held::new(ctx, fd, wasip1::RIGHTS_FD_READ)?;
    let (peek, all, at_once) = receive_flags(flags)?;
    let socket = held.socket()?;
    let peer = socket.peer()?;
    let own = held.flags | if at_once { wasip1::FDFLAGS_NONBLOCK } else { 0 };
    let read =
        memory.scatter(iovs, count, |buffers| socket.receive(buffers, own, (peek, all && !at_once)))?;
    Ok((read as u32, peer))
}

/// What became of the last thing that went on by itself: an errno, or 0.
///
/// # Errors
/// `notsock`.
pub(super) fn last_error(ctx: &Ctx, fd: u32) -> Result<u16> {
    let held = held(ctx, fd)?;
    let socket = held.socket()?;
    if socket.standing() == Standing::Connecting {
        return Ok(match socket.settle() {
            Ok(()) | Err(Error(wasip1::ERRNO_ALREADY)) => 0,
            Err(error) => error.0.raw(),
        });
    }
    let Ok(stream) = socket.stream() else { return Ok(0) };
    Ok(stream.take_error()?.map_or(0, |error| Error::from(error).0.raw()))
}

/// Hands `look` the socket `fd`.
///
/// # Errors
/// `notsock`; those of `look`.
pub(super) fn with<T>(ctx: &Ctx, fd: u32, look: impl FnOnce(&Socket) -> Result<T>) -> Result<T> {
    look(held(ctx, fd)?.socket()?)
}

/// A text of the guest up to its first zero, as a name of a host.
///
/// # Errors
/// `nametoolong` for one that no host has; `ilseq` if it is not UTF-8.
pub(super) fn host(memory: &Memory<'_>, text: u32, len: u32) -> Result<String> {
    let mut bytes = [0; 256];
    let piece = memory.piece(text, len)?;
    let count = piece.load(&mut bytes);
    let name = bytes[..count].split(|byte| *byte == 0).next().unwrap_or_default();
    if name.len() == bytes.len() {
        return Err(wasip1::ERRNO_NAMETOOLONG.into());
    }
    String::from_utf8(name.to_vec()).map_err(|_| wasip1::ERRNO_ILSEQ.into())
}

#[cfg(test)]
mod tests;
