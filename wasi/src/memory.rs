//! Guest memory: the only way to it.
//!
//! A guest pointer is a number that nobody has checked. Each function here checks one range against the memory's
//! size and then lends it as a slice, so that the operating system reads and writes guest memory in place and
//! no byte is copied in between. A range that leaves memory is `fault`, whatever the call.

use std::io::{IoSlice, IoSliceMut};
use std::ops::Range;

use crate::errno::Result;

/// How many buffers one vectored call passes on. A guest that gives more gets a short count, which the
/// specification allows; it keeps the buffer list on the stack.
const MAX_BUFFERS: usize = 64;
/// How many buffers nearly every call gives at most; a list on the stack for so few is made in no time.
const FEW_BUFFERS: usize = 4;
/// Size of one iovec in guest memory: pointer and length.
const IOVEC_SIZE: u32 = 8;

/// The memory of the running app, borrowed for the length of one call.
#[derive(Debug)]
pub struct Memory<'a> {
    bytes: &'a mut [u8],
    bring: Option<Bring>,
}

/// Makes the given number of bytes at an address accessible. Memory whose content is decoded when it is touched is not
/// there for the operating system before: handed such a buffer, it fails.
pub type Bring = fn(address: usize, len: usize);

impl<'a> Memory<'a> {
    /// Lends `bytes`, all of the guest's memory.
    pub fn new(bytes: &'a mut [u8]) -> Memory<'a> {
        Memory { bytes, bring: None }
    }

    /// The same memory, each range of which is made accessible before it is lent.
    #[must_use]
    pub fn bring_with(self, bring: Option<Bring>) -> Memory<'a> {
        Memory { bring, ..self }
    }

    fn range(&self, ptr: u32, len: u32) -> Result<Range<usize>> {
        let start = ptr as usize;
        match start.checked_add(len as usize) {
            Some(end) if end <= self.bytes.len() => {
                if let Some(bring) = self.bring {
                    bring(self.bytes.as_ptr() as usize + start, len as usize);
                }
                Ok(start..end)
            }
            _ => Err(wasip1::ERRNO_FAULT.into()),
        }
    }

    /// Checks that `len` bytes at `ptr` lie in memory: for results that are written after something was done.
    ///
    /// # Errors
    /// `fault` if they do not.
    pub fn check(&self, ptr: u32, len: u32) -> Result<()> {
        self.range(ptr, len).map(drop)
    }

    /// The `len` bytes at `ptr`.
    ///
    /// # Errors
    /// `fault` if they leave memory.
    pub fn slice(&self, ptr: u32, len: u32) -> Result<&[u8]> {
        self.range(ptr, len).map(|range| &self.bytes[range])
    }

    /// The `len` bytes at `ptr`, to be written.
    ///
    /// # Errors
    /// `fault` if they leave memory.
    pub fn slice_mut(&mut self, ptr: u32, len: u32) -> Result<&mut [u8]> {
        self.range(ptr, len).map(|range| &mut self.bytes[range])
    }

