//! Options of sockets, as WasmEdge numbers them.

use std::time::Duration;

use crate::calls::sockets;
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;
use crate::net::socket::Standing;

/// A stream, as WasmEdge numbers sorts of sockets.
const STREAM: u32 = 2;

/// The numbers of options that are there.
mod option {
    pub(super) const REUSE_ADDR: u32 = 0;
    pub(super) const TYPE: u32 = 1;
    pub(super) const ERROR: u32 = 2;
    pub(super) const KEEP_ALIVE: u32 = 7;
    pub(super) const RECV_TIMEOUT: u32 = 11;
    pub(super) const SEND_TIMEOUT: u32 = 12;
    pub(super) const LISTENING: u32 = 13;
}

/// Bytes of a time: seconds, and behind them microseconds.
const TIME: u32 = 16;

/// Sets an option of the socket's level (0) to the `len` bytes at `value`. Addresses are used again as the launcher did it, which
/// bound them: that changes nothing.
///
/// # Errors
/// `inval` if there are too few bytes; `noprotoopt` for an option that is not there.
#[allow(clippy::too_many_arguments, reason = "WasmEdge's signature")]
pub(crate) fn setsockopt(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    level: u32,
    option: u32,
    value: u32,
    len: u32,
) -> Result<()> {
    let is_time = matches!(option, option::RECV_TIMEOUT | option::SEND_TIMEOUT);
    if len < if is_time { TIME } else { 4 } {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.check(value, len)?;
    let on = memory.read_u32(value)? != 0;
    let time = || {
        let [seconds, micros] = [memory.read(value)?, memory.read(value + 8)?].map(u64::from_le_bytes);
        // The upper half is padding.
        let time = Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros & 0xffff_ffff));
        Ok((!time.is_zero()).then_some(time))
    };
    sockets::with(ctx, fd, |socket| match (level, option) {
        (0, option::REUSE_ADDR) => Ok(()),
        (0, option::KEEP_ALIVE) => socket.change(|set| set.keep_alive = on),
        (0, option::RECV_TIMEOUT) => time().and_then(|time| socket.change(|set| set.receive = time)),
        (0, option::SEND_TIMEOUT) => time().and_then(|time| socket.change(|set| set.send = time)),
        _ => Err(wasip1::ERRNO_NOPROTOOPT.into()),
    })
}

/// Writes an option to `value`, which has room for as many bytes as the number at `len` says.
///
/// # Errors
/// `inval` if that is too little; `noprotoopt` for an option that is not there.
#[allow(clippy::too_many_arguments, reason = "WasmEdge's signature")]
pub(crate) fn getsockopt(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    level: u32,
    option: u32,
    value: u32,
    len: u32,
) -> Result<()> {
    let room = memory.read_u32(len)?;
    let time = |time: Option<Duration>| {
        let time = time.unwrap_or_default();
        [time.as_secs().to_le_bytes(), u64::from(time.subsec_micros()).to_le_bytes()].concat()
    };
    let number = |number: u32| number.to_le_bytes().to_vec();
    let told = sockets::with(ctx, fd, |socket| match (level, option) {
        (0, option::REUSE_ADDR) => Ok(number(1)),
        (0, option::TYPE) => Ok(number(STREAM)),
        (0, option::ERROR) => Ok(number(sockets::last_error(ctx, fd)?.into())),
        (0, option::KEEP_ALIVE) => Ok(number(socket.set().keep_alive.into())),
        (0, option::RECV_TIMEOUT) => Ok(time(socket.set().receive)),
        (0, option::SEND_TIMEOUT) => Ok(time(socket.set().send)),
        (0, option::LISTENING) => Ok(number((socket.standing() == Standing::Listening).into())),
        _ => Err(wasip1::ERRNO_NOPROTOOPT.into()),
    })?;
    if (room as usize) < told.len() {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.write(value, &told)?;
    memory.write_u32(len, told.len() as u32)
}
