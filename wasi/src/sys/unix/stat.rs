//! What is known about a file, as WASI tells it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use cap_std::fs::{Dir as CapDir, File as CapFile, Metadata, MetadataExt};
use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::Errno;
use wasip1::Filetype;

use super::time::nanos;
use crate::sys::handle::Handle;
use crate::words::Filestat;

pub(crate) fn filestat(file: &Handle) -> io::Result<Filestat> {
    known(file.as_fd())
}

pub(crate) fn filestat_of_file(file: &CapFile) -> io::Result<Filestat> {
    known(file.as_fd())
}

/// What is known about the file at `path`, wherever that is.
pub(crate) fn filestat_by_path(path: &Path, follow: bool) -> io::Result<Filestat> {
    let stat = if follow { rustix::fs::stat(path)? } else { rustix::fs::lstat(path)? };
    Ok(of(&stat))
}

/// Looks at the entry `path` of `dir` with one call to the system. `None` if that does not settle it, and the path must be
/// resolved: it has several names, or leads to a link that is to be followed, or the system refused the call.
///
/// An entry of a directory is below that directory, so nothing outside of it can be reached this way.
pub(crate) fn filestat_of_name(dir: &CapDir, path: &str, follow: bool) -> Option<io::Result<Filestat>> {
    if path.contains(['/', '\0']) || matches!(path, "" | "." | "..") {
        return None;
    }
    match rustix::fs::statat(dir, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => {
            let found = of(&stat);
            (!follow || found.filetype != wasip1::FILETYPE_SYMBOLIC_LINK).then_some(Ok(found))
        }
        Err(Errno::NOENT) => Some(Err(Errno::NOENT.into())),
        Err(_) => None,
    }
}

fn known(file: BorrowedFd<'_>) -> io::Result<Filestat> {
    Ok(of(&rustix::fs::fstat(file)?))
}

fn of(stat: &Stat) -> Filestat {
    #[allow(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
    Filestat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        filetype: filetype_of_mode(stat.st_mode as u32),
        nlink: stat.st_nlink as u64,
        size: stat.st_size as u64,
        atim: nanos(stat.st_atime as i64, stat.st_atime_nsec as i64),
        mtim: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        ctim: nanos(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    }
}

pub(crate) fn filestat_of(metadata: &Metadata) -> Filestat {
    Filestat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        filetype: filetype_of_mode(metadata.mode()),
        nlink: metadata.nlink(),
        size: metadata.size(),
        atim: nanos(metadata.atime(), metadata.atime_nsec()),
        mtim: nanos(metadata.mtime(), metadata.mtime_nsec()),
        ctim: nanos(metadata.ctime(), metadata.ctime_nsec()),
    }
}

pub(super) fn filetype_of_mode(mode: u32) -> Filetype {
    filetype_of(FileType::from_raw_mode(mode as rustix::fs::RawMode))
}

pub(super) fn filetype_of(filetype: FileType) -> Filetype {
    match filetype {
        FileType::RegularFile => wasip1::FILETYPE_REGULAR_FILE,
        FileType::Directory => wasip1::FILETYPE_DIRECTORY,
        FileType::Symlink => wasip1::FILETYPE_SYMBOLIC_LINK,
        FileType::CharacterDevice => wasip1::FILETYPE_CHARACTER_DEVICE,
        FileType::BlockDevice => wasip1::FILETYPE_BLOCK_DEVICE,
        FileType::Socket => wasip1::FILETYPE_SOCKET_STREAM,
        // WASI has no word for pipes.
        FileType::Fifo | FileType::Unknown => wasip1::FILETYPE_UNKNOWN,
    }
}
