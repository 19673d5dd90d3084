//! A file descriptor's file: the choice between one of the host, one of a tree, a socket, the null device and a list of
//! interests, and nothing else.

use std::io::SeekFrom;

use wasip1::Fdflags;

use super::host::file::HostFile;
use super::null;
use super::tree::file::TreeFile;
use crate::epoll::Epoll;
use crate::errno::Result;
use crate::net::socket::Socket;
use crate::piece::Piece;
use crate::sys::Handle;
use crate::words::{Access, Filestat, Times};

/// An open file.
#[derive(Debug)]
pub(crate) enum File {
    /// The host's.
    Host(HostFile),
    /// One of a tree.
    Tree(TreeFile),
    /// The null device.
    Null,
    /// A list of files that are waited for.
    Epoll(Epoll<File, HostFile>),
    /// A socket.
    Socket(Socket),
}

/// Calls the same method of whichever it is.
macro_rules! either {
    ($of:expr, $file:ident => $call:expr) => {
        match $of {
            File::Host($file) | File::Epoll(Epoll { file: $file, .. }) => $call,
            File::Tree($file) => $call,
            File::Socket($file) => $call,
            File::Null => {
                let $file = null::Null;
                $call
            }
        }
    };
}

impl File {
    /// True if it lies where nothing can be changed.
    pub(crate) fn is_read_only(&self) -> bool {
        either!(self, file => file.access()) == Access::ReadOnly
    }

    /// For waiting on it; `None` for a file that is always ready.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => Some(file.handle()),
            File::Socket(socket) => socket.handle(),
            File::Tree(_) | File::Null => None,
        }
    }

    /// The list of interests that it is.
    ///
    /// # Errors
    /// `inval` if it is none.
    pub(crate) fn epoll(&self) -> Result<&Epoll<File, HostFile>> {
        match self {
            File::Epoll(epoll) => Ok(epoll),
            _ => Err(wasip1::ERRNO_INVAL.into()),
        }
    }

    /// The socket that it is, if it is one.
    pub(crate) fn socket(&self) -> Option<&Socket> {
        match self {
            File::Socket(socket) => Some(socket),
            _ => None,
        }
    }

    /// Reads into `buffers` from where the file stands. 0 is its end.
    pub(crate) fn read(&self, buffers: &mut [Piece<'_>], flags: Fdflags) -> Result<usize> {
        match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => file.read(buffers, flags),
            File::Tree(file) => file.read(buffers),
            File::Socket(socket) => socket.receive(buffers, flags, (false, false)),
            File::Null => Ok(0),
        }
    }

    /// Reads into `buffers` from `offset`, and leaves the file where it stands.
    pub(crate) fn read_at(&self, buffers: &mut [Piece<'_>], offset: u64) -> Result<usize> {
        either!(self, file => file.read_at(buffers, offset))
    }

    /// Writes `buffers` where the file stands, or at its end in append mode.
    pub(crate) fn write(&self, buffers: &[Piece<'_>], flags: Fdflags) -> Result<usize> {
        either!(self, file => file.write(buffers, flags))
    }

    /// Writes `buffers` at `offset`, also in append mode, and leaves the file where it stands.
    pub(crate) fn write_at(&self, buffers: &[Piece<'_>], offset: u64, flags: Fdflags) -> Result<usize> {
        match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => file.write_at(buffers, offset, flags),
            File::Tree(file) => file.write_at(buffers, offset),
            File::Socket(_) => Err(wasip1::ERRNO_SPIPE.into()),
            File::Null => Ok(null::len(buffers)),
        }
    }

    /// Moves to `position`; returns where that is, in bytes from the start.
    pub(crate) fn seek(&self, position: SeekFrom) -> Result<u64> {
        either!(self, file => file.seek(position))
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        either!(self, file => file.filestat())
    }

    /// Bytes that can be read at once: what is left of a file, or what a pipe or terminal holds.
    pub(crate) fn available(&self) -> Result<u64> {
        either!(self, file => file.available())
    }

    pub(crate) fn set_len(&self, len: u64) -> Result<()> {
        either!(self, file => file.set_len(len))
    }

    /// Makes sure that the file has room for `offset..offset + len`, and is at least that long.
    pub(crate) fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        either!(self, file => file.allocate(offset, len))
    }

    /// Tells the system how the range will be used; a hint, and nothing where nobody takes it.
    pub(crate) fn advise(&self, offset: u64, len: u64, advice: wasip1::Advice) -> Result<()> {
        match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => file.advise(offset, len, advice),
            File::Socket(_) => Err(wasip1::ERRNO_SPIPE.into()),
            File::Tree(_) | File::Null => Ok(()),
        }
    }

    /// Waits until content, and unless `data_only` also what is known about it, is on the device.
    pub(crate) fn sync(&self, data_only: bool) -> Result<()> {
        match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => file.sync(data_only),
            File::Socket(_) => Err(wasip1::ERRNO_INVAL.into()),
            File::Tree(_) | File::Null => Ok(()),
        }
    }

    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        either!(self, file => file.set_times(times))
    }

    /// The flags that hold for a descriptor which remembers `remembered`.
    pub(crate) fn flags(&self, remembered: Fdflags) -> Fdflags {
        match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => file.flags(remembered),
            File::Tree(_) | File::Socket(_) | File::Null => remembered,
        }
    }

    /// Changes `append` and `nonblock`, of a stream only the latter; the flags for synchronous writes are fixed when a file
    /// is opened.
    pub(crate) fn set_flags(&self, old: Fdflags, new: Fdflags) -> Result<()> {
        let settable = match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => file.settable(),
            File::Tree(_) => wasip1::FDFLAGS_APPEND | wasip1::FDFLAGS_NONBLOCK,
            File::Null | File::Socket(_) => wasip1::FDFLAGS_NONBLOCK,
        };
        if (old ^ new) & !settable != 0 {
            return Err(wasip1::ERRNO_NOTSUP.into());
        }
        match self {
            File::Host(file) | File::Epoll(Epoll { file, .. }) => file.set_flags(new),
            // The descriptor remembers them.
            File::Tree(_) | File::Socket(_) | File::Null => Ok(()),
        }
    }
}
