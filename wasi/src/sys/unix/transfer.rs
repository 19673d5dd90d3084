//! Reading and writing guest memory in place: the system is handed addresses and lengths.
#![allow(unsafe_code, reason = "the system is handed guest memory here, which is never lent as a slice")]

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::AsFd;

#[cfg(target_os = "linux")]
use rustix::io::{ReadWriteFlags, preadv2, pwritev2};
use rustix::io::{Result, preadv, pwritev, readv, writev};
use rustix::net::{RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendFlags, recvmsg, sendmsg};

use crate::piece::Piece;

const _: () = assert!(size_of::<Piece<'_>>() == size_of::<IoSlice<'_>>());
const _: () = assert!(align_of::<Piece<'_>>() == align_of::<IoSlice<'_>>());

/// `pieces` as the list of `iovec` that they are.
fn source<'p>(pieces: &'p [Piece<'_>]) -> &'p [IoSlice<'p>] {
    // SAFETY: std guarantees that an `IoSlice` is laid out as an `iovec`, which is how a `Piece` is. Nobody here looks at the
    // bytes: below, rustix hands the list to the system as it is.
    unsafe { &*(std::ptr::from_ref(pieces) as *const [IoSlice<'p>]) }
}

/// The same, to be filled.
fn target<'p>(pieces: &'p mut [Piece<'_>]) -> &'p mut [IoSliceMut<'p>] {
    // SAFETY: as in `source`.
    unsafe { &mut *(std::ptr::from_mut(pieces) as *mut [IoSliceMut<'p>]) }
}

pub(super) fn read(file: impl AsFd, into: &mut [Piece<'_>]) -> Result<usize> {
    readv(file, target(into))
}

pub(super) fn read_at(file: impl AsFd, into: &mut [Piece<'_>], offset: u64) -> Result<usize> {
    preadv(file, target(into), offset)
}

/// Reads without waiting.
#[cfg(target_os = "linux")]
pub(super) fn read_at_once(file: impl AsFd, into: &mut [Piece<'_>]) -> Result<usize> {
    preadv2(file, target(into), u64::MAX, ReadWriteFlags::NOWAIT)
}

pub(super) fn write(file: impl AsFd, from: &[Piece<'_>]) -> Result<usize> {
    writev(file, source(from))
}

pub(super) fn write_at(file: impl AsFd, from: &[Piece<'_>], offset: u64) -> Result<usize> {
    pwritev(file, source(from), offset)
}

/// Writes without waiting.
#[cfg(target_os = "linux")]
pub(super) fn write_at_once(file: impl AsFd, from: &[Piece<'_>]) -> Result<usize> {
    pwritev2(file, source(from), u64::MAX, ReadWriteFlags::NOWAIT)
}

/// Receives from a socket.
pub(super) fn receive(socket: impl AsFd, into: &mut [Piece<'_>], peek: bool) -> Result<usize> {
    let flags = if peek { RecvFlags::PEEK } else { RecvFlags::empty() };
    Ok(recvmsg(socket, target(into), &mut RecvAncillaryBuffer::default(), flags)?.bytes)
}

/// Sends to a socket, which raises no signal if nobody receives any more. On Apple's systems it was told so when it was made.
pub(super) fn send(socket: impl AsFd, from: &[Piece<'_>]) -> Result<usize> {
    #[cfg(target_vendor = "apple")]
    let flags = SendFlags::empty();
    #[cfg(not(target_vendor = "apple"))]
    let flags = SendFlags::NOSIGNAL;
    sendmsg(socket, source(from), &mut SendAncillaryBuffer::default(), flags)
}
