//! WASIX's calls for sockets. What they take and answer is that of Wasmer's implementation and of wasix-libc.

use std::net::{IpAddr, SocketAddr};

use wasip1::Fdflags;

use super::sock;
use super::sockets::{self, Buffers};
use crate::ctx::Ctx;
use crate::errno::{Error, Result};
use crate::memory::Memory;
use crate::net::socket::Standing;

mod options;

pub(crate) use options::{
    sock_get_opt_flag, sock_get_opt_size, sock_get_opt_time, sock_set_opt_flag, sock_set_opt_size,
    sock_set_opt_time,
};

const INET4: u8 = 1;
const INET6: u8 = 2;
const STREAM: u32 = 1;
/// The number of TCP among protocols.
const TCP: u32 = 6;

/// Bytes of an address with a port: its family, a byte without meaning, the port with its lowest byte first, and as many bytes as
/// an address of IPv6 has. Newer programs have room for more.
const ADDRESS: usize = 20;
/// Bytes of an address without a port: the same without that.
const HOST: usize = 18;

fn read(memory: &Memory<'_>, at: u32) -> Result<SocketAddr> {
    let [family, _, low, high, a, b, c, d] = memory.read(at)?;
    let port = u16::from_le_bytes([low, high]);
    match family {
        INET4 => Ok(SocketAddr::from(([a, b, c, d], port))),
        INET6 => {
            memory.check(at, ADDRESS as u32)?;
            Ok(SocketAddr::from((memory.read::<16>(at + 4)?, port)))
        }
        _ => Err(wasip1::ERRNO_AFNOSUPPORT.into()),
    }
}

fn write(memory: &Memory<'_>, at: u32, address: SocketAddr) -> Result<()> {
    let mut out = [0; ADDRESS];
    out[2..4].copy_from_slice(&address.port().to_le_bytes());
    out[0] = put(address.ip(), &mut out[4..]);
    memory.write(at, &out)
}

/// Puts an address into `out`; its family.
fn put(address: IpAddr, out: &mut [u8]) -> u8 {
    match address {
        IpAddr::V4(address) => {
            out[..4].copy_from_slice(&address.octets());
            INET4
        }
        IpAddr::V6(address) => {
            out[..16].copy_from_slice(&address.octets());
            INET6
        }
    }
}

/// Opens a socket of a family (1: IPv4, 2: IPv6); writes its descriptor to `result`.
///
/// # Errors
/// `afnosupport`, `protonosupport` for what is not TCP.
pub(crate) fn sock_open(
    ctx: &Ctx,
    memory: &Memory<'_>,
    family: u32,
    kind: u32,
    protocol: u32,
    result: u32,
) -> Result<()> {
    let is_v6 = match family {
        1 => false,
        2 => true,
        _ => return Err(wasip1::ERRNO_AFNOSUPPORT.into()),
    };
    if kind != STREAM || ![0, TCP].contains(&protocol) {
        return Err(wasip1::ERRNO_PROTONOSUPPORT.into());
    }
    sockets::open(ctx, memory, is_v6, result)
}

/// Binds `fd` to the address at `address`: to a socket that was granted there.
///
/// # Errors
/// `afnosupport`; `acces` if it was not granted; `addrinuse` if the program has it already; `inval` if `fd` is bound.
pub(crate) fn sock_bind(ctx: &Ctx, memory: &Memory<'_>, fd: u32, address: u32) -> Result<()> {
    sockets::bind(ctx, fd, read(memory, address)?)
}

/// Lets `fd` listen where it is bound.
///
/// # Errors
/// `acces` if that was not granted.
pub(crate) fn sock_listen(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, _backlog: u32) -> Result<()> {
    sockets::listen(ctx, fd)
}

/// Accepts a connection to `fd`, which gets `flags`. Writes its descriptor to `result`, and where it comes from to `peer`.
///
/// # Errors
/// As [`sock::sock_accept`].
pub(crate) fn sock_accept_v2(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    flags: u32,
    result: u32,
    peer: u32,
) -> Result<()> {
    let flags = Fdflags::try_from(flags).map_err(|_| wasip1::ERRNO_INVAL)?;
    if flags & !wasip1::FDFLAGS_NONBLOCK != 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.check(result, 4)?;
    memory.check(peer, ADDRESS as u32)?;
    let (connection, address) = sockets::accept(ctx, fd, flags)?;
    memory.write_u32(result, connection)?;
    write(memory, peer, address)
}

