//! The entries of a directory.

use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;

use cap_std::fs::Dir as CapDir;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use wasip1::Filetype;

use super::stat::filetype_of;

/// Hands name, inode and type of each entry of `dir` but `.` and `..` to `each`.
pub(crate) fn entries<E: From<io::Error>>(
    dir: &CapDir,
    mut each: impl FnMut(Vec<u8>, u64, Filetype) -> Result<(), E>,
) -> Result<(), E> {
    // The handle of a directory that was opened is good for finding things only.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = rustix::fs::openat(dir, ".", flags, Mode::empty()).map_err(io::Error::from)?;
    raw_entries(open, |name, ino, filetype| {
        if name == c"." || name == c".." {
            return Ok(());
        }
        let filetype = match filetype {
            // Some file systems keep no types in their directories.
            FileType::Unknown => match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                // It went away since, and is not there.
                Err(_) => return Ok(()),
            },
            known => known,
        };
        each(name.to_bytes().to_vec(), ino, filetype_of(filetype))
    })
}

/// Hands every entry of `open` to `each`, as the system has it. It is asked in large pieces, into a buffer on the stack: a
/// directory of 100 entries takes two calls.
#[cfg(target_os = "linux")]
fn raw_entries<E: From<io::Error>>(
    open: OwnedFd,
    mut each: impl FnMut(&CStr, u64, FileType) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = [std::mem::MaybeUninit::uninit(); 8 * 1024];
    let mut entries = rustix::fs::RawDir::new(open, &mut buffer);
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => each(entry.file_name(), entry.ino(), entry.file_type())?,
            // A directory that was removed has no entries, as C libraries see it.
            Err(Errno::NOENT) => break,
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
    Ok(())
}

/// Hands every entry of `open` to `each`, as the system has it.
#[cfg(not(target_os = "linux"))]
fn raw_entries<E: From<io::Error>>(
    open: OwnedFd,
    mut each: impl FnMut(&CStr, u64, FileType) -> Result<(), E>,
) -> Result<(), E> {
    for entry in rustix::fs::Dir::new(open).map_err(io::Error::from)? {
        match entry {
            Ok(entry) => each(entry.file_name(), entry.ino(), entry.file_type())?,
            Err(Errno::NOENT) => break,
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
    Ok(())
}
