//! A socket as a file: what every file has.

use std::io::SeekFrom;

use wasip1::Fdflags;

use super::socket::Socket;
use crate::errno::Result;
use crate::piece::Piece;
use crate::sys::{self, Handle, Sock};
use crate::words::{Access, Filestat, Times};

#[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same verbs as every file")]
impl Socket {
    pub(crate) fn access(&self) -> Access {
        Access::ReadWrite
    }

    pub(crate) fn read_at(&self, _buffers: &mut [Piece<'_>], _offset: u64) -> Result<usize> {
        Err(wasip1::ERRNO_SPIPE.into())
    }

    pub(crate) fn write(&self, buffers: &[Piece<'_>], flags: Fdflags) -> Result<usize> {
        self.send(buffers, flags)
    }

    pub(crate) fn seek(&self, _position: SeekFrom) -> Result<u64> {
        Err(wasip1::ERRNO_SPIPE.into())
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        let filetype = wasip1::FILETYPE_SOCKET_STREAM;
        Ok(Filestat { dev: 0, ino: 0, filetype, nlink: 1, size: 0, atim: 0, mtim: 0, ctim: 0 })
    }

    pub(crate) fn available(&self) -> Result<u64> {
        Ok(match self.handle() {
            Some(handle @ Handle::Socket(Sock::Stream(_))) => sys::readable(handle),
            // A connection to be accepted counts as one.
            Some(_) => 1,
            None => 0,
        })
    }

    pub(crate) fn set_len(&self, _len: u64) -> Result<()> {
        Err(wasip1::ERRNO_INVAL.into())
    }

    pub(crate) fn allocate(&self, _offset: u64, _len: u64) -> Result<()> {
        Err(wasip1::ERRNO_SPIPE.into())
    }

    pub(crate) fn set_times(&self, _times: Times) -> Result<()> {
        Err(wasip1::ERRNO_INVAL.into())
    }
}