    /// Reads `N` bytes at `ptr`.
    ///
    /// # Errors
    /// `fault` if they leave memory.
    pub fn read<const N: usize>(&self, ptr: u32) -> Result<[u8; N]> {
        let slice = self.slice(ptr, N as u32)?;
        Ok(slice.try_into().expect("a slice of N bytes is an array of N bytes"))
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
    pub fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<()> {
        let len = u32::try_from(bytes.len()).map_err(|_| wasip1::ERRNO_FAULT)?;
        self.slice_mut(ptr, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes a u32 at `ptr`.
    ///
    /// # Errors
    /// `fault` if it leaves memory.
    pub fn write_u32(&mut self, ptr: u32, value: u32) -> Result<()> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// Writes a u64 at `ptr`.
    ///
    /// # Errors
    /// `fault` if it leaves memory.
    pub fn write_u64(&mut self, ptr: u32, value: u64) -> Result<()> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// The first ranges of a list of `count` iovecs at `iovs`, empty ones left out, and how many there are: at least
    /// one, which may be empty, because some systems take no empty list. All of the guest's list is checked, also
    /// what lies behind the ranges returned.
    fn iovecs<const N: usize>(&self, iovs: u32, count: u32) -> Result<([(usize, usize); N], usize)> {
        let size = count.checked_mul(IOVEC_SIZE).ok_or(wasip1::ERRNO_FAULT)?;
        let list = self.slice(iovs, size)?;
        let mut ranges = [(0, 0); N];
        let mut used = 0;
        // A count fits in the u32 that the guest gets: what would not is left for the next call.
        let mut room = u32::MAX as usize;
        for iovec in list.chunks_exact(IOVEC_SIZE as usize) {
            let word =
                |at: usize| u32::from_le_bytes([iovec[at], iovec[at + 1], iovec[at + 2], iovec[at + 3]]);
            let range = self.range(word(0), word(4))?;
            let len = range.len().min(room);
            if len > 0 && used < N {
                ranges[used] = (range.start, range.start + len);
                used += 1;
                room -= len;
            }
        }
        Ok((ranges, used.max(1)))
    }

    /// Calls `f` with the guest's buffers of a list of iovecs, to be read from.
    ///
    /// # Errors
    /// `fault` if the list or a buffer leaves memory; otherwise what `f` fails with.
    pub fn gather<T>(&self, iovs: u32, count: u32, f: impl FnOnce(&[IoSlice<'_>]) -> Result<T>) -> Result<T> {
        if count as usize <= FEW_BUFFERS {
            self.gather_up_to::<FEW_BUFFERS, T>(iovs, count, f)
        } else {
            self.gather_up_to::<MAX_BUFFERS, T>(iovs, count, f)
        }
    }

    fn gather_up_to<const N: usize, T>(
        &self,
        iovs: u32,
        count: u32,
        f: impl FnOnce(&[IoSlice<'_>]) -> Result<T>,
    ) -> Result<T> {
        let (ranges, used) = self.iovecs::<N>(iovs, count)?;
        let buffers: [IoSlice<'_>; N] =
            std::array::from_fn(|i| IoSlice::new(&self.bytes[ranges[i].0..ranges[i].1]));
        f(&buffers[..used])
    }

    /// Calls `f` with the guest's buffers of a list of iovecs, to be filled. Buffers that overlap an earlier one
    /// are left out with all that follow: a short count, where Linux would write the same bytes twice.
    ///
    /// # Errors
    /// `fault` if the list or a buffer leaves memory; otherwise what `f` fails with.
    pub fn scatter<T>(
        &mut self,
        iovs: u32,
        count: u32,
        f: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<T>,
    ) -> Result<T> {
        if count as usize <= FEW_BUFFERS {
            self.scatter_up_to::<FEW_BUFFERS, T>(iovs, count, f)
        } else {
            self.scatter_up_to::<MAX_BUFFERS, T>(iovs, count, f)
        }
    }

    fn scatter_up_to<const N: usize, T>(
        &mut self,
        iovs: u32,
        count: u32,
        f: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<T>,
    ) -> Result<T> {
        let (ranges, used) = self.iovecs::<N>(iovs, count)?;
        let overlaps = |i: usize| ranges[..i].iter().any(|r| r.0 < ranges[i].1 && ranges[i].0 < r.1);
        let disjoint = (0..used).find(|&i| overlaps(i)).unwrap_or(used);
        let base = self.bytes.as_mut_ptr();
        let mut buffers: [IoSliceMut<'_>; N] = std::array::from_fn(|i| {
            if i >= disjoint {
                return IoSliceMut::new(&mut []);
            }
            let (start, end) = ranges[i];
            // SAFETY: `iovecs` checked that start..end lies in `bytes`, which stays mutably borrowed while the
            // slices live; the first `disjoint` ranges do not overlap, so no byte is lent twice.
            #[allow(unsafe_code)]
            let buffer = unsafe { std::slice::from_raw_parts_mut(base.add(start), end - start) };
            IoSliceMut::new(buffer)
        });
        f(&mut buffers[..disjoint])
    }
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
        assert!(memory.slice(16, 0).is_ok());
        assert!(memory.slice(15, 1).is_ok());
        for (ptr, len) in [(16, 1), (17, 0), (u32::MAX, 1), (u32::MAX, u32::MAX), (0, 17)] {
            assert_eq!(memory.slice(ptr, len).unwrap_err().0, wasip1::ERRNO_FAULT, "{ptr} {len}");
        }
    }

    #[test]
    fn every_range_is_brought_before_it_is_lent() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static BROUGHT: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
        let mut bytes = [0; 64];
        let base = bytes.as_ptr() as usize;
        iovecs(&mut bytes, 0, &[(40, 8)]);
        let mut memory = Memory::new(&mut bytes).bring_with(Some(|address, len| {
            BROUGHT[0].store(address, Ordering::Relaxed);
            BROUGHT[1].store(len, Ordering::Relaxed);
        }));
        let brought = || [0, 1].map(|index| BROUGHT[index].load(Ordering::Relaxed));
        memory.slice(16, 4).unwrap();
        assert_eq!(brought(), [base + 16, 4]);
        memory.slice_mut(20, 5).unwrap();
        assert_eq!(brought(), [base + 20, 5]);
        memory.scatter(0, 1, |_| Ok(())).unwrap();
        assert_eq!(brought(), [base + 40, 8]);
        assert!(memory.slice(60, 5).is_err());
        assert_eq!(brought(), [base + 40, 8], "what is not lent is not brought");
    }

    #[test]
    fn empty_buffers_are_left_out_and_overlaps_shorten() {
        let mut bytes = [0; 128];
        iovecs(&mut bytes, 0, &[(64, 0), (64, 8), (72, 8), (70, 4), (90, 4)]);
        let mut memory = Memory::new(&mut bytes);
        let lens = memory.scatter(0, 5, |b| Ok(b.iter().map(|b| b.len()).collect::<Vec<_>>())).unwrap();
        assert_eq!(lens, [8, 8]);
        let lens = memory.gather(0, 5, |b| Ok(b.iter().map(|b| b.len()).collect::<Vec<_>>())).unwrap();
        assert_eq!(lens, [8, 8, 4, 4]);
    }

    #[test]
    fn a_bad_buffer_fails_the_whole_list() {
        let mut bytes = [0; 128];
        iovecs(&mut bytes, 0, &[(64, 8), (120, 9)]);
        let mut memory = Memory::new(&mut bytes);
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
        let mut memory = Memory::new(&mut bytes);
        assert_eq!(memory.scatter(0, 100, |b| Ok(b.len())).unwrap(), MAX_BUFFERS);
    }
}
