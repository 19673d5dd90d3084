//! A file descriptor's file: one below a granted directory, one of an embedded tree, or a standard stream.
//!
//! The standard streams are the real ones: nothing is buffered between the guest and them. They are shared with
//! whoever started the program, so no flag of theirs is ever changed: whether a program waits is up to it alone, and the
//! other flags are what they are.

use std::io::{IoSlice, IoSliceMut, SeekFrom};

use cap_std::fs::File as CapFile;
use wasip1::Fdflags;

use crate::abi::Filestat;
use crate::ctx::Access;
use crate::fs::tree::TreeFile;
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
pub(crate) enum File {
    /// The host's.
    Host(Handle, Access),
    /// One of an embedded tree.
    Tree(TreeFile),
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
        File::Host(Handle::File(file), access)
    }

    pub(crate) fn stream(stream: Stream) -> File {
        File::Host(Handle::Stream(stream), Access::ReadWrite)
    }

    /// For waiting on it; `None` for a file that is always ready.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        match self {
            File::Host(handle, _) => Some(handle),
            File::Tree(_) => None,
        }
    }

    /// Reads into `buffers` from where the file stands. 0 is its end.
    pub(crate) fn read(&self, buffers: &mut [IoSliceMut<'_>], flags: Fdflags) -> Result<usize> {
        match self {
            File::Host(Handle::Stream(stream), _) => {
                Ok(sys::read_stream(*stream, buffers, is_nonblocking(flags))?)
            }
            File::Host(handle, _) => Ok(sys::read(handle, buffers)?),
            File::Tree(file) => file.read(buffers),
        }
    }

    /// Reads into `buffers` from `offset`, and leaves the file where it stands.
    pub(crate) fn read_at(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize> {
        match self {
            File::Host(handle, _) => Ok(sys::read_at(handle, buffers, offset)?),
            File::Tree(file) => file.read_at(buffers, offset),
        }
    }

    /// Writes `buffers` where the file stands, or at its end in append mode.
    pub(crate) fn write(&self, buffers: &[IoSlice<'_>], flags: Fdflags) -> Result<usize> {
        let append = flags & wasip1::FDFLAGS_APPEND != 0;
        match self {
            File::Host(Handle::Stream(stream), _) => {
                Ok(sys::write_stream(*stream, buffers, is_nonblocking(flags))?)
            }
            File::Host(handle, _) => Ok(sys::write(handle, buffers, append)?),
            File::Tree(file) => file.write(buffers, append),
        }
    }

    /// Writes `buffers` at `offset`, and leaves the file where it stands.
    pub(crate) fn write_at(&self, buffers: &[IoSlice<'_>], offset: u64, flags: Fdflags) -> Result<usize> {
        let append = flags & wasip1::FDFLAGS_APPEND != 0;
        match self {
            File::Host(Handle::Stream(stream), _) => Ok(sys::write_stream_at(*stream, buffers, offset)?),
            File::Host(handle, _) => Ok(sys::write_at(handle, buffers, offset, append)?),
            File::Tree(file) => file.write_at(buffers, offset),
        }
    }

    /// Moves to `position`; returns where that is, in bytes from the start.
    pub(crate) fn seek(&self, position: SeekFrom) -> Result<u64> {
        match self {
            File::Host(handle, _) => Ok(sys::seek(handle, position)?),
            File::Tree(file) => file.seek(position),
        }
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        match self {
            File::Host(handle, _) => Ok(sys::filestat(handle)?),
            File::Tree(file) => file.filestat(),
        }
    }

    pub(crate) fn set_len(&self, len: u64) -> Result<()> {
        match self {
            File::Host(handle, _) => Ok(sys::set_len(handle, len)?),
            File::Tree(file) => file.set_len(len),
        }
    }

    /// Makes sure that the file has room for `offset..offset + len`, and is at least that long.
    pub(crate) fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        match self {
            File::Host(handle, _) => Ok(sys::allocate(handle, offset, len)?),
            File::Tree(file) => file.allocate(offset, len),
        }
    }

    /// Tells the system how the range will be used; a hint, and nothing where nobody takes it.
    pub(crate) fn advise(&self, offset: u64, len: u64, advice: wasip1::Advice) -> Result<()> {
        match self {
            File::Host(handle, _) => Ok(sys::advise(handle, offset, len, advice)?),
            File::Tree(_) => Ok(()),
        }
    }

    /// Waits until content, and unless `data_only` also what is known about it, is on the device.
    pub(crate) fn sync(&self, data_only: bool) -> Result<()> {
        match self {
            File::Host(handle, _) => Ok(sys::sync(handle, data_only)?),
            File::Tree(_) => Ok(()),
        }
    }

    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        match self {
            File::Host(_, Access::ReadOnly) => Err(wasip1::ERRNO_ROFS.into()),
            File::Host(handle, Access::ReadWrite) => Ok(sys::set_times(handle, times)?),
            File::Tree(file) => file.set_times(times),
        }
    }

    /// The flags that hold for a descriptor which remembers `remembered`: of a stream only whether the program waits is
    /// its own.
    pub(crate) fn flags(&self, remembered: Fdflags) -> Fdflags {
        match self {
            File::Host(Handle::Stream(stream), _) => {
                sys::stream_flags(*stream) & !wasip1::FDFLAGS_NONBLOCK | remembered & wasip1::FDFLAGS_NONBLOCK
            }
            File::Host(Handle::File(_), _) | File::Tree(_) => remembered,
        }
    }

    /// Changes `append` and `nonblock`, of a stream only the latter; the flags for synchronous writes are fixed when a file
    /// is opened.
    pub(crate) fn set_flags(&self, old: Fdflags, new: Fdflags) -> Result<()> {
        let settable = match self {
            File::Host(Handle::Stream(_), _) => wasip1::FDFLAGS_NONBLOCK,
            File::Host(Handle::File(_), _) | File::Tree(_) => {
                wasip1::FDFLAGS_APPEND | wasip1::FDFLAGS_NONBLOCK
            }
        };
        if (old ^ new) & !settable != 0 {
            return Err(wasip1::ERRNO_NOTSUP.into());
        }
        match self {
            File::Host(Handle::File(file), _) => Ok(sys::set_flags(file, new)?),
            // The descriptor remembers them.
            File::Host(Handle::Stream(_), _) | File::Tree(_) => Ok(()),
        }
    }
}

fn is_nonblocking(flags: Fdflags) -> bool {
    flags & wasip1::FDFLAGS_NONBLOCK != 0
}
