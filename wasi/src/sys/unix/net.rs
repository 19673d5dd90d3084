//! Sockets. None of these calls waits.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::io::{Errno as SysErrno, FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketType, sockopt};

use super::transfer;
use crate::piece::Piece;
use crate::sys::handle::Sock;

impl AsFd for Sock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Sock::Listener(listener) => listener.as_fd(),
            Sock::Stream(stream) => stream.as_fd(),
        }
    }
}

/// Begins to connect; true if it is done. Whoever waits for it sees to `_time`.
pub(crate) fn connect(to: SocketAddr, _time: Option<Duration>) -> io::Result<(TcpStream, bool)> {
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    #[cfg(target_vendor = "apple")]
    sockopt::set_socket_nosigpipe(&socket, true)?;
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(true)?;
    match rustix::net::connect(&stream, &to) {
        Ok(()) => Ok((stream, true)),
        Err(SysErrno::INPROGRESS | SysErrno::INTR) => Ok((stream, false)),
        Err(error) => Err(error.into()),
    }
}

/// Lets the system ask now and then whether the other side is still there.
pub(crate) fn keep_alive(stream: &TcpStream, on: bool) -> io::Result<()> {
    Ok(sockopt::set_socket_keepalive(stream, on)?)
}

/// Receives what is there; with `peek` it stays there.
pub(crate) fn receive(stream: &TcpStream, into: &mut [Piece<'_>], peek: bool) -> io::Result<usize> {
    Ok(transfer::receive(stream, into, peek)?)
}

/// Sends what there is room for. That nobody receives any more is an answer, and ends no process.
pub(crate) fn send(stream: &TcpStream, from: &[Piece<'_>]) -> io::Result<usize> {
    Ok(transfer::send(stream, from)?)
}
