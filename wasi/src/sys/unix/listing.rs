//! The entries of a directory.

use std::io;

use cap_std::fs::Dir as CapDir;
use wasip1::Filetype;

/// Hands name, inode and type of each entry of `dir` but `.` and `..` to `each`.
///
/// The system is asked in large pieces, into a buffer on the stack: a directory of 100 entries takes two calls.
#[cfg(target_os = "linux")]
pub(crate) fn entries<E: From<io::Error>>(
    dir: &CapDir,
    mut each: impl FnMut(Vec<u8>, u64, Filetype) -> Result<(), E>,
) -> Result<(), E> {
    use std::mem::MaybeUninit;

    use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir};

    // The handle of a directory that was opened is good for finding things only.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = rustix::fs::openat(dir, ".", flags, Mode::empty()).map_err(io::Error::from)?;
    let mut buffer = [MaybeUninit::uninit(); 8 * 1024];
    let mut raw = RawDir::new(&open, &mut buffer);
    while let Some(entry) = raw.next() {
        let entry = match entry {
            // A directory that was removed has no entries, as C libraries see it.
            Err(rustix::io::Errno::NOENT) => break,
            entry => entry.map_err(io::Error::from)?,
        };
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let filetype = match entry.file_type() {
            // Some file systems keep no types in their directories.
            FileType::Unknown => match rustix::fs::statat(&open, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                // It went away since, and is not there.
                Err(_) => continue,
            },
            known => known,
        };
        each(name.to_bytes().to_vec(), entry.ino(), super::stat::filetype_of(filetype))?;
    }
    Ok(())
}

/// Hands name, inode and type of each entry of `dir` but `.` and `..` to `each`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn entries<E: From<io::Error>>(
    dir: &CapDir,
    mut each: impl FnMut(Vec<u8>, u64, Filetype) -> Result<(), E>,
) -> Result<(), E> {
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::DirEntryExt;

    use cap_std::fs::MetadataExt;

    for entry in dir.entries()? {
        let entry = entry?;
        // An entry that went away since is one that is not there.
        let Ok(metadata) = entry.metadata() else { continue };
        each(entry.file_name().into_vec(), entry.ino(), super::stat::filetype_of_mode(metadata.mode()))?;
    }
    Ok(())
}
