//! WASI preview 0, `wasi_unstable`: what differs from preview 1, and nothing else.
//!
//! Programs of 2019 and 2020 import it (SQLite's shell, clang 8). It has the same calls under the same names;
//! three things changed afterwards:
//!
//! - `fd_seek` numbers its `whence` current, end, start;
//! - `filestat` counts links in 32 bits and is 56 bytes long;
//! - a clock `subscription` carries an identifier of its own before the clock, and is 56 bytes long.

use crate::abi::Subscription;
use crate::calls;
use crate::calls::poll;
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::Memory;
use crate::words::Filestat;

const SUBSCRIPTION_SIZE: u32 = 56;

/// `fd_seek` with preview 0's `whence`. See [`calls::fd_io::fd_seek`].
pub(crate) fn fd_seek(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    result: u32,
) -> Result<()> {
    let whence = match whence {
        0 => wasip1::WHENCE_CUR,
        1 => wasip1::WHENCE_END,
        2 => wasip1::WHENCE_SET,
        _ => return Err(wasip1::ERRNO_INVAL.into()),
    };
    calls::fd_io::fd_seek(ctx, memory, fd, offset, whence.raw().into(), result)
}

/// `fd_filestat_get` with preview 0's result. See [`calls::fd_stat::fd_filestat_get`].
pub(crate) fn fd_filestat_get(ctx: &Ctx, memory: &Memory<'_>, fd: u32, result: u32) -> Result<()> {
    write_filestat(&calls::fd_stat::filestat(ctx, fd)?, memory, result)
}

/// `path_filestat_get` with preview 0's result. See [`calls::path::path_filestat_get`].
pub(crate) fn path_filestat_get(
    ctx: &Ctx,
    memory: &Memory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    result: u32,
) -> Result<()> {
    write_filestat(&calls::path::filestat(ctx, memory, fd, flags, path, path_len)?, memory, result)
}

