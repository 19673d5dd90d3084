//! Guest memory: the only way to it.
//!
//! A guest pointer is a number that nobody has checked. Each function here checks one range against the memory's size. What
//! is looked at is copied out first, and what is moved in bulk is lent to the system as a [`Piece`], so that the system reads
//! and writes guest memory in place. A range that leaves memory is `fault`, whatever the call.

use crate::errno::Result;
use crate::piece::Piece;

/// How many buffers one vectored call passes on. A guest that gives more gets a short count, which the
/// specification allows; it keeps the buffer list on the stack.
const MAX_BUFFERS: usize = 64;
/// How many buffers nearly every call gives at most; a list on the stack for so few is made in no time.
const FEW_BUFFERS: usize = 4;
/// Size of one iovec in guest memory: pointer and length.
const IOVEC_SIZE: usize = 8;

/// The memory of the running app, for the length of one call.
#[derive(Debug)]
pub struct Memory<'a> {
    all: Piece<'a>,
    bring: Option<Bring>,
}

/// Makes the given number of bytes at an address accessible. Memory whose content is decoded when it is touched is not
/// there for the operating system before: handed such a buffer, it fails.
pub type Bring = fn(address: usize, len: usize);

impl<'a> Memory<'a> {
    /// Lends `bytes`, all of the guest's memory.
    pub fn new(bytes: &'a mut [u8]) -> Memory<'a> {
        Memory { all: Piece::of(bytes), bring: None }
    }

    /// All of the guest's memory, where it may have threads.
    #[cfg(feature = "wasmer")]
    pub(crate) fn of(all: Piece<'a>) -> Memory<'a> {
        Memory { all, bring: None }
    }

    /// The same memory, each range of which is made accessible before it is lent.
    #[must_use]
    pub fn bring_with(self, bring: Option<Bring>) -> Memory<'a> {
        Memory { bring, ..self }
    }

    /// The `len` bytes at `ptr`.
    ///
    /// # Errors
    /// `fault` if they leave memory.
    pub(crate) fn piece(&self, ptr: u32, len: u32) -> Result<Piece<'a>> {
        let (start, len) = (ptr as usize, len as usize);
        if start.checked_add(len).is_none_or(|end| end > self.all.len()) {
            return Err(wasip1::ERRNO_FAULT.into());
        }
        let piece = self.all.from(start).first(len);
        if let Some(bring) = self.bring {
            bring(piece.address(), len);
        }
        Ok(piece)
    }

    /// Checks that `len` bytes at `ptr` lie in memory: for results that are written after something was done.
    ///
    /// # Errors
    /// `fault` if they do not.
    pub fn check(&self, ptr: u32, len: u32) -> Result<()> {
        self.piece(ptr, len).map(drop)
    }

