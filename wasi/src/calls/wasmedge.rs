//! WasmEdge's calls for sockets, which have their place among preview 1's and are told from those by what they take. What that
//! is, is known from the crate `wasmedge_wasi_socket` and from Go's `stealthrocket/net`, which was made for a later version.

use std::net::{IpAddr, SocketAddr};

use super::sock;
use super::sockets::{self, Buffers};
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

mod options;

pub(crate) use options::{getsockopt, setsockopt};

const INET4: u16 = 1;
const INET6: u16 = 2;
const STREAM: u32 = 2;
const TCP: u32 = 1;

/// Bytes of an address that begins with its family.
const LONG: u32 = 128;

/// A place for an address: a pointer, and how many bytes there are.
fn place(memory: &Memory<'_>, at: u32) -> Result<(u32, u32)> {
    let [a, b, c, d, e, f, g, h] = memory.read(at)?;
    Ok((u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])))
}

fn read(memory: &Memory<'_>, address: u32, port: u32) -> Result<SocketAddr> {
    let port = u16::try_from(port).map_err(|_| wasip1::ERRNO_INVAL)?;
    let (at, len) = place(memory, address)?;
    memory.check(at, len)?;
    let (family, at) = match len {
        4 => (INET4, at),
        16 => (INET6, at),
        LONG => (u16::from_le_bytes(memory.read(at)?), at + 2),
        _ => return Err(wasip1::ERRNO_INVAL.into()),
    };
    match family {
        INET4 => Ok(SocketAddr::from((memory.read::<4>(at)?, port))),
        INET6 => Ok(SocketAddr::from((memory.read::<16>(at)?, port))),
        _ => Err(wasip1::ERRNO_AFNOSUPPORT.into()),
    }
}

/// Checks that an address can be written to its place, and its port to `port`; where it goes.
fn room(memory: &Memory<'_>, address: u32, port: u32) -> Result<(u32, u32)> {
    let (at, len) = place(memory, address)?;
    memory.check(at, len)?;
    memory.check(port, 4)?;
    Ok((at, len))
}

