//! Options of sockets, as WASIX numbers them.

use std::time::Duration;

use crate::calls::sockets;
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;
use crate::net::socket::{Options, Standing};

/// A stream, as WASIX numbers sorts of sockets.
const STREAM: u32 = 1;
/// The number of TCP among protocols.
const TCP: u32 = 6;

/// The numbers of options that are there.
mod option {
    pub(super) const REUSE_PORT: u32 = 1;
    pub(super) const REUSE_ADDR: u32 = 2;
    pub(super) const NO_DELAY: u32 = 3;
    pub(super) const LISTENING: u32 = 10;
    pub(super) const LAST_ERROR: u32 = 11;
    pub(super) const KEEP_ALIVE: u32 = 12;
    pub(super) const RECV_TIMEOUT: u32 = 19;
    pub(super) const SEND_TIMEOUT: u32 = 20;
    pub(super) const CONNECT_TIMEOUT: u32 = 21;
    pub(super) const ACCEPT_TIMEOUT: u32 = 22;
    pub(super) const TYPE: u32 = 25;
    pub(super) const PROTO: u32 = 26;
}

/// Sets an option that is on or off. Addresses and ports are used again as the launcher did it, which bound them: that changes
/// nothing.
///
/// # Errors
/// `inval` for another value; `noprotoopt` for an option that is not there.
pub(crate) fn sock_set_opt_flag(
    ctx: &Ctx,
    _memory: &Memory<'_>,
    fd: u32,
    option: u32,
    value: u32,
) -> Result<()> {
    let on = match value {
        0 => false,
        1 => true,
        _ => return Err(wasip1::ERRNO_INVAL.into()),
    };
    sockets::with(ctx, fd, |socket| match option {
        option::REUSE_ADDR | option::REUSE_PORT => Ok(()),
        option::NO_DELAY => socket.change(|set| set.no_delay = on),
        option::KEEP_ALIVE => socket.change(|set| set.keep_alive = on),
        _ => Err(wasip1::ERRNO_NOPROTOOPT.into()),
    })
}

/// Writes to `result` whether an option is on.
///
/// # Errors
/// `noprotoopt` for one that is not there.
pub(crate) fn sock_get_opt_flag(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    option: u32,
    result: u32,
) -> Result<()> {
    let on = sockets::with(ctx, fd, |socket| match option {
        option::REUSE_ADDR => Ok(true),
        option::NO_DELAY => Ok(socket.set().no_delay),
        option::KEEP_ALIVE => Ok(socket.set().keep_alive),
        option::LISTENING => Ok(socket.standing() == Standing::Listening),
        _ => Err(wasip1::ERRNO_NOPROTOOPT.into()),
    })?;
    memory.write(result, &[u8::from(on)])
}

/// The time that an option is about.
fn time(set: &mut Options, option: u32) -> Result<&mut Option<Duration>> {
    match option {
        option::RECV_TIMEOUT => Ok(&mut set.receive),
        option::SEND_TIMEOUT => Ok(&mut set.send),
        option::CONNECT_TIMEOUT => Ok(&mut set.connect),
        option::ACCEPT_TIMEOUT => Ok(&mut set.accept),
        _ => Err(wasip1::ERRNO_NOPROTOOPT.into()),
    }
}

/// Bytes of an optional time: whether there is one, and behind padding the nanoseconds.
const TIME: usize = 16;

/// Sets how long a call waits at most.
///
/// # Errors
/// `noprotoopt` for an option that is not there.
pub(crate) fn sock_set_opt_time(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    option: u32,
    value: u32,
) -> Result<()> {
    let [is_set, .., a, b, c, d, e, f, g, h]: [u8; TIME] = memory.read(value)?;
    let nanos = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    sockets::with(ctx, fd, |socket| {
        let mut set = socket.set();
        *time(&mut set, option)? = (is_set != 0).then(|| Duration::from_nanos(nanos));
        socket.change(|old| *old = set)
    })
}

/// Writes to `result` how long a call waits at most.
///
/// # Errors
/// `noprotoopt` for an option that is not there.
pub(crate) fn sock_get_opt_time(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    option: u32,
    result: u32,
) -> Result<()> {
    let set = sockets::with(ctx, fd, |socket| Ok(*time(&mut socket.set(), option)?))?;
    let mut out = [0; TIME];
    if let Some(set) = set {
        out[0] = 1;
        out[8..].copy_from_slice(&u64::try_from(set.as_nanos()).unwrap_or(u64::MAX).to_le_bytes());
    }
    memory.write(result, &out)
}

/// Sets an option that is a number: there is none.
///
/// # Errors
/// `noprotoopt`, always, for a socket.
pub(crate) fn sock_set_opt_size(
    ctx: &Ctx,
    _memory: &Memory<'_>,
    fd: u32,
    _option: u32,
    _value: u64,
) -> Result<()> {
    sockets::with(ctx, fd, |_| Err(wasip1::ERRNO_NOPROTOOPT.into()))
}

/// Writes to `result` what became of the last thing that went on by itself, what sort of socket it is, or its protocol.
///
/// # Errors
/// `noprotoopt` for another option.
pub(crate) fn sock_get_opt_size(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    option: u32,
    result: u32,
) -> Result<()> {
    memory.check(result, 8)?;
    let number = match option {
        option::LAST_ERROR => sockets::last_error(ctx, fd)?.into(),
        option::TYPE => sockets::with(ctx, fd, |_| Ok(u64::from(STREAM)))?,
        option::PROTO => sockets::with(ctx, fd, |_| Ok(u64::from(TCP)))?,
        _ => return sockets::with(ctx, fd, |_| Err(wasip1::ERRNO_NOPROTOOPT.into())),
    };
    memory.write_u64(result, number)
}
