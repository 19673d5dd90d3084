//! The errno of the system, as WASI numbers it.

use rustix::io::Errno as SysErrno;
use wasip1::Errno;

/// WASI's number for the system's, where there is one.
pub(crate) fn errno(code: i32) -> Option<Errno> {
    const TABLE: &[(SysErrno, Errno)] = &[
        (SysErrno::PERM, wasip1::ERRNO_PERM),
        (SysErrno::NOENT, wasip1::ERRNO_NOENT),
        (SysErrno::INTR, wasip1::ERRNO_INTR),
        (SysErrno::IO, wasip1::ERRNO_IO),
        (SysErrno::NXIO, wasip1::ERRNO_NXIO),
        (SysErrno::BADF, wasip1::ERRNO_BADF),
        (SysErrno::CHILD, wasip1::ERRNO_CHILD),
        (SysErrno::AGAIN, wasip1::ERRNO_AGAIN),
        (SysErrno::NOMEM, wasip1::ERRNO_NOMEM),
        (SysErrno::ACCESS, wasip1::ERRNO_ACCES),
        (SysErrno::FAULT, wasip1::ERRNO_FAULT),
        (SysErrno::BUSY, wasip1::ERRNO_BUSY),
        (SysErrno::EXIST, wasip1::ERRNO_EXIST),
        (SysErrno::XDEV, wasip1::ERRNO_XDEV),
        (SysErrno::NODEV, wasip1::ERRNO_NODEV),
        (SysErrno::NOTDIR, wasip1::ERRNO_NOTDIR),
        (SysErrno::ISDIR, wasip1::ERRNO_ISDIR),
        (SysErrno::INVAL, wasip1::ERRNO_INVAL),
        (SysErrno::NFILE, wasip1::ERRNO_NFILE),
        (SysErrno::MFILE, wasip1::ERRNO_MFILE),
        (SysErrno::NOTTY, wasip1::ERRNO_NOTTY),
        (SysErrno::TXTBSY, wasip1::ERRNO_TXTBSY),
        (SysErrno::FBIG, wasip1::ERRNO_FBIG),
        (SysErrno::NOSPC, wasip1::ERRNO_NOSPC),
        (SysErrno::SPIPE, wasip1::ERRNO_SPIPE),
        (SysErrno::SRCH, wasip1::ERRNO_SRCH),
        (SysErrno::ROFS, wasip1::ERRNO_ROFS),
        (SysErrno::MLINK, wasip1::ERRNO_MLINK),
        (SysErrno::PIPE, wasip1::ERRNO_PIPE),
        (SysErrno::NAMETOOLONG, wasip1::ERRNO_NAMETOOLONG),
        (SysErrno::NOTEMPTY, wasip1::ERRNO_NOTEMPTY),
        (SysErrno::LOOP, wasip1::ERRNO_LOOP),
        (SysErrno::OVERFLOW, wasip1::ERRNO_OVERFLOW),
        (SysErrno::ILSEQ, wasip1::ERRNO_ILSEQ),
        (SysErrno::NOTSUP, wasip1::ERRNO_NOTSUP),
        (SysErrno::OPNOTSUPP, wasip1::ERRNO_NOTSUP),
        (SysErrno::DQUOT, wasip1::ERRNO_DQUOT),
        (SysErrno::STALE, wasip1::ERRNO_STALE),
        (SysErrno::NOSYS, wasip1::ERRNO_NOSYS),
        (SysErrno::TIMEDOUT, wasip1::ERRNO_TIMEDOUT),
    ];
    TABLE.iter().find(|(system, _)| system.raw_os_error() == code).map(|(_, wasi)| *wasi)
}
