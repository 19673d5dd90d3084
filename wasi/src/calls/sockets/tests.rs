//! Pointers that leave memory, in the calls for sockets that preview 1 does not have: `fault`, and the call has not happened.

use terms::{Connect, Listen};

use super::*;
use crate::calls::{sock, wasix_net as wasix, wasmedge};

const SIZE: usize = 1024;
/// An address as WASIX has it, a place for one as WasmEdge has it, and a list of one buffer.
const ADDRESS: u32 = 64;
const PLACE: u32 = 96;
const IOVS: u32 = 128;
/// Sixteen bytes of a time, the name of this machine, a port, and a number of bytes.
const TIME: u32 = 160;
const NAME: u32 = 192;
const SERVICE: u32 = 208;
const LEN: u32 = 240;
/// Where a list of places for addresses begins, and a pointer to it.
const LIST: u32 = 600;
const FIRST: u32 = 592;
/// Where good results go.
const OUT: u32 = 512;

/// The socket that listens, a new one, and one that is connected.
const LISTENER: u32 = 3;
const NEW: u32 = 6;
const CONNECTED: u32 = 7;

/// A call with one bad pointer, the last argument.
type Call = fn(&Ctx, &Memory<'_>, u32) -> Result<()>;

#[rustfmt::skip]
const TABLE: &[(&str, Call)] = &[
    ("sock_open", |c, m, bad| wasix::sock_open(c, m, 1, 1, 6, bad)),
    ("sock_bind", |c, m, bad| wasix::sock_bind(c, m, NEW, bad)),
    ("sock_accept_v2 result", |c, m, bad| wasix::sock_accept_v2(c, m, LISTENER, 0, bad, OUT)),
    ("sock_accept_v2 peer", |c, m, bad| wasix::sock_accept_v2(c, m, LISTENER, 0, OUT, bad)),
    ("sock_connect", |c, m, bad| wasix::sock_connect(c, m, NEW, bad)),
    ("sock_recv_from iovs", |c, m, bad| wasix::sock_recv_from(c, m, CONNECTED, bad, 1, 0, OUT, OUT, OUT)),
    ("sock_recv_from received", |c, m, bad| wasix::sock_recv_from(c, m, CONNECTED, IOVS, 1, 0, bad, OUT, OUT)),
    ("sock_recv_from flags", |c, m, bad| wasix::sock_recv_from(c, m, CONNECTED, IOVS, 1, 0, OUT, bad, OUT)),
    ("sock_recv_from peer", |c, m, bad| wasix::sock_recv_from(c, m, CONNECTED, IOVS, 1, 0, OUT, OUT, bad)),
    ("sock_send_to iovs", |c, m, bad| wasix::sock_send_to(c, m, CONNECTED, bad, 1, 0, ADDRESS, OUT)),
    ("sock_send_to sent", |c, m, bad| wasix::sock_send_to(c, m, CONNECTED, IOVS, 1, 0, ADDRESS, bad)),
    ("sock_addr_local", |c, m, bad| wasix::sock_addr_local(c, m, LISTENER, bad)),
    ("sock_addr_peer", |c, m, bad| wasix::sock_addr_peer(c, m, CONNECTED, bad)),
    ("sock_status", |c, m, bad| wasix::sock_status(c, m, CONNECTED, bad)),
    ("sock_get_opt_flag", |c, m, bad| wasix::sock_get_opt_flag(c, m, CONNECTED, 3, bad)),
    ("sock_set_opt_time", |c, m, bad| wasix::sock_set_opt_time(c, m, CONNECTED, 19, bad)),
    ("sock_get_opt_time", |c, m, bad| wasix::sock_get_opt_time(c, m, CONNECTED, 19, bad)),
    ("sock_get_opt_size", |c, m, bad| wasix::sock_get_opt_size(c, m, CONNECTED, 11, bad)),
    ("resolve host", |c, m, bad| wasix::resolve(c, m, bad, 9, 0, OUT, 2, OUT)),
    ("resolve addresses", |c, m, bad| wasix::resolve(c, m, NAME, 9, 0, bad, 2, OUT)),
    ("resolve count", |c, m, bad| wasix::resolve(c, m, NAME, 9, 0, OUT, 2, bad)),
    ("open", |c, m, bad| wasmedge::open(c, m, 1, 2, bad)),
    ("bind", |c, m, bad| wasmedge::bind(c, m, NEW, bad, 80)),
    ("accept", |c, m, bad| wasmedge::accept(c, m, LISTENER, bad)),
    ("connect", |c, m, bad| wasmedge::connect(c, m, NEW, bad, 80)),
    ("recv_from iovs", |c, m, bad| wasmedge::recv_from(c, m, CONNECTED, bad, 1, PLACE, 0, OUT, OUT, OUT)),
    ("recv_from address", |c, m, bad| wasmedge::recv_from(c, m, CONNECTED, IOVS, 1, bad, 0, OUT, OUT, OUT)),
    ("recv_from port", |c, m, bad| wasmedge::recv_from(c, m, CONNECTED, IOVS, 1, PLACE, 0, bad, OUT, OUT)),
    ("recv_from received", |c, m, bad| wasmedge::recv_from(c, m, CONNECTED, IOVS, 1, PLACE, 0, OUT, bad, OUT)),
    ("recv_from flags", |c, m, bad| wasmedge::recv_from(c, m, CONNECTED, IOVS, 1, PLACE, 0, OUT, OUT, bad)),
    ("send_to iovs", |c, m, bad| wasmedge::send_to(c, m, CONNECTED, bad, 1, PLACE, 0, 0, OUT)),
    ("send_to sent", |c, m, bad| wasmedge::send_to(c, m, CONNECTED, IOVS, 1, PLACE, 0, 0, bad)),
    ("getlocaladdr address", |c, m, bad| wasmedge::getlocaladdr(c, m, LISTENER, bad, OUT, OUT)),
    ("getlocaladdr family", |c, m, bad| wasmedge::getlocaladdr(c, m, LISTENER, PLACE, bad, OUT)),
    ("getlocaladdr port", |c, m, bad| wasmedge::getlocaladdr(c, m, LISTENER, PLACE, OUT, bad)),
    ("getpeeraddr address", |c, m, bad| wasmedge::getpeeraddr(c, m, CONNECTED, bad, OUT, OUT)),
    ("getlocaladdr of any", |c, m, bad| wasmedge::getlocaladdr_of_any(c, m, LISTENER, bad, OUT)),
    ("getpeeraddr of any", |c, m, bad| wasmedge::getpeeraddr_of_any(c, m, CONNECTED, PLACE, bad)),
    ("setsockopt", |c, m, bad| wasmedge::setsockopt(c, m, CONNECTED, 0, 11, bad, 16)),
    ("getsockopt value", |c, m, bad| wasmedge::getsockopt(c, m, CONNECTED, 0, 2, bad, LEN)),
    ("getsockopt len", |c, m, bad| wasmedge::getsockopt(c, m, CONNECTED, 0, 2, OUT, bad)),
    ("getaddrinfo node", |c, m, bad| wasmedge::getaddrinfo(c, m, bad, 9, SERVICE, 2, 0, FIRST, 2, OUT)),
    ("getaddrinfo service", |c, m, bad| wasmedge::getaddrinfo(c, m, NAME, 9, bad, 2, 0, FIRST, 2, OUT)),
    ("getaddrinfo hint", |c, m, bad| wasmedge::getaddrinfo(c, m, NAME, 9, SERVICE, 2, bad, FIRST, 2, OUT)),
    ("getaddrinfo result", |c, m, bad| wasmedge::getaddrinfo(c, m, NAME, 9, SERVICE, 2, 0, bad, 2, OUT)),
    ("getaddrinfo count", |c, m, bad| wasmedge::getaddrinfo(c, m, NAME, 9, SERVICE, 2, 0, FIRST, 2, bad)),
];

fn put(bytes: &mut [u8], at: u32, numbers: &[u32]) {
    for (i, number) in numbers.iter().enumerate() {
        bytes[at as usize + 4 * i..][..4].copy_from_slice(&number.to_le_bytes());
    }
}

/// A program that listens, with a connection to itself on which something is to be received, and one more that is to be accepted.
fn world() -> (Ctx, Vec<u8>) {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let ctx = Ctx::builder()
        .listen(Listen::parse("0").unwrap(), socket)
        .connect(Connect::parse("localhost:*").unwrap())
        .build()
        .unwrap();
    let mut bytes = vec![0; SIZE];
    bytes[ADDRESS as usize..][..8].copy_from_slice(&[1, 0, port as u8, (port >> 8) as u8, 127, 0, 0, 1]);
    put(&mut bytes, PLACE, &[OUT + 64, 16]);
    put(&mut bytes, IOVS, &[256, 16]);
    bytes[NAME as usize..][..9].copy_from_slice(b"localhost");
    bytes[SERVICE as usize..][..2].copy_from_slice(b"80");
    put(&mut bytes, LEN, &[4]);
    put(&mut bytes, FIRST, &[LIST]);
    put(&mut bytes, LIST + 12, &[LIST + 40]);
    put(&mut bytes, LIST + 48, &[LIST + 60]);
    bytes[256..260].copy_from_slice(b"data");
    let memory = &Memory::new(&mut bytes);
    for fd in [NEW, CONNECTED] {
        wasix::sock_open(&ctx, memory, 1, 1, 6, OUT).unwrap();
        assert_eq!(memory.read_u32(OUT), Ok(fd));
    }
    wasix::sock_connect(&ctx, memory, CONNECTED, ADDRESS).unwrap();
    sock::sock_accept(&ctx, memory, LISTENER, 0, OUT).unwrap();
    sock::sock_send(&ctx, memory, memory.read_u32(OUT).unwrap(), IOVS, 1, 0, OUT).unwrap();
    wasix::sock_open(&ctx, memory, 1, 1, 6, OUT).unwrap();
    wasix::sock_connect(&ctx, memory, memory.read_u32(OUT).unwrap(), ADDRESS).unwrap();
    bytes[256..272].fill(0);
    bytes[OUT as usize..][..4].fill(0);
    (ctx, bytes)
}

#[test]
fn a_pointer_that_leaves_memory_is_fault_and_nothing_happens() {
    let (ctx, mut bytes) = world();
    let before = bytes.clone();
    for (name, call) in TABLE {
        for bad in [SIZE as u32, SIZE as u32 - 1, u32::MAX] {
            // What is one byte long fits there.
            if bad == SIZE as u32 - 1 && ["sock_status", "sock_get_opt_flag"].contains(name) {
                continue;
            }
            let outcome = call(&ctx, &Memory::new(&mut bytes), bad);
            assert_eq!(outcome, Err(wasip1::ERRNO_FAULT.into()), "{name} {bad:#x}");
            assert!(bytes == before, "{name} {bad:#x} failed and changed memory");
        }
    }
    let memory = &Memory::new(&mut bytes);
    wasix::sock_recv_from(&ctx, memory, CONNECTED, IOVS, 1, 0, OUT, OUT + 4, OUT + 8).unwrap();
    assert_eq!(memory.read(256), Ok(*b"data"), "nothing of it was taken");
    sock::sock_accept(&ctx, memory, LISTENER, 0, OUT).unwrap();
    wasix::sock_bind(&ctx, memory, NEW, ADDRESS).unwrap_err();
    wasix::sock_connect(&ctx, memory, NEW, ADDRESS).unwrap();
}

#[test]
fn what_is_told_of_a_name_has_its_place() {
    let (ctx, mut bytes) = world();
    let memory = &Memory::new(&mut bytes);
    wasmedge::getaddrinfo(&ctx, memory, NAME, 9, SERVICE, 2, 0, FIRST, 1, OUT).unwrap();
    assert_eq!(memory.read_u32(OUT), Ok(1));
    assert_eq!(memory.read(LIST + 60), Ok([0, 80, 127, 0, 0, 1, 0, 0]));
    assert_eq!(memory.read(LIST + 40), Ok([1, 0, 0, 0, 14, 0, 0, 0]));
    // One that leads to itself for ever is told as often as there was room for.
    memory.write_u32(LIST + 24, LIST).unwrap();
    wasmedge::getaddrinfo(&ctx, memory, NAME, 9, SERVICE, 2, 0, FIRST, 9, OUT).unwrap();
    assert_eq!(memory.read_u32(OUT), Ok(2));
    let set = TIME;
    memory.write_u64(set, 1).unwrap();
    memory.write_u64(set + 8, 500_000).unwrap();
    wasmedge::setsockopt(&ctx, memory, CONNECTED, 0, 11, set, 16).unwrap();
    memory.write_u32(LEN, 16).unwrap();
    wasix::sock_get_opt_time(&ctx, memory, CONNECTED, 19, OUT).unwrap();
    assert_eq!(memory.read(OUT + 8).map(u64::from_le_bytes), Ok(1_500_000_000));
    wasmedge::getsockopt(&ctx, memory, CONNECTED, 0, 11, OUT, LEN).unwrap();
    assert_eq!([OUT, OUT + 8].map(|at| memory.read(at).map(u64::from_le_bytes)), [Ok(1), Ok(500_000)]);
}
