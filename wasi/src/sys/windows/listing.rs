//! The entries of a directory.

use std::io;

use cap_fs_ext::{DirEntryExt, MetadataExt};
use cap_std::fs::Dir as CapDir;
use wasip1::Filetype;

/// Hands name, inode and type of each entry of `dir` but `.` and `..` to `each`.
pub(crate) fn entries<E: From<io::Error>>(
    dir: &CapDir,
    mut each: impl FnMut(Vec<u8>, u64, Filetype) -> Result<(), E>,
) -> Result<(), E> {
    for entry in dir.entries()? {
        let entry = entry?;
        // An entry that went away since is one that is not there.
        let (Ok(filetype), Ok(metadata)) = (entry.file_type(), entry.full_metadata()) else { continue };
        let name = entry.file_name().into_encoded_bytes();
        each(name, MetadataExt::ino(&metadata), super::stat::filetype(filetype))?;
    }
    Ok(())
}