    /// Reads `N` bytes at `ptr`.
    ///
    /// # Errors
    /// `fault` if they leave memory.
    pub fn read<const N: usize>(&self, ptr: u32) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.piece(ptr, N as u32)?.load(&mut bytes);
        Ok(bytes)
    }

    /// Reads a u32 at `ptr`.
    ///
    /// # Errors
    /// `fault` if it leaves memory.
    pub fn read_u32(&self, ptr: u32) -> Result<u32> {
        self.read(ptr).map(u32::from_le_bytes)
    }

    /// Writes `bytes` at `ptr`.
    ///
    /// # Errors
    /// `fault` if they leave memory; then nothing is written.
    pub fn write(&self, ptr: u32, bytes: &[u8]) -> Result<()> {
        let len = u32::try_from(bytes.len()).map_err(|_| wasip1::ERRNO_FAULT)?;
        self.piece(ptr, len)?.store(bytes);
        Ok(())
    }

    /// Writes a u32 at `ptr`.
    ///
    /// # Errors
    /// `fault` if it leaves memory.
    pub fn write_u32(&self, ptr: u32, value: u32) -> Result<()> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// Writes a u64 at `ptr`.
    ///
    /// # Errors
    /// `fault` if it leaves memory.
    pub fn write_u64(&self, ptr: u32, value: u64) -> Result<()> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// The first buffers of a list of `count` iovecs at `iovs`, empty ones left out, and how many there are: at least
    /// one, which may be empty, because some systems take no empty list. All of the guest's list is checked, also
    /// what lies behind the buffers returned.
    fn buffers<const N: usize>(&self, iovs: u32, count: u32) -> Result<([Piece<'a>; N], usize)> {
        let size = count.checked_mul(IOVEC_SIZE as u32).ok_or(wasip1::ERRNO_FAULT)?;
        let list = self.piece(iovs, size)?;
        let mut buffers = [Piece::EMPTY; N];
        let mut used = 0;
        // A count fits in the u32 that the guest gets: what would not is left for the next call.
        let mut room = u32::MAX as usize;
        for at in (0..list.len()).step_by(IOVEC_SIZE) {
            // Each is read once: another thread may change it.
            let mut raw = [0; IOVEC_SIZE];
            list.from(at).load(&mut raw);
            let [a, b, c, d, e, f, g, h] = raw;
            let (ptr, len) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            let buffer = self.piece(ptr, len)?.first(room);
            if buffer.len() > 0 && used < N {
                room -= buffer.len();
                buffers[used] = buffer;
                used += 1;
            }
        }
        Ok((buffers, used.max(1)))
    }

    /// Calls `f` with the guest's buffers of a list of iovecs, to be read from.
    ///
    /// # Errors
    /// `fault` if the list or a buffer leaves memory; otherwise what `f` fails with.
    pub(crate) fn gather<T>(
        &self,
        iovs: u32,
        count: u32,
        f: impl FnOnce(&[Piece<'a>]) -> Result<T>,
    ) -> Result<T> {
        if count as usize <= FEW_BUFFERS {
            let (buffers, used) = self.buffers::<FEW_BUFFERS>(iovs, count)?;
            f(&buffers[..used])
        } else {
            let (buffers, used) = self.buffers::<MAX_BUFFERS>(iovs, count)?;
            f(&buffers[..used])
        }
    }

    /// Calls `f` with the guest's buffers of a list of iovecs, to be filled. Buffers that overlap an earlier one
    /// are left out with all that follow: a short count, where Linux would write the same bytes twice.
    ///
    /// # Errors
    /// `fault` if the list or a buffer leaves memory; otherwise what `f` fails with.
    pub(crate) fn scatter<T>(
        &self,
        iovs: u32,
        count: u32,
        f: impl FnOnce(&mut [Piece<'a>]) -> Result<T>,
    ) -> Result<T> {
        if count as usize <= FEW_BUFFERS {
            let (mut buffers, used) = self.buffers::<FEW_BUFFERS>(iovs, count)?;
            let used = disjoint(&buffers[..used]);
            f(&mut buffers[..used])
        } else {
            let (mut buffers, used) = self.buffers::<MAX_BUFFERS>(iovs, count)?;
            let used = disjoint(&buffers[..used]);
            f(&mut buffers[..used])
        }
    }
}

/// How many buffers come before one that overlaps an earlier one.
fn disjoint(buffers: &[Piece<'_>]) -> usize {
    let range = |piece: &Piece<'_>| (piece.address(), piece.address() + piece.len());
    let overlaps = |&i: &usize| {
        let (start, end) = range(&buffers[i]);
        buffers[..i].iter().map(range).any(|(other, other_end)| other < end && start < other_end)
    };
    (0..buffers.len()).find(overlaps).unwrap_or(buffers.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iovecs(bytes: &mut [u8], at: usize, list: &[(u32, u32)]) {
        for (i, (ptr, len)) in list.iter().enumerate() {
            bytes[at + 8 * i..][..4].copy_from_slice(&ptr.to_le_bytes());
            bytes[at + 8 * i + 4..][..4].copy_from_slice(&len.to_le_bytes());
        }
    }

    #[test]
    fn ranges_end_where_memory_ends() {
        let mut bytes = [0; 16];
        let memory = Memory::new(&mut bytes);
        assert!(memory.piece(16, 0).is_ok());
        assert!(memory.piece(15, 1).is_ok());
        for (ptr, len) in [(16, 1), (17, 0), (u32::MAX, 1), (u32::MAX, u32::MAX), (0, 17)] {
            assert_eq!(memory.piece(ptr, len).unwrap_err().0, wasip1::ERRNO_FAULT, "{ptr} {len}");
        }
    }

    #[test]
    fn every_range_is_brought_before_it_is_lent() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static BROUGHT: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
        let mut bytes = [0; 64];
        let base = bytes.as_ptr() as usize;
        iovecs(&mut bytes, 0, &[(40, 8)]);
        let memory = Memory::new(&mut bytes).bring_with(Some(|address, len| {
            BROUGHT[0].store(address, Ordering::Relaxed);
            BROUGHT[1].store(len, Ordering::Relaxed);
        }));
        let brought = || [0, 1].map(|index| BROUGHT[index].load(Ordering::Relaxed));
        memory.piece(16, 4).unwrap();
        assert_eq!(brought(), [base + 16, 4]);
        memory.piece(20, 5).unwrap();
        assert_eq!(brought(), [base + 20, 5]);
        memory.scatter(0, 1, |_| Ok(())).unwrap();
        assert_eq!(brought(), [base + 40, 8]);
        assert!(memory.piece(60, 5).is_err());
        assert_eq!(brought(), [base + 40, 8], "what is not lent is not brought");
    }

    #[test]
    fn empty_buffers_are_left_out_and_overlaps_shorten() {
        let mut bytes = [0; 128];
        iovecs(&mut bytes, 0, &[(64, 0), (64, 8), (72, 8), (70, 4), (90, 4)]);
        let memory = Memory::new(&mut bytes);
        let lens = memory.scatter(0, 5, |b| Ok(b.iter().map(|b| b.len()).collect::<Vec<_>>())).unwrap();
        assert_eq!(lens, [8, 8]);
        let lens = memory.gather(0, 5, |b| Ok(b.iter().map(|b| b.len()).collect::<Vec<_>>())).unwrap();
        assert_eq!(lens, [8, 8, 4, 4]);
    }

    #[test]
    fn a_bad_buffer_fails_the_whole_list() {
        let mut bytes = [0; 128];
        iovecs(&mut bytes, 0, &[(64, 8), (120, 9)]);
        let memory = Memory::new(&mut bytes);
        assert!(memory.gather(0, 2, |_| Ok(())).is_err());
        assert!(memory.scatter(0, 2, |_| Ok(())).is_err());
        assert!(memory.gather(0, u32::MAX, |_| Ok(())).is_err());
        assert!(memory.gather(124, 1, |_| Ok(())).is_err());
    }

    #[test]
    fn more_buffers_than_fit_give_the_first_ones() {
        let mut bytes = vec![0; 1024];
        let list: Vec<_> = (0..100).map(|i| (900 + i, 1)).collect();
        iovecs(&mut bytes, 0, &list);
        let memory = Memory::new(&mut bytes);
        assert_eq!(memory.scatter(0, 100, |b| Ok(b.len())).unwrap(), MAX_BUFFERS);
    }
}
