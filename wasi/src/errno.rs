//! From `io::Error` to errno, in one place.
//!
//! The operating system's own number decides where there is one, because it is the most exact; the portable
//! kind decides for errors that cap-std and std make themselves. cap-std reports a path that leads out of its
//! directory as `PermissionDenied` without a number: that is `notcapable`, WASI's word for what was not granted.

use std::io::{self, ErrorKind};

use wasip1::Errno;

use crate::sys;

/// A call that failed, with the errno that the guest will see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub Errno);

/// What a call returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Error(errno)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let known = error.raw_os_error().and_then(sys::errno);
        Error(known.unwrap_or_else(|| by_kind(error.kind())))
    }
}

fn by_kind(kind: ErrorKind) -> Errno {
    match kind {
        ErrorKind::NotFound => wasip1::ERRNO_NOENT,
        ErrorKind::PermissionDenied => wasip1::ERRNO_NOTCAPABLE,
        ErrorKind::AlreadyExists => wasip1::ERRNO_EXIST,
        ErrorKind::WouldBlock => wasip1::ERRNO_AGAIN,
        ErrorKind::NotADirectory => wasip1::ERRNO_NOTDIR,
        ErrorKind::IsADirectory => wasip1::ERRNO_ISDIR,
        ErrorKind::DirectoryNotEmpty => wasip1::ERRNO_NOTEMPTY,
        ErrorKind::ReadOnlyFilesystem => wasip1::ERRNO_ROFS,
        ErrorKind::StorageFull => wasip1::ERRNO_NOSPC,
        ErrorKind::NotSeekable => wasip1::ERRNO_SPIPE,
        ErrorKind::QuotaExceeded => wasip1::ERRNO_DQUOT,
        ErrorKind::FileTooLarge => wasip1::ERRNO_FBIG,
        ErrorKind::ResourceBusy => wasip1::ERRNO_BUSY,
        ErrorKind::CrossesDevices => wasip1::ERRNO_XDEV,
        ErrorKind::TooManyLinks => wasip1::ERRNO_MLINK,
        ErrorKind::InvalidFilename => wasip1::ERRNO_NAMETOOLONG,
        ErrorKind::InvalidInput | ErrorKind::InvalidData => wasip1::ERRNO_INVAL,
        ErrorKind::BrokenPipe => wasip1::ERRNO_PIPE,
        ErrorKind::Interrupted => wasip1::ERRNO_INTR,
        ErrorKind::Unsupported => wasip1::ERRNO_NOTSUP,
        ErrorKind::OutOfMemory => wasip1::ERRNO_NOMEM,
        ErrorKind::AddrInUse => wasip1::ERRNO_ADDRINUSE,
        ErrorKind::AddrNotAvailable => wasip1::ERRNO_ADDRNOTAVAIL,
        ErrorKind::ConnectionAborted => wasip1::ERRNO_CONNABORTED,
        ErrorKind::ConnectionRefused => wasip1::ERRNO_CONNREFUSED,
        ErrorKind::ConnectionReset => wasip1::ERRNO_CONNRESET,
        ErrorKind::HostUnreachable => wasip1::ERRNO_HOSTUNREACH,
        ErrorKind::NetworkDown => wasip1::ERRNO_NETDOWN,
        ErrorKind::NetworkUnreachable => wasip1::ERRNO_NETUNREACH,
        ErrorKind::NotConnected => wasip1::ERRNO_NOTCONN,
        ErrorKind::TimedOut => wasip1::ERRNO_TIMEDOUT,
        _ => wasip1::ERRNO_IO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_notcapable_and_a_refusal_by_the_system_is_acces() {
        let escape = io::Error::new(ErrorKind::PermissionDenied, "a path led outside of the filesystem");
        assert_eq!(Error::from(escape).0, wasip1::ERRNO_NOTCAPABLE);
        #[cfg(unix)]
        assert_eq!(Error::from(io::Error::from_raw_os_error(13)).0, wasip1::ERRNO_ACCES);
    }

    #[test]
    fn an_unknown_error_is_io() {
        assert_eq!(Error::from(io::Error::other("?")).0, wasip1::ERRNO_IO);
    }
}
