//! What is known about a file, as WASI tells it.

use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir as CapDir, File as CapFile, Metadata};
use wasip1::Filetype;

use crate::sys::handle::Handle;
use crate::words::Filestat;

pub(crate) fn filestat(handle: &Handle) -> io::Result<Filestat> {
    match handle {
        Handle::File(file) => filestat_of_file(file),
        Handle::Own(_) => {
            let filetype = wasip1::FILETYPE_UNKNOWN;
            Ok(Filestat { dev: 0, ino: 0, filetype, nlink: 1, size: 0, atim: 0, mtim: 0, ctim: 0 })
        }
        Handle::Socket(_) => Err(io::ErrorKind::InvalidInput.into()),
        Handle::Stream(stream) => {
            let terminal = stream.is_terminal();
            let filetype =
                if terminal { wasip1::FILETYPE_CHARACTER_DEVICE } else { wasip1::FILETYPE_UNKNOWN };
            Ok(Filestat { dev: 0, ino: 0, filetype, nlink: 1, size: 0, atim: 0, mtim: 0, ctim: 0 })
        }
    }
}

pub(crate) fn filestat_of_file(file: &CapFile) -> io::Result<Filestat> {
    Ok(filestat_of(&file.metadata()?))
}

/// What is known about the file at `path`, wherever that is.
pub(crate) fn filestat_by_path(path: &Path, follow: bool) -> io::Result<Filestat> {
    // winbase.h: a directory can be opened, and a link itself.
    const BACKUP_SEMANTICS: u32 = 0x0200_0000;
    const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let itself = if follow { 0 } else { OPEN_REPARSE_POINT };
    let file =
        std::fs::OpenOptions::new().access_mode(0).custom_flags(BACKUP_SEMANTICS | itself).open(path)?;
    filestat_of_file(&CapFile::from_std(file))
}

/// None: every path is looked up by cap-std here.
pub(crate) fn filestat_of_name(_dir: &CapDir, _path: &str, _follow: bool) -> Option<io::Result<Filestat>> {
    None
}

pub(crate) fn filestat_of(metadata: &Metadata) -> Filestat {
    let nanos = |time: io::Result<cap_std::time::SystemTime>| {
        let since = time.ok().and_then(|t| t.into_std().duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    };
    Filestat {
        dev: MetadataExt::dev(metadata),
        ino: MetadataExt::ino(metadata),
        filetype: filetype(metadata.file_type()),
        nlink: MetadataExt::nlink(metadata),
        size: metadata.len(),
        atim: nanos(metadata.accessed()),
        mtim: nanos(metadata.modified()),
        // Windows keeps no time of the last change to a file's attributes.
        ctim: nanos(metadata.modified()),
    }
}

pub(super) fn filetype(filetype: cap_std::fs::FileType) -> Filetype {
    if filetype.is_file() {
        wasip1::FILETYPE_REGULAR_FILE
    } else if filetype.is_dir() {
        wasip1::FILETYPE_DIRECTORY
    } else if filetype.is_symlink() {
        wasip1::FILETYPE_SYMBOLIC_LINK
    } else {
        wasip1::FILETYPE_UNKNOWN
    }
}
