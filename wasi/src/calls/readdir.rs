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
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    result: u32,
) -> Result<()> {
    let dir = ctx.fds.dir(fd, wasip1::RIGHTS_FD_READDIR)?;
    memory.check(result, 4)?;
    let buffer = memory.piece(buffer, len)?;
    let used = dir.entries(cookie, &ctx.listings, |entries| {
        let mut rest = buffer;
        let mut put = |bytes: &[u8]| {
            let fits = rest.store(bytes);
            rest = rest.from(fits);
            fits == bytes.len()
        };
        for (entry, next) in entries.iter().zip(cookie.saturating_add(1)..) {
            let head: [u8; DIRENT_SIZE] = dirent(next, entry.ino, entry.name.len(), entry.filetype);
            if !(put(&head) && put(&entry.name)) {
                break;
            }
        }
        buffer.len() - rest.len()
    })?;
    memory.write_u32(result, used as u32)
}
