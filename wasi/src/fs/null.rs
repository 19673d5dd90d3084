//! The null device: a stream that is always at its end, and takes everything.

use std::io::SeekFrom;

use wasip1::Fdflags;

use crate::errno::Result;
use crate::piece::Piece;
use crate::words::{Access, Filestat, Times};

/// The null device, as a file of no machine.
pub(crate) struct Null;

/// Bytes in `buffers`.
pub(crate) fn len(buffers: &[Piece<'_>]) -> usize {
    buffers.iter().map(|buffer| buffer.len()).sum()
}

#[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same verbs as every file")]
impl Null {
    pub(crate) fn access(&self) -> Access {
        Access::ReadWrite
    }

    pub(crate) fn read_at(&self, _buffers: &mut [Piece<'_>], _offset: u64) -> Result<usize> {
        Ok(0)
    }

    pub(crate) fn write(&self, buffers: &[Piece<'_>], _flags: Fdflags) -> Result<usize> {
        Ok(len(buffers))
    }

    pub(crate) fn seek(&self, _position: SeekFrom) -> Result<u64> {
        Ok(0)
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        let filetype = wasip1::FILETYPE_CHARACTER_DEVICE;
        Ok(Filestat { dev: 0, ino: 0, filetype, nlink: 1, size: 0, atim: 0, mtim: 0, ctim: 0 })
    }

    pub(crate) fn available(&self) -> Result<u64> {
        Ok(0)
    }

    pub(crate) fn set_len(&self, _len: u64) -> Result<()> {
        Err(wasip1::ERRNO_INVAL.into())
    }

    pub(crate) fn allocate(&self, _offset: u64, _len: u64) -> Result<()> {
        Err(wasip1::ERRNO_NODEV.into())
    }

    pub(crate) fn set_times(&self, _times: Times) -> Result<()> {
        Ok(())
    }
}
