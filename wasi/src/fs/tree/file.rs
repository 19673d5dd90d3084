//! An open file of a tree: a node, and where it is read and written next.
//!
//! Sources of trees and blocks of memory are slices, and guest memory is never lent as one: bytes go by way of a copy, a block
//! at a time.

use std::io::SeekFrom;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasip1::Fdflags;

use super::content::BLOCK;
use super::hold::Hold;
use crate::errno::Result;
use crate::piece::Piece;
use crate::words::{Access, Filestat, Times};

/// An open file.
#[derive(Debug)]
pub(crate) struct TreeFile {
    hold: Hold,
    position: Mutex<u64>,
}

impl TreeFile {
    pub(super) fn new(hold: Hold) -> TreeFile {
        TreeFile { hold, position: Mutex::new(0) }
    }

    /// What may be done with it.
    pub(crate) fn access(&self) -> Access {
        self.hold.tree.access
    }

    fn position(&self) -> MutexGuard<'_, u64> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads into `buffers` from where the file stands. 0 is its end.
    pub(crate) fn read(&self, buffers: &mut [Piece<'_>]) -> Result<usize> {
        let mut position = self.position();
        let count = self.read_at(buffers, *position)?;
        *position += count as u64;
        Ok(count)
    }

    /// Reads into `buffers` from `offset`, and leaves the file where it stands.
    pub(crate) fn read_at(&self, buffers: &mut [Piece<'_>], offset: u64) -> Result<usize> {
        check_offset(offset)?;
        let mut nodes = self.hold.tree.lock();
        let (content, files) = nodes.content(self.hold.node)?;
        in_steps(buffers, offset, |piece, at, block| {
            let count = content.read(files, at, block)?;
            Ok(piece.store(&block[..count]))
        })
    }

    /// Writes `buffers` where the file stands, or at its end in append mode.
    pub(crate) fn write(&self, buffers: &[Piece<'_>], flags: Fdflags) -> Result<usize> {
        let mut position = self.position();
        let at = if flags & wasip1::FDFLAGS_APPEND != 0 { self.filestat()?.size } else { *position };
        let count = self.write_at(buffers, at)?;
        *position = at + count as u64;
        Ok(count)
    }

    /// Writes `buffers` at `offset`, and leaves the file where it stands.
    pub(crate) fn write_at(&self, buffers: &[Piece<'_>], offset: u64) -> Result<usize> {
        check_offset(offset)?;
        let mut nodes = self.hold.tree.lock();
        let (content, files) = nodes.content(self.hold.node)?;
        let total = in_steps(buffers, offset, |piece, at, block| {
            piece.load(block);
            content.write(files, at, block)
        })?;
        if total > 0 {
            nodes.touch(self.hold.node);
        }
        Ok(total)
    }

    /// Moves to `to`; returns where that is, in bytes from the start.
    pub(crate) fn seek(&self, to: SeekFrom) -> Result<u64> {
        let mut position = self.position();
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(offset) => position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.filestat()?.size.checked_add_signed(offset),
        };
        let at = at.filter(|&at| i64::try_from(at).is_ok()).ok_or(wasip1::ERRNO_INVAL)?;
        *position = at;
        Ok(at)
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        self.hold.tree.lock().filestat(self.hold.node)
    }

    /// Bytes from where the file stands to its end.
    pub(crate) fn available(&self) -> Result<u64> {
        Ok(self.filestat()?.size.saturating_sub(*self.position()))
    }

    pub(crate) fn set_len(&self, len: u64) -> Result<()> {
        let mut nodes = self.hold.tree.lock();
        nodes.content(self.hold.node)?.0.set_len(len)?;
        nodes.touch(self.hold.node);
        Ok(())
    }

    /// Makes sure that the file is long enough to hold `offset..offset + len`.
    pub(crate) fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        let mut nodes = self.hold.tree.lock();
        nodes.content(self.hold.node)?.0.allocate(offset, len)?;
        nodes.touch(self.hold.node);
        Ok(())
    }

    pub(crate) fn set_times(&self, times: Times) -> Result<()> {
        self.hold.tree.writable()?;
        self.hold.tree.lock().set_times(self.hold.node, times);
        Ok(())
    }
}

/// Moves `buffers` from `offset` on, never beyond the end of a block at once, up to the first step that `one` does not do
/// whole. What was moved before a failure counts; the next call meets the failure again.
fn in_steps(
    buffers: &[Piece<'_>],
    offset: u64,
    mut one: impl FnMut(Piece<'_>, u64, &mut [u8]) -> Result<usize>,
) -> Result<usize> {
    let (mut block, mut total) = ([0; BLOCK], 0);
    for mut rest in buffers.iter().copied() {
        while rest.len() > 0 {
            let at = offset + total as u64;
            let step = &mut block[..rest.len().min(BLOCK - (at % BLOCK as u64) as usize)];
            let count = match one(rest, at, step) {
                Ok(count) => count,
                Err(_) if total > 0 => return Ok(total),
                Err(error) => return Err(error),
            };
            total += count;
            if count < step.len() {
                return Ok(total);
            }
            rest = rest.from(count);
        }
    }
    Ok(total)
}

/// `inval` for an offset that no file has.
fn check_offset(offset: u64) -> Result<()> {
    if i64::try_from(offset).is_err() { Err(wasip1::ERRNO_INVAL.into()) } else { Ok(()) }
}
