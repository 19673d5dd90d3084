//! Sockets. None of these calls waits, but for connecting: the system tells too late that it has begun.
#![allow(unsafe_code, reason = "std has no word for waiting for several sockets")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::windows::io::AsRawSocket;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock::{
    FIONREAD, POLLERR, POLLHUP, POLLNVAL, POLLRDNORM, POLLWRNORM, SO_KEEPALIVE, SOCKET, SOL_SOCKET,
    WSAPOLLFD, WSAPoll, ioctlsocket, setsockopt,
};

use super::file::{STEP, copy};
use crate::piece::Piece;
use crate::sys::handle::{Handle, Interest, Sock};

impl Sock {
    fn raw(&self) -> SOCKET {
        match self {
            Sock::Listener(listener) => listener.as_raw_socket() as SOCKET,
            Sock::Stream(stream) => stream.as_raw_socket() as SOCKET,
        }
    }
}

/// Connects, and waits for that, for so much `time` at most.
pub(crate) fn connect(to: SocketAddr, time: Option<Duration>) -> io::Result<(TcpStream, bool)> {
    let stream = match time {
        Some(time) => TcpStream::connect_timeout(&to, time)?,
        None => TcpStream::connect(to)?,
    };
    stream.set_nonblocking(true)?;
    Ok((stream, true))
}

/// Lets the system ask now and then whether the other side is still there.
pub(crate) fn keep_alive(stream: &TcpStream, on: bool) -> io::Result<()> {
    let value = i32::from(on);
    let len = size_of::<i32>() as i32;
    // SAFETY: the socket is open for as long as `stream` is there, and the option takes one number, which is handed over.
    let result = unsafe {
        let value = std::ptr::from_ref(&value).cast();
        setsockopt(stream.as_raw_socket() as SOCKET, SOL_SOCKET, SO_KEEPALIVE, value, len)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Receives what is there; with `peek` it stays there.
pub(crate) fn receive(stream: &TcpStream, into: &mut [Piece<'_>], peek: bool) -> io::Result<usize> {
    let Some(buffer) = into.iter().find(|buffer| buffer.len() > 0) else { return Ok(0) };
    let mut own = vec![0; buffer.len().min(STEP)];
    let mut stream = stream;
    let count = if peek { stream.peek(&mut own)? } else { stream.read(&mut own)? };
    Ok(buffer.store(&own[..count]))
}

/// Sends what there is room for.
pub(crate) fn send(stream: &TcpStream, from: &[Piece<'_>]) -> io::Result<usize> {
    let mut stream = stream;
    stream.write(&copy(from))
}

/// Bytes that can be received at once.
pub(super) fn readable(socket: &Sock) -> u64 {
    let mut count = 0;
    // SAFETY: the socket is open for as long as it is lent, and the number is written to a place for one.
    let result = unsafe { ioctlsocket(socket.raw(), FIONREAD, &mut count) };
    if result == 0 { count.into() } else { 0 }
}

/// Waits until one of the sockets among `interests` is ready, or `timeout` nanoseconds have passed; `None` waits for ever.
pub(super) fn poll(interests: &mut [Interest<'_>], timeout: Option<u64>) -> io::Result<()> {
    let mut list = Vec::new();
    let mut asked = Vec::new();
    for interest in interests {
        let Handle::Socket(socket) = interest.handle else { continue };
        let events = if interest.write { POLLWRNORM } else { POLLRDNORM };
        list.push(WSAPOLLFD { fd: socket.raw(), events, revents: 0 });
        asked.push(interest);
    }
    // Rounded up, and no longer than there is a number for: whoever waits looks at the clock and waits again.
    let millis = timeout.map_or(-1, |nanos| i32::try_from(nanos.div_ceil(1_000_000)).unwrap_or(i32::MAX));
    // SAFETY: the sockets are open for as long as they are lent, and the list is as long as it is said to be.
    let result = unsafe { WSAPoll(list.as_mut_ptr(), list.len() as u32, millis) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    for (interest, seen) in asked.into_iter().zip(&list) {
        interest.ready = seen.revents & (POLLRDNORM | POLLWRNORM) != 0;
        interest.hangup = seen.revents & (POLLHUP | POLLERR | POLLNVAL) != 0;
    }
    Ok(())
}
