//! The bytes of one file: those of its source, and over them the blocks that were written.
//!
//! A block is copied from the source when it is first written to. Where there is neither source nor block, zeros
//! are read: a file can be long without taking memory.

use std::collections::BTreeMap;

use super::source::Files;
use crate::errno::Result;
use crate::kept::{Budget, Kept};

/// Bytes in a block.
pub(super) const BLOCK: usize = 4096;
/// What a block takes in memory, with its place in the map of blocks.
const BLOCK_COST: u64 = BLOCK as u64 + 64;

/// What a file holds.
#[derive(Debug)]
pub(super) struct Content {
    /// The file of the source below it all.
    source: u32,
    /// How much of the source is still seen, in bytes.
    seen: u64,
    len: u64,
    written: BTreeMap<u64, Box<[u8]>>,
    /// As much as the blocks take.
    kept: Kept,
}

impl Content {
    /// What file `source` holds, `len` bytes.
    pub(super) fn of(source: u32, len: u64, budget: &Budget) -> Content {
        Content { source, seen: len, len, written: BTreeMap::new(), kept: budget.nothing() }
    }

    /// Nothing.
    pub(super) fn empty(budget: &Budget) -> Content {
        Content::of(0, 0, budget)
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Reads from `offset`; fills `out` unless the file ends before.
    pub(super) fn read(&self, files: &dyn Files, offset: u64, out: &mut [u8]) -> Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let total = left.min(out.len());
        let mut done = 0;
        while done < total {
            let at = offset + done as u64;
            let rest = &mut out[done..total];
            let (number, within) = split(at);
            let count = if let Some(block) = self.written.get(&number) {
                let count = rest.len().min(BLOCK - within);
                rest[..count].copy_from_slice(&block[within..][..count]);
                count
            } else {
                // As far as nothing was written, in one go: whoever reads a whole file reads its source at once.
                let next =
                    self.written.range(number..).next().map_or(u64::MAX, |(&next, _)| next * BLOCK as u64);
                let count = rest.len().min(usize::try_from(next - at).unwrap_or(usize::MAX));
                self.read_source(files, at, &mut rest[..count])?;
                count
            };
            done += count;
        }
        Ok(total)
    }

    /// Fills `out` with what the source has from `at` on, and zeros behind it.
    fn read_source(&self, files: &dyn Files, at: u64, out: &mut [u8]) -> Result<()> {
        let seen = usize::try_from(self.seen.saturating_sub(at)).unwrap_or(usize::MAX).min(out.len());
        let (from_source, zeros) = out.split_at_mut(seen);
        let mut done = 0;
        while done < seen {
            match files.read_at(self.source, at + done as u64, &mut from_source[done..])? {
                // A source shorter than it said.
                0 => return Err(wasip1::ERRNO_IO.into()),
                count => done += count.min(seen - done),
            }
        }
        zeros.fill(0);
        Ok(())
    }

    /// Writes `bytes` at `offset`; returns how many. Fewer than there are were followed by a failure.
    ///
    /// # Errors
    /// `fbig` beyond 2⁶³ bytes; `nospc` if more would be kept in memory than may be.
    pub(super) fn write(&mut self, files: &dyn Files, offset: u64, bytes: &[u8]) -> Result<usize> {
        checked_end(offset, bytes.len() as u64)?;
        let mut done = 0;
        while done < bytes.len() {
            let (number, within) = split(offset + done as u64);
            let count = (bytes.len() - done).min(BLOCK - within);
            if !self.written.contains_key(&number) {
                match self.block(files, number, count < BLOCK) {
                    Ok(block) => self.written.insert(number, block),
                    Err(_) if done > 0 => break,
                    Err(error) => return Err(error),
                };
            }
            if let Some(block) = self.written.get_mut(&number) {
                block[within..][..count].copy_from_slice(&bytes[done..][..count]);
            }
            done += count;
            self.len = self.len.max(offset + done as u64);
        }
        Ok(done)
    }

    /// Block `number`, to be written: with what the source has there, if any of that is to stay.
    fn block(&mut self, files: &dyn Files, number: u64, stays: bool) -> Result<Box<[u8]>> {
        let mut block = Vec::new();
        block.try_reserve_exact(BLOCK).map_err(|_| wasip1::ERRNO_NOSPC)?;
        block.resize(BLOCK, 0);
        if stays {
            self.read_source(files, number * BLOCK as u64, &mut block)?;
        }
        if !self.kept.grow(BLOCK_COST) {
            return Err(wasip1::ERRNO_NOSPC.into());
        }
        Ok(block.into_boxed_slice())
    }

