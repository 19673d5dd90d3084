//! Sockets: this launcher gives a program none, so each call says what its descriptor is instead.

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;
use crate::words::Opened;

/// `notsock` for a descriptor that is open, `badf` for one that is not. The root that nobody granted is there for
/// paths only: programs take its number for one that is free.
fn no_socket(ctx: &Ctx, fd: u32) -> Result<()> {
    match &ctx.fds.get(fd)?.object {
        Opened::Dir(dir) if dir.is_assumed() => Err(wasip1::ERRNO_BADF.into()),
        Opened::File(_) | Opened::Dir(_) => Err(wasip1::ERRNO_NOTSOCK.into()),
    }
}

/// Refuses to accept a connection.
///
/// # Errors
/// `notsock`, always, for an open descriptor.
pub fn sock_accept(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, _flags: u32, _result: u32) -> Result<()> {
    no_socket(ctx, fd)
}

/// Refuses to receive a message.
///
/// # Errors
/// `notsock`, always, for an open descriptor.
#[allow(clippy::too_many_arguments, reason = "the specification's signature")]
pub fn sock_recv(
    ctx: &Ctx,
    _memory: &Memory<'_>,
    fd: u32,
    _iovs: u32,
    _count: u32,
    _flags: u32,
    _received: u32,
    _out_flags: u32,
) -> Result<()> {
    no_socket(ctx, fd)
}

/// Refuses to send a message.
///
/// # Errors
/// `notsock`, always, for an open descriptor.
pub fn sock_send(
    ctx: &Ctx,
    _memory: &Memory<'_>,
    fd: u32,
    _iovs: u32,
    _count: u32,
    _flags: u32,
    _sent: u32,
) -> Result<()> {
    no_socket(ctx, fd)
}

/// Refuses to shut a connection down.
///
/// # Errors
/// `notsock`, always, for an open descriptor.
pub fn sock_shutdown(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, _how: u32) -> Result<()> {
    no_socket(ctx, fd)
}