/// `poll_oneoff` with preview 0's subscriptions. See [`calls::poll::poll_oneoff`].
pub(crate) fn poll_oneoff(
    ctx: &Ctx,
    memory: &Memory<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Result<()> {
    let list = poll::Guest { subscriptions, size: SUBSCRIPTION_SIZE, read: read_subscription };
    poll::poll(ctx, memory, &list, events, count, result)
}

fn read_subscription(memory: &Memory<'_>, ptr: u32) -> Result<Subscription> {
    let raw: [u8; SUBSCRIPTION_SIZE as usize] = memory.read(ptr)?;
    Subscription::decode(&raw, raw[8], &raw[24..])
}

fn write_filestat(stat: &Filestat, memory: &Memory<'_>, ptr: u32) -> Result<()> {
    let mut out = [0; 56];
    out[0..8].copy_from_slice(&stat.dev.to_le_bytes());
    out[8..16].copy_from_slice(&stat.ino.to_le_bytes());
    out[16] = stat.filetype.raw();
    out[20..24].copy_from_slice(&u32::try_from(stat.nlink).unwrap_or(u32::MAX).to_le_bytes());
    out[24..32].copy_from_slice(&stat.size.to_le_bytes());
    out[32..40].copy_from_slice(&stat.atim.to_le_bytes());
    out[40..48].copy_from_slice(&stat.mtim.to_le_bytes());
    out[48..56].copy_from_slice(&stat.ctim.to_le_bytes());
    memory.write(ptr, &out)
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;
    use cap_std::fs::Dir;

    use super::*;
    use crate::words::Access;

    /// The granted directory, and the file opened first.
    const ROOT: u32 = 3;
    const FD: u32 = 5;
    /// Where the path `file` stands, and where results go.
    const PATH: u32 = 8;
    const RESULT: u32 = 64;

    /// A program with a file of ten bytes open.
    fn opened() -> (tempfile::TempDir, Ctx, Vec<u8>) {
        let host = tempfile::tempdir().unwrap();
        std::fs::write(host.path().join("file"), "0123456789").unwrap();
        let dir = Dir::open_ambient_dir(host.path(), ambient_authority()).unwrap();
        let ctx = Ctx::builder().dir(dir, "/", Access::ReadWrite).build().unwrap();
        let mut bytes = vec![0xa5; 512];
        bytes[PATH as usize..][..4].copy_from_slice(b"file");
        let (rights, memory) = (crate::rights::FILE, &mut Memory::new(&mut bytes));
        calls::open::path_open(&ctx, memory, ROOT, 0, PATH, 4, 0, rights, 0, 0, RESULT).unwrap();
        bytes[RESULT as usize..].fill(0xa5);
        (host, ctx, bytes)
    }

    #[test]
    fn whence_counts_from_position_end_and_start() {
        let (_host, ctx, mut bytes) = opened();
        let memory = &mut Memory::new(&mut bytes);
        for (offset, whence, at) in [(4, 2, 4), (3, 0, 7), (-1, 1, 9), (0, 0, 9)] {
            fd_seek(&ctx, memory, FD, offset, whence, RESULT).unwrap();
            assert_eq!(memory.read(RESULT).map(u64::from_le_bytes), Ok(at), "{offset} {whence}");
        }
        for none in [3, 256, u32::MAX] {
            let errno = fd_seek(&ctx, memory, FD, 0, none, RESULT).unwrap_err().0;
            assert_eq!(errno, wasip1::ERRNO_INVAL);
        }
    }

    #[test]
    fn a_filestat_has_56_bytes_with_links_in_32_bits() {
        let (host, ctx, mut bytes) = opened();
        std::fs::hard_link(host.path().join("file"), host.path().join("name")).unwrap();
        let mut two = Vec::new();
        for by_path in [false, true] {
            bytes[RESULT as usize..].fill(0xa5);
            let memory = &mut Memory::new(&mut bytes);
            match by_path {
                false => fd_filestat_get(&ctx, memory, FD, RESULT),
                true => path_filestat_get(&ctx, memory, ROOT, 0, PATH, 4, RESULT),
            }
            .unwrap();
            assert_eq!(bytes[RESULT as usize + 56..], [0xa5; 512 - 64 - 56]);
            two.push(bytes[RESULT as usize..][..56].to_vec());
        }
        assert_eq!(two[0], two[1]);
        let stat = calls::fd_stat::filestat(&ctx, FD).unwrap();
        let at = |at: usize| u64::from_le_bytes(two[0][at..at + 8].try_into().unwrap());
        assert_eq!([at(0), at(8), at(24)], [stat.dev, stat.ino, 10]);
        assert_eq!([at(32), at(40), at(48)], [stat.atim, stat.mtim, stat.ctim]);
        assert_eq!(at(16), 2 << 32 | u64::from(wasip1::FILETYPE_REGULAR_FILE.raw()));
    }

    #[test]
    fn a_bad_pointer_is_fault_and_writes_nothing() {
        let (_host, ctx, mut bytes) = opened();
        let before = bytes.clone();
        let memory = &mut Memory::new(&mut bytes);
        let fault = Err(wasip1::ERRNO_FAULT.into());
        assert_eq!(fd_filestat_get(&ctx, memory, FD, 512 - 55), fault);
        for bad in [512 - 7, u32::MAX] {
            assert_eq!(fd_filestat_get(&ctx, memory, FD, bad), fault);
            assert_eq!(path_filestat_get(&ctx, memory, ROOT, 0, PATH, 4, bad), fault);
            assert_eq!(fd_seek(&ctx, memory, FD, 1, 2, bad), fault);
            assert_eq!(poll_oneoff(&ctx, memory, bad, RESULT, 1, RESULT), fault);
        }
        assert_eq!(bytes, before);
        assert_eq!(ctx.fds.file(FD, 0).unwrap().0.seek(std::io::SeekFrom::Current(0)), Ok(0));
    }

    #[test]
    fn a_clock_subscription_has_56_bytes_with_the_clock_behind_an_identifier() {
        let (_host, ctx, mut bytes) = opened();
        let (list, events, result) = (128, 256, 400);
        // A clock that rings at once, then one that is none, then the file.
        bytes[list..list + 3 * 56].fill(0);
        for (i, (tag, identifier, clock)) in
            [(0, u64::MAX, 1u32), (0, 1, 77), (1, FD.into(), 0)].iter().enumerate()
        {
            let raw = &mut bytes[list + 56 * i..][..56];
            raw[0] = i as u8;
            raw[8] = *tag;
            raw[16..24].copy_from_slice(&identifier.to_le_bytes());
            raw[24..28].copy_from_slice(&clock.to_le_bytes());
        }
        let memory = &mut Memory::new(&mut bytes);
        poll_oneoff(&ctx, memory, list as u32, events, 3, result).unwrap();
        assert_eq!(memory.read_u32(result), Ok(3));
        let event = |i: u32| {
            let raw: [u8; 32] = memory.read(events + 32 * i).unwrap();
            (raw[0], u16::from_le_bytes([raw[8], raw[9]]), raw[10], raw[16])
        };
        assert_eq!(
            [event(0), event(1), event(2)],
            [(0, 0, 0, 0), (1, wasip1::ERRNO_INVAL.raw(), 0, 0), (2, 0, 1, 10)]
        );
    }
}