    /// Cuts to `len`, or adds zeros up to it.
    ///
    /// # Errors
    /// `inval` for a length that no file can have.
    pub(super) fn set_len(&mut self, len: u64) -> Result<()> {
        if i64::try_from(len).is_err() {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        self.seen = self.seen.min(len);
        let (number, within) = split(len);
        let cut = self.written.split_off(&(number + u64::from(within > 0)));
        self.kept.shrink(cut.len() as u64 * BLOCK_COST);
        // What lies behind the end is read as zeros once the file grows again.
        if within > 0
            && let Some(block) = self.written.get_mut(&number)
        {
            block[within..].fill(0);
        }
        self.len = len;
        Ok(())
    }

    /// Makes the file at least long enough for `len` bytes at `offset`, for which there must be room.
    ///
    /// # Errors
    /// As [`Content::write`].
    pub(super) fn allocate(&mut self, offset: u64, len: u64) -> Result<()> {
        let end = checked_end(offset, len)?;
        let (first, behind) = (offset / BLOCK as u64, end.div_ceil(BLOCK as u64));
        let written = self.written.range(first..behind).count() as u64;
        let missing = (behind - first).saturating_sub(written).saturating_mul(BLOCK_COST);
        if !self.kept.budget().has(missing) {
            return Err(wasip1::ERRNO_NOSPC.into());
        }
        self.len = self.len.max(end);
        Ok(())
    }
}

/// The number of the block around `at`, and where in it that is.
fn split(at: u64) -> (u64, usize) {
    (at / BLOCK as u64, (at % BLOCK as u64) as usize)
}

/// Where `len` bytes at `offset` end.
fn checked_end(offset: u64, len: u64) -> Result<u64> {
    let end = offset.checked_add(len).filter(|&end| i64::try_from(end).is_ok());
    end.ok_or_else(|| wasip1::ERRNO_FBIG.into())
}

#[cfg(test)]
mod tests {
    use super::super::source::Node;
    use super::*;

    /// One file of 10,000 bytes that count up.
    #[derive(Debug)]
    struct Counting;

    impl Files for Counting {
        fn children(&self, _dir: u32) -> std::io::Result<Vec<(String, Node)>> {
            Ok(Vec::new())
        }

        fn read_at(&self, _file: u32, offset: u64, out: &mut [u8]) -> std::io::Result<usize> {
            // Never more than a few, as a source may.
            let count = out.len().min(777).min((10_000 - offset) as usize);
            for (i, byte) in (offset..).zip(&mut out[..count]) {
                *byte = i as u8;
            }
            Ok(count)
        }
    }

    #[test]
    fn content_is_what_a_vector_would_hold() {
        let mut content = Content::of(0, 10_000, &Budget::default());
        let mut model: Vec<u8> = (0..10_000).map(|i| i as u8).collect();
        let mut seed = 1u64;
        let mut below = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n
        };
        for step in 0..3000 {
            let (at, len) = (below(20_000), below(5_000) as usize);
            match below(20) {
                0 => {
                    content.set_len(at).unwrap();
                    model.resize(at as usize, 0);
                }
                1..=5 => {
                    assert_eq!(content.write(&Counting, at, &vec![step as u8; len]), Ok(len));
                    let end = at as usize + len;
                    if len > 0 && model.len() < end {
                        model.resize(end, 0);
                    }
                    if len > 0 {
                        model[at as usize..end].fill(step as u8);
                    }
                }
                6 => {
                    content.allocate(at, len as u64).unwrap();
                    let end = (at as usize + len).max(model.len());
                    model.resize(end, 0);
                }
                _ => {
                    let mut out = vec![9; len];
                    let count = content.read(&Counting, at, &mut out).unwrap();
                    let start = (at as usize).min(model.len());
                    assert_eq!(out[..count], model[start..(start + len).min(model.len())], "{step}");
                }
            }
            assert_eq!(content.len(), model.len() as u64, "{step}");
        }
    }

    #[test]
    fn what_is_written_is_bounded_and_what_is_cut_is_given_back() {
        let budget = Budget::default();
        budget.set(2 * BLOCK_COST);
        let mut content = Content::of(0, 10_000, &budget);
        // Two blocks fit, and the rest of a write that leads beyond them is left.
        assert_eq!(content.write(&Counting, 100, &[7; 3 * BLOCK]), Ok(2 * BLOCK - 100));
        assert_eq!(content.write(&Counting, 2 * BLOCK as u64, b"x").unwrap_err().0, wasip1::ERRNO_NOSPC);
        assert_eq!(content.write(&Counting, 1 << 60, b"x").unwrap_err().0, wasip1::ERRNO_NOSPC);
        assert_eq!(content.allocate(0, 10_000).unwrap_err().0, wasip1::ERRNO_NOSPC);
        assert_eq!(content.allocate(0, 1 << 62).unwrap_err().0, wasip1::ERRNO_NOSPC);
        assert_eq!((content.allocate(0, 2 * BLOCK as u64), content.len()), (Ok(()), 10_000));
        // What was written can be written over, and all of it read.
        assert_eq!(content.write(&Counting, 0, b"again"), Ok(5));
        let mut out = vec![0; 10_000];
        assert_eq!(content.read(&Counting, 0, &mut out), Ok(10_000));
        assert_eq!((&out[..6], out[101], out[9_999]), (&b"again\x05"[..], 7, 9_999u64 as u8));
        content.set_len(BLOCK as u64 + 1).unwrap();
        assert_eq!(content.write(&Counting, 1 << 60, b"x").unwrap_err().0, wasip1::ERRNO_NOSPC);
        content.set_len(BLOCK as u64).unwrap();
        assert_eq!(content.write(&Counting, 1 << 60, b"x"), Ok(1));
        drop(content);
        assert!(budget.has(2 * BLOCK_COST));
    }

    #[test]
    fn a_long_file_takes_no_memory() {
        let mut content = Content::empty(&Budget::default());
        content.set_len(1 << 60).unwrap();
        content.write(&Counting, 1 << 50, b"x").unwrap();
        let mut out = [9; 3];
        assert_eq!(content.read(&Counting, (1 << 50) - 1, &mut out), Ok(3));
        assert_eq!(out, *b"\0x\0");
        assert_eq!(content.write(&Counting, i64::MAX as u64, b"x").unwrap_err().0, wasip1::ERRNO_FBIG);
        assert_eq!(content.set_len(u64::MAX).unwrap_err().0, wasip1::ERRNO_INVAL);
    }
}
