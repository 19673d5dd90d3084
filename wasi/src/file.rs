//! A file descriptor's file: one below a granted directory, or one of the three standard streams.
//!
//! The standard streams are the real ones: nothing is buffered between the guest and them. They are shared with
//! whoever started the program, so no flag is ever set on them: non-blocking mode is kept by asking first.

use std::io::{IoSlice, IoSliceMut, SeekFrom};

use cap_std::fs::File as CapFile;
use wasip1::Fdflags;

use crate::abi::Filestat;
use crate::ctx::Access;
use crate::{Result, sys};

/// One of the standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    In,
    Out,
    Err,
}

impl Stream {
    /// True for a terminal.
    pub(crate) fn is_terminal(self) -> bool {
        use std::io::IsTerminal;
        match self {
            Stream::In => std::io::stdin().is_terminal(),
            Stream::Out => std::io::stdout().is_terminal(),
            Stream::Err => std::io::stderr().is_terminal(),
        }
    }
}

/// What the operating system knows the file by.
#[derive(Debug)]
pub(crate) enum Handle {
    File(CapFile),
    Stream(Stream),
}

/// An open file.
#[derive(Debug)]
pub(crate) struct File {
    handle: Handle,
    access: Access,
}

/// New times for a file; `None` leaves one as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) accessed: Option<Time>,
    pub(crate) modified: Option<Time>,
}

/// A time to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// The time of the call.
    Now,
    /// Nanoseconds since 1970.
    At(u64),
}

impl Times {
    /// Reads the arguments of the `_set_times` calls.
    ///
    /// # Errors
    /// `inval` for a flag that is none, or both a time and now for the same field.
    pub(crate) fn new(accessed: u64, modified: u64, flags: u32) -> Result<Times> {
        let pick = |value, at: u16, now: u16| match (flags & u32::from(at) != 0, flags & u32::from(now) != 0)
        {
            (true, true) => Err(wasip1::ERRNO_INVAL),
            (true, false) => Ok(Some(Time::At(value))),
            (false, true) => Ok(Some(Time::Now)),
            (false, false) => Ok(None),
        };
        let known = wasip1::FSTFLAGS_ATIM
            | wasip1::FSTFLAGS_ATIM_NOW
            | wasip1::FSTFLAGS_MTIM
            | wasip1::FSTFLAGS_MTIM_NOW;
        if flags & !u32::from(known) != 0 {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        Ok(Times {
            accessed: pick(accessed, wasip1::FSTFLAGS_ATIM, wasip1::FSTFLAGS_ATIM_NOW)?,
            modified: pick(modified, wasip1::FSTFLAGS_MTIM, wasip1::FSTFLAGS_MTIM_NOW)?,
        })
    }
}

impl File {
    pub(crate) fn new(file: CapFile, access: Access) -> File {
        File { handle: Handle::File(file), access }
    }

    pub(crate) fn stream(stream: Stream) -> File {
        File { handle: Handle::Stream(stream), access: Access::ReadWrite }
    }

    /// For waiting on it.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// `again` if the guest asked never to wait on a stream and would have to now.
    fn ready(&self, flags: Fdflags, write: bool) -> Result<()> {
        let nonblocking = flags & wasip1::FDFLAGS_NONBLOCK != 0;
        if nonblocking && matches!(self.handle, Handle::Stream(_)) && !sys::is_ready(&self.handle, write)? {
            return Err(wasip1::ERRNO_AGAIN.into());
        }
        Ok(())
    }

    /// Reads into `buffers` from where the file stands. 0 is its end.
    pub(crate) fn read(&self, buffers: &mut [IoSliceMut<'_>], flags: Fdflags) -> Result<usize> {
        self.ready(flags, false)?;
        Ok(sys::read(&self.handle, buffers)?)
    }

    /// Reads into `buffers` from `offset`, and leaves the file where it stands.
    pub(crate) fn read_at(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize> {
        Ok(sys::read_at(&self.handle, buffers, offset)?)
    }

    /// Writes `buffers` where the file stands, or at its end in append mode.
    pub(crate) fn write(&self, buffers: &[IoSlice<'_>], flags: Fdflags) -> Result<usize> {
        self.ready(flags, true)?;
        Ok(sys::write(&self.handle, buffers, flags & wasip1::FDFLAGS_APPEND != 0)?)
    }

    /// Writes `buffers` at `offset`, and leaves the file where it stands.
    pub(crate) fn write_at(&self, buffers: &[IoSlice<'_>], offset: u64, flags: Fdflags) -> Result<usize> {
        Ok(sys::write_at(&self.handle, buffers, offset, flags & wasip1::FDFLAGS_APPEND != 0)?)
    }

    /// Moves to `position`; returns where that is, in bytes from the start.
    pub(crate) fn seek(&self, position: SeekFrom) -> Result<u64> {
        Ok(sys::seek(&self.handle, position)?)
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        Ok(sys::filestat(&self.handle)?)
    }

    pub(crate) fn set_len(&self, len: u64) -> Result<()> {
        Ok(sys::set_len(&self.handle, len)?)
    }

    /// Makes sure that the file has room for `offset..offset + len`, and is at least that long.
    pub(crate) fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        Ok(sys::allocate(&self.handle, offset, len)?)
    }

    /// Tells the system how the range will be used; a hint, and nothing where the system takes none.
    pub(crate) fn advise(&self, offset: u64, len: u64, advice: wasip1::Advice) -> Result<()> {
        Ok(sys::advise(&self.handle, offset, len, advice)?)
    }

    /// Waits until content, and unless `data_only` also what is known about it, is on the device.
    pub(crate) fn sync(&self, data_only: bool) -> Result<()> {
        Ok(sys::sync(&self.handle, data_only)?)
    }

    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        if self.access == Access::ReadOnly {
            return Err(wasip1::ERRNO_ROFS.into());
        }
        Ok(sys::set_times(&self.handle, times)?)
    }

    /// Changes `append` and `nonblock`; the flags for synchronous writes are fixed when a file is opened.
    pub(crate) fn set_flags(&self, old: Fdflags, new: Fdflags) -> Result<()> {
        let settable = wasip1::FDFLAGS_APPEND | wasip1::FDFLAGS_NONBLOCK;
        if (old ^ new) & !settable != 0 {
            return Err(wasip1::ERRNO_NOTSUP.into());
        }
        match &self.handle {
            Handle::Stream(_) => Ok(()),
            Handle::File(file) => Ok(sys::set_flags(file, new)?),
        }
    }
}