/// Writes an address to its place, and its port to `port`. It begins with its family where there is room for that.
fn write(memory: &Memory<'_>, address: u32, port: u32, value: SocketAddr) -> Result<()> {
    let (at, len) = room(memory, address, port)?;
    let mut out = [0; LONG as usize];
    let (family, bytes) = match value.ip() {
        IpAddr::V4(ip) => (INET4, ip.octets().to_vec()),
        IpAddr::V6(ip) => (INET6, ip.octets().to_vec()),
    };
    out[..2].copy_from_slice(&family.to_le_bytes());
    out[2..2 + bytes.len()].copy_from_slice(&bytes);
    if len >= LONG {
        memory.write(at, &out)?;
    } else if len as usize >= bytes.len() {
        memory.write(at, &bytes)?;
    } else {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.write_u32(port, value.port().into())
}

/// Opens a socket of a family (1: IPv4, 2: IPv6); writes its descriptor to `result`.
///
/// # Errors
/// `afnosupport`, `protonosupport` for what is not TCP.
pub(crate) fn open(ctx: &Ctx, memory: &Memory<'_>, family: u32, kind: u32, result: u32) -> Result<()> {
    let is_v6 = match u16::try_from(family) {
        Ok(INET4) => false,
        Ok(INET6) => true,
        _ => return Err(wasip1::ERRNO_AFNOSUPPORT.into()),
    };
    // Who does not care gets what there is.
    if ![0, STREAM].contains(&kind) {
        return Err(wasip1::ERRNO_PROTONOSUPPORT.into());
    }
    sockets::open(ctx, memory, is_v6, result)
}

/// Binds `fd` to an address: to a socket that was granted there.
///
/// # Errors
/// `inval`, `afnosupport`; `acces` if it was not granted; `addrinuse` if the program has it already.
pub(crate) fn bind(ctx: &Ctx, memory: &Memory<'_>, fd: u32, address: u32, port: u32) -> Result<()> {
    sockets::bind(ctx, fd, read(memory, address, port)?)
}

/// Lets `fd` listen where it is bound.
///
/// # Errors
/// `acces` if that was not granted.
pub(crate) fn listen(ctx: &Ctx, _memory: &Memory<'_>, fd: u32, _backlog: u32) -> Result<()> {
    sockets::listen(ctx, fd)
}

/// Accepts a connection to `fd`; writes its descriptor to `result`.
///
/// # Errors
/// As [`sock::sock_accept`].
pub(crate) fn accept(ctx: &Ctx, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    memory.check(result, 4)?;
    let (connection, _) = sockets::accept(ctx, fd, 0)?;
    memory.write_u32(result, connection)
}

/// Connects `fd` to an address.
///
/// # Errors
/// `inval`, `afnosupport`; `acces` if that was not granted; `inprogress` in non-blocking mode; what the system answers.
pub(crate) fn connect(ctx: &Ctx, memory: &Memory<'_>, fd: u32, address: u32, port: u32) -> Result<()> {
    sockets::connect(ctx, fd, read(memory, address, port)?)
}

/// Receives as [`sock::sock_recv`]; writes from where.
///
/// # Errors
/// As there.
#[allow(clippy::too_many_arguments, reason = "WasmEdge's signature")]
pub(crate) fn recv_from(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    address: u32,
    flags: u32,
    port: u32,
    received: u32,
    out_flags: u32,
) -> Result<()> {
    memory.check(received, 4)?;
    memory.check(out_flags, 4)?;
    room(memory, address, port)?;
    let (read, peer) = sockets::receive(ctx, memory, fd, Buffers { iovs, count, flags })?;
    write(memory, address, port, peer)?;
    memory.write_u32(received, read)?;
    memory.write_u32(out_flags, 0)
}

/// Sends as [`sock::sock_send`]: a connection leads where it leads, whatever the address says.
///
/// # Errors
/// As there.
#[allow(clippy::too_many_arguments, reason = "WasmEdge's signature")]
pub(crate) fn send_to(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    _address: u32,
    _port: u32,
    flags: u32,
    sent: u32,
) -> Result<()> {
    sock::sock_send(ctx, memory, fd, iovs, count, flags, sent)
}

/// Writes where `fd` is bound: the address, whether that is one of IPv4 (4) or IPv6 (6), and the port.
///
/// # Errors
/// `inval` if there is too little room.
pub(crate) fn getlocaladdr(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    address: u32,
    family: u32,
    port: u32,
) -> Result<()> {
    told(memory, address, family, port, sockets::local(ctx, fd)?)
}

/// Writes where `fd` is connected to, as [`getlocaladdr`] does.
///
/// # Errors
/// `notconn`; as there.
pub(crate) fn getpeeraddr(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    address: u32,
    family: u32,
    port: u32,
) -> Result<()> {
    told(memory, address, family, port, sockets::peer(ctx, fd)?)
}

fn told(memory: &Memory<'_>, address: u32, family: u32, port: u32, value: SocketAddr) -> Result<()> {
    memory.check(family, 4)?;
    write(memory, address, port, value)?;
    memory.write_u32(family, if value.is_ipv4() { 4 } else { 6 })
}

/// The same without the family, as a later version had it: the address begins with that.
///
/// # Errors
/// As [`getlocaladdr`].
pub(crate) fn getlocaladdr_of_any(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    address: u32,
    port: u32,
) -> Result<()> {
    write(memory, address, port, sockets::local(ctx, fd)?)
}

/// As [`getlocaladdr_of_any`], of the other side.
///
/// # Errors
/// As [`getpeeraddr`].
pub(crate) fn getpeeraddr_of_any(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    address: u32,
    port: u32,
) -> Result<()> {
    write(memory, address, port, sockets::peer(ctx, fd)?)
}

/// Bytes of what is told of an address that a name leads to: flags, family, sort of socket and protocol, then how long the
/// address is and where, the same of a name, and where the next one is.
const INFO: u32 = 28;
/// Bytes of an address in that: its family, how long it is, and where it is: the port with its highest byte first, and the rest
/// of a `sockaddr`.
const SOCKADDR: u32 = 12;

/// Writes where the name `node` leads to the list of places that the pointer at `result` leads to, `most` at most; to `count`
/// how many. `service` is a port, http or https. `hint` may want a family.
///
/// # Errors
/// `inval` for a service of another sort; `noent` if the name was not granted, or leads nowhere; `acces` if it leads only where
/// it must not.
#[allow(clippy::too_many_arguments, reason = "WasmEdge's signature")]
pub(crate) fn getaddrinfo(
    ctx: &Ctx,
    memory: &Memory<'_>,
    node: u32,
    node_len: u32,
    service: u32,
    service_len: u32,
    hint: u32,
    result: u32,
    most: u32,
    count: u32,
) -> Result<()> {
    memory.check(count, 4)?;
    let port = match sockets::host(memory, service, service_len)?.as_str() {
        "" => 0,
        "http" => 80,
        "https" => 443,
        number => number.parse::<u16>().map_err(|_| wasip1::ERRNO_INVAL)?,
    };
    let wanted: u16 = match hint {
        0 => 0,
        _ => memory.read::<4>(hint)?[2].into(),
    };
    let node = sockets::host(memory, node, node_len)?;
    let node = if node.is_empty() { "0.0.0.0" } else { &node };
    let found = ctx.net.resolve(node, ctx.misses.calls())?;
    let found = found.into_iter().map(|address| sockaddr(address, port));
    let found = found.filter(|(family, ..)| [0, *family].contains(&wanted)).take(most as usize);
    // All places are looked at before anything is written.
    let (mut at, mut places) = (memory.read_u32(result)?, Vec::new());
    for (family, len, data) in found {
        if at == 0 {
            break;
        }
        memory.check(at, INFO)?;
        let own = memory.read_u32(at + 12)?;
        memory.check(own, SOCKADDR)?;
        let bytes = memory.read_u32(own + 8)?;
        memory.check(bytes, data.len() as u32)?;
        places.push((at, own, bytes, family, len, data));
        at = memory.read_u32(at + 24)?;
    }
    for (at, own, bytes, family, len, data) in &places {
        memory.write(*bytes, data)?;
        memory.write_u32(*own, (*family).into())?;
        memory.write_u32(own + 4, data.len() as u32)?;
        memory.write(at + 2, &[*family as u8, STREAM as u8])?;
        memory.write_u32(at + 4, TCP)?;
        memory.write_u32(at + 8, *len)?;
        // No other name is told.
        memory.write_u32(at + 20, 0)?;
    }
    memory.write_u32(count, places.len() as u32)
}

/// The family of an address, how long its `sockaddr` is on most systems, and what that has behind the family.
fn sockaddr(address: IpAddr, port: u16) -> (u16, u32, Vec<u8>) {
    let port = port.to_be_bytes();
    match address {
        IpAddr::V4(ip) => (INET4, 16, [&port[..], &ip.octets(), &[0; 8]].concat()),
        IpAddr::V6(ip) => (INET6, 28, [&port[..], &[0; 4], &ip.octets(), &[0; 4]].concat()),
    }
}
