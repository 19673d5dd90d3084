//! Rights: which ones a descriptor starts with, by what it is.
//!
//! Rights narrow what a guest's own code may do with a descriptor: they can be given up and are inherited, but
//! never gained. They are not what confines an app; that is the directory handle, and whether it was granted
//! read-only (which answers `rofs`, like any read-only file system).

use wasip1::*;

/// What can be done with a file.
pub const FILE: Rights = RIGHTS_FD_DATASYNC
    | RIGHTS_FD_READ
    | RIGHTS_FD_SEEK
    | RIGHTS_FD_FDSTAT_SET_FLAGS
    | RIGHTS_FD_SYNC
    | RIGHTS_FD_TELL
    | RIGHTS_FD_WRITE
    | RIGHTS_FD_ADVISE
    | RIGHTS_FD_ALLOCATE
    | RIGHTS_FD_FILESTAT_GET
    | RIGHTS_FD_FILESTAT_SET_SIZE
    | RIGHTS_FD_FILESTAT_SET_TIMES
    | RIGHTS_POLL_FD_READWRITE;

/// What can be done with a directory.
pub const DIRECTORY: Rights = RIGHTS_PATH_CREATE_DIRECTORY
    | RIGHTS_PATH_CREATE_FILE
    | RIGHTS_PATH_LINK_SOURCE
    | RIGHTS_PATH_LINK_TARGET
    | RIGHTS_PATH_OPEN
    | RIGHTS_FD_READDIR
    | RIGHTS_PATH_READLINK
    | RIGHTS_PATH_RENAME_SOURCE
    | RIGHTS_PATH_RENAME_TARGET
    | RIGHTS_PATH_FILESTAT_GET
    | RIGHTS_PATH_FILESTAT_SET_SIZE
    | RIGHTS_PATH_FILESTAT_SET_TIMES
    | RIGHTS_PATH_SYMLINK
    | RIGHTS_PATH_REMOVE_DIRECTORY
    | RIGHTS_PATH_UNLINK_FILE
    | RIGHTS_FD_FDSTAT_SET_FLAGS
    | RIGHTS_FD_SYNC
    | RIGHTS_FD_DATASYNC
    | RIGHTS_FD_FILESTAT_GET
    | RIGHTS_FD_FILESTAT_SET_TIMES;

/// What can be done with a pipe, an event or a list of interests, which the program made for itself: beside reading and writing.
pub const MADE: Rights = RIGHTS_FD_FDSTAT_SET_FLAGS | RIGHTS_FD_FILESTAT_GET | RIGHTS_POLL_FD_READWRITE;

/// What can be done with a socket. It has the right to seek, as a pipe does, and no positions.
pub const SOCKET: Rights = RIGHTS_FD_READ
    | RIGHTS_FD_WRITE
    | RIGHTS_FD_SEEK
    | RIGHTS_FD_TELL
    | RIGHTS_FD_FDSTAT_SET_FLAGS
    | RIGHTS_FD_FILESTAT_GET
    | RIGHTS_POLL_FD_READWRITE
    | RIGHTS_SOCK_ACCEPT
    | RIGHTS_SOCK_SHUTDOWN;

/// What can be asked for when something is opened. The rest applies to sockets only and is left out of what a guest
/// gets, as the specification allows.
pub const OPENED: Rights = FILE | DIRECTORY;

/// Every right there is. Bits beyond these are ignored in what a guest asks for.
pub const ALL: Rights = FILE | DIRECTORY | RIGHTS_SOCK_SHUTDOWN | RIGHTS_SOCK_ACCEPT;

/// Rights that need the host's file to be open for writing.
pub const NEED_WRITE: Rights = RIGHTS_FD_WRITE | RIGHTS_FD_ALLOCATE | RIGHTS_FD_FILESTAT_SET_SIZE;

/// What can be done with standard input (`input`), or with standard output or error. They belong to whoever started the
/// program: it can read or write, and neither cut or extend such a file nor set its times. A terminal cannot seek, and
/// wasi-libc tells a terminal by just that.
pub fn stream(input: bool, terminal: bool) -> Rights {
    const OWNERS: Rights = RIGHTS_FD_ALLOCATE | RIGHTS_FD_FILESTAT_SET_SIZE | RIGHTS_FD_FILESTAT_SET_TIMES;
    let direction = if input { RIGHTS_FD_WRITE } else { RIGHTS_FD_READ };
    let seeking = if terminal { RIGHTS_FD_SEEK | RIGHTS_FD_TELL } else { 0 };
    FILE & !OWNERS & !direction & !seeking
}
