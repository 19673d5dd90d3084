//! A file of the host: one below a granted directory, a standard stream, or what the program had the system make for it.
//!
//! The standard streams are the real ones: nothing is buffered between the guest and them. They are shared with
//! whoever started the program, so no flag of theirs is ever changed: whether a program waits is up to it alone, and the
//! other flags are what they are.

use std::io::SeekFrom;

use cap_std::fs::File as CapFile;
use wasip1::Fdflags;

use crate::errno::Result;
use crate::gate;
use crate::piece::Piece;
use crate::sys::{self, Handle, Own, Stream};
use crate::words::{Access, Filestat, Times};

/// An open file.
#[derive(Debug)]
pub(crate) struct HostFile {
    handle: Handle,
    access: Access,
}

impl HostFile {
    pub(crate) fn new(file: CapFile, access: Access) -> HostFile {
        HostFile { handle: Handle::File(file), access }
    }

    pub(crate) fn stream(stream: Stream) -> HostFile {
        HostFile { handle: Handle::Stream(stream), access: Access::ReadWrite }
    }

    /// What the program made for itself.
    pub(crate) fn own(own: Own) -> HostFile {
        HostFile { handle: Handle::Own(own), access: Access::ReadWrite }
    }

    /// What may be done with it.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// For waiting on it.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Reads into `buffers` from where the file stands. 0 is its end.
    pub(crate) fn read(&self, buffers: &mut [Piece<'_>], flags: Fdflags) -> Result<usize> {
        Ok(gate::outside(|| match &self.handle {
            Handle::Stream(stream) => sys::read_stream(*stream, buffers, is_nonblocking(flags)),
            Handle::Own(own) => own.read(buffers),
            handle => sys::read(handle, buffers),
        })?)
    }

    /// Reads into `buffers` from `offset`, and leaves the file where it stands.
    pub(crate) fn read_at(&self, buffers: &mut [Piece<'_>], offset: u64) -> Result<usize> {
        Ok(gate::outside(|| sys::read_at(&self.handle, buffers, offset))?)
    }

    /// Writes `buffers` where the file stands, or at its end in append mode.
    pub(crate) fn write(&self, buffers: &[Piece<'_>], flags: Fdflags) -> Result<usize> {
        Ok(gate::outside(|| match &self.handle {
            Handle::Stream(stream) => sys::write_stream(*stream, buffers, is_nonblocking(flags)),
            Handle::Own(own) => own.write(buffers),
            handle => sys::write(handle, buffers, appends(flags)),
        })?)
    }

    /// Writes `buffers` at `offset`, also in append mode, and leaves the file where it stands.
    pub(crate) fn write_at(&self, buffers: &[Piece<'_>], offset: u64, flags: Fdflags) -> Result<usize> {
        Ok(gate::outside(|| match &self.handle {
            Handle::Stream(stream) => sys::write_stream_at(*stream, buffers, offset),
            handle => sys::write_at(handle, buffers, offset, appends(flags)),
        })?)
    }

    /// Moves to `position`; returns where that is, in bytes from the start.
    pub(crate) fn seek(&self, position: SeekFrom) -> Result<u64> {
        Ok(sys::seek(&self.handle, position)?)
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        Ok(sys::filestat(&self.handle)?)
    }

    /// Bytes that can be read at once.
    pub(crate) fn available(&self) -> Result<u64> {
        let stat = self.filestat()?;
        if stat.filetype != wasip1::FILETYPE_REGULAR_FILE {
            return Ok(sys::readable(&self.handle));
        }
        Ok(stat.size.saturating_sub(self.seek(SeekFrom::Current(0))?))
    }

    pub(crate) fn set_len(&self, len: u64) -> Result<()> {
        Ok(sys::set_len(&self.handle, len)?)
    }

    /// Makes sure that the file has room for `offset..offset + len`, and is at least that long.
    pub(crate) fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        Ok(sys::allocate(&self.handle, offset, len)?)
    }

    /// Tells the system how the range will be used; a hint, and nothing where nobody takes it.
    pub(crate) fn advise(&self, offset: u64, len: u64, advice: wasip1::Advice) -> Result<()> {
        Ok(sys::advise(&self.handle, offset, len, advice)?)
    }

    /// Waits until content, and unless `data_only` also what is known about it, is on the device.
    pub(crate) fn sync(&self, data_only: bool) -> Result<()> {
        Ok(gate::outside(|| sys::sync(&self.handle, data_only))?)
    }

    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        match self.access {
            Access::ReadOnly => Err(wasip1::ERRNO_ROFS.into()),
            Access::ReadWrite => Ok(sys::set_times(&self.handle, times)?),
        }
    }

    /// The flags that hold for a descriptor which remembers `remembered`: of a stream only whether the program waits is
    /// its own. Of what it made itself, all copies of a descriptor have that in common.
    pub(crate) fn flags(&self, remembered: Fdflags) -> Fdflags {
        match &self.handle {
            Handle::Stream(stream) => {
                sys::stream_flags(*stream) & !wasip1::FDFLAGS_NONBLOCK | remembered & wasip1::FDFLAGS_NONBLOCK
            }
            Handle::File(_) | Handle::Socket(_) => remembered,
            Handle::Own(own) if own.is_nonblocking() => wasip1::FDFLAGS_NONBLOCK,
            Handle::Own(_) => 0,
        }
    }

    /// The flags that can be changed.
    pub(crate) fn settable(&self) -> Fdflags {
        match &self.handle {
            Handle::Stream(_) | Handle::Socket(_) | Handle::Own(_) => wasip1::FDFLAGS_NONBLOCK,
            Handle::File(_) => wasip1::FDFLAGS_APPEND | wasip1::FDFLAGS_NONBLOCK,
        }
    }

    /// Tells the system of flags that were changed. Those of a stream the descriptor remembers.
    pub(crate) fn set_flags(&self, flags: Fdflags) -> Result<()> {
        match &self.handle {
            Handle::File(file) => Ok(sys::set_flags(file, flags)?),
            Handle::Stream(_) | Handle::Socket(_) => Ok(()),
            Handle::Own(own) => Ok(own.set_nonblocking(is_nonblocking(flags))?),
        }
    }
}

fn appends(flags: Fdflags) -> bool {
    flags & wasip1::FDFLAGS_APPEND != 0
}

fn is_nonblocking(flags: Fdflags) -> bool {
    flags & wasip1::FDFLAGS_NONBLOCK != 0
}
