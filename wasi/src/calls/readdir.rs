//! Listing a directory.

use crate::abi::{DIRENT_SIZE, dirent};
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;

/// Writes entries of the directory `fd` to the `len` bytes at `buffer`, from number `cookie` on, and how many
/// bytes were used to `result`. Each is a dirent and a name behind it; the last one is cut where the buffer ends,
/// so fewer bytes than `len` mean that the directory is at its end.
///
/// Entries are numbered when the guest starts at cookie 0 and keep their numbers until it does so again, however
/// the directory changes meanwhile: what was there at the start is listed once, what comes later not at all.
/// `.` and `..` come first; `..` carries the directory's own inode. A name that is not UTF-8 is listed as it is,
/// and cannot be opened (`ilseq`).
///
/// # Errors
/// `notdir` for a file; `nomem` for a directory whose names are more than is kept in memory; `io`.
pub fn fd_readdir(
    ctx: &mut Ctx,
    memory: &mut Memory<'_>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    result: u32,
) -> Result<()> {
    let Ctx { fds, listings, .. } = ctx;
    let dir = fds.dir_mut(fd, wasip1::RIGHTS_FD_READDIR)?;
    memory.check(result, 4)?;
    let mut rest = memory.slice_mut(buffer, len)?;
    let mut used = 0;
    let mut put = |bytes: &[u8]| {
        let fits = bytes.len().min(rest.len());
        let (now, later) = std::mem::take(&mut rest).split_at_mut(fits);
        now.copy_from_slice(&bytes[..fits]);
        rest = later;
        used += fits as u32;
        fits == bytes.len()
    };
    for (entry, next) in dir.entries(cookie, listings)?.iter().zip(cookie.saturating_add(1)..) {
        let head: [u8; DIRENT_SIZE] = dirent(next, entry.ino, entry.name.len(), entry.filetype);
        if !(put(&head) && put(&entry.name)) {
            break;
        }
    }
    memory.write_u32(result, used)
}
