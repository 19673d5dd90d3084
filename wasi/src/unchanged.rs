//! The file that the program itself is in, where the system does not keep that from being written.
//!
//! No system lets an executable be written that runs. A program that is in a script's file is not what runs for the system, so
//! it could write the script through a directory that it was granted, and leave the sandbox at its next start. The answer is
//! what the system's would be.

use std::fs::File;
use std::io;
use std::sync::OnceLock;

use crate::sys;
use crate::words::Filestat;
use cap_std::fs::File as CapFile;

/// Device and number of the file.
static KEPT: OnceLock<(u64, u64)> = OnceLock::new();

/// From now on no program in this process can open `file` to write to it.
///
/// # Errors
/// If the system does not tell which file it is.
pub fn keep_unchanged(file: &File) -> io::Result<()> {
    let stat = sys::filestat_of_file(&CapFile::from_std(file.try_clone()?))?;
    let _ = KEPT.set((stat.dev, stat.ino));
    Ok(())
}

/// Whether there is such a file.
pub(crate) fn is_any() -> bool {
    KEPT.get().is_some()
}

/// Whether a file is the one.
pub(crate) fn is_kept(stat: &Filestat) -> bool {
    KEPT.get() == Some(&(stat.dev, stat.ino))
}