/// Connects `fd` to the address at `address`.
///
/// # Errors
/// `acces` if that was not granted; `inprogress` in non-blocking mode; `isconn`; `already`; what the system answers.
pub(crate) fn sock_connect(ctx: &Ctx, memory: &Memory<'_>, fd: u32, address: u32) -> Result<()> {
    sockets::connect(ctx, fd, read(memory, address)?)
}

/// Receives as [`sock::sock_recv`]; writes to `peer` from where.
///
/// # Errors
/// As there.
#[allow(clippy::too_many_arguments, reason = "WASIX's signature")]
pub(crate) fn sock_recv_from(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    received: u32,
    out_flags: u32,
    peer: u32,
) -> Result<()> {
    memory.check(received, 4)?;
    memory.check(out_flags, 2)?;
    memory.check(peer, ADDRESS as u32)?;
    let (read, address) = sockets::receive(ctx, memory, fd, Buffers { iovs, count, flags })?;
    memory.write_u32(received, read)?;
    memory.write(out_flags, &[0; 2])?;
    write(memory, peer, address)
}

/// Sends as [`sock::sock_send`]: a connection leads where it leads, whatever the address says.
///
/// # Errors
/// As there.
#[allow(clippy::too_many_arguments, reason = "WASIX's signature")]
pub(crate) fn sock_send_to(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    _address: u32,
    sent: u32,
) -> Result<()> {
    sock::sock_send(ctx, memory, fd, iovs, count, flags, sent)
}

/// Writes to `address` where `fd` is bound.
///
/// # Errors
/// `notsock`.
pub(crate) fn sock_addr_local(ctx: &Ctx, memory: &Memory<'_>, fd: u32, address: u32) -> Result<()> {
    write(memory, address, sockets::local(ctx, fd)?)
}

/// Writes to `address` where `fd` is connected to.
///
/// # Errors
/// `notconn`.
pub(crate) fn sock_addr_peer(ctx: &Ctx, memory: &Memory<'_>, fd: u32, address: u32) -> Result<()> {
    write(memory, address, sockets::peer(ctx, fd)?)
}

/// Writes to `status` how `fd` stands: 0 not connected yet, 1 connected or listening, 3 failed.
///
/// # Errors
/// `notsock`.
pub(crate) fn sock_status(ctx: &Ctx, memory: &Memory<'_>, fd: u32, status: u32) -> Result<()> {
    let number = sockets::with(ctx, fd, |socket| {
        Ok(match socket.standing() {
            Standing::New => 0,
            Standing::Listening | Standing::Connected => 1,
            Standing::Connecting => match socket.settle() {
                Ok(()) => 1,
                Err(Error(wasip1::ERRNO_ALREADY)) => 0,
                Err(_) => 3,
            },
        })
    })?;
    memory.write(status, &[number])
}

/// Writes the addresses that the name `host` leads to to `addresses`, which has room for `most`, and to `count` how many.
///
/// # Errors
/// `noent` if it was not granted, or leads nowhere; `acces` if it leads only where it must not.
#[allow(clippy::too_many_arguments, reason = "WASIX's signature")]
pub(crate) fn resolve(
    ctx: &Ctx,
    memory: &Memory<'_>,
    host: u32,
    host_len: u32,
    _port: u32,
    addresses: u32,
    most: u32,
    count: u32,
) -> Result<()> {
    let room = most.checked_mul(HOST as u32).ok_or(wasip1::ERRNO_FAULT)?;
    memory.check(addresses, room)?;
    memory.check(count, 4)?;
    let found = ctx.net.resolve(&sockets::host(memory, host, host_len)?, ctx.misses.calls())?;
    let found = &found[..found.len().min(most as usize)];
    for (at, address) in (0..).zip(found) {
        let mut out = [0; HOST];
        out[0] = put(*address, &mut out[2..]);
        memory.write(addresses + at * HOST as u32, &out)?;
    }
    memory.write_u32(count, found.len() as u32)
}
