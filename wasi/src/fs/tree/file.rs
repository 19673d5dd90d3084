//! An open file of a tree: a node, and where it is read and written next.

use std::cell::Cell;
use std::io::{IoSlice, IoSliceMut, SeekFrom};

use wasip1::Fdflags;

use super::hold::Hold;
use crate::errno::Result;
use crate::words::{Filestat, Times};

/// An open file.
#[derive(Debug)]
pub(crate) struct TreeFile {
    hold: Hold,
    position: Cell<u64>,
}

impl TreeFile {
    pub(super) fn new(hold: Hold) -> TreeFile {
        TreeFile { hold, position: Cell::new(0) }
    }

    /// Reads into `buffers` from where the file stands. 0 is its end.
    pub(crate) fn read(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
        let count = self.read_at(buffers, self.position.get())?;
        self.position.set(self.position.get() + count as u64);
        Ok(count)
    }

    /// Reads into `buffers` from `offset`, and leaves the file where it stands.
    pub(crate) fn read_at(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize> {
        check_offset(offset)?;
        let mut nodes = self.hold.tree.lock();
        let (content, files) = nodes.content(self.hold.node)?;
        let mut total = 0;
        for buffer in buffers {
            let count = content.read(files, offset + total as u64, buffer)?;
            total += count;
            if count < buffer.len() {
                break;
            }
        }
        Ok(total)
    }

    /// Writes `buffers` where the file stands, or at its end in append mode.
    pub(crate) fn write(&self, buffers: &[IoSlice<'_>], flags: Fdflags) -> Result<usize> {
        let appends = flags & wasip1::FDFLAGS_APPEND != 0;
        let at = if appends { self.filestat()?.size } else { self.position.get() };
        let count = self.write_at(buffers, at)?;
        self.position.set(at + count as u64);
        Ok(count)
    }

    /// Writes `buffers` at `offset`, and leaves the file where it stands. What was written before a failure counts; the next
    /// call meets the failure again.
    pub(crate) fn write_at(&self, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize> {
        check_offset(offset)?;
        let mut nodes = self.hold.tree.lock();
        let (content, files) = nodes.content(self.hold.node)?;
        let mut total = 0;
        for buffer in buffers {
            let count = match content.write(files, offset + total as u64, buffer) {
                Ok(count) => count,
                Err(_) if total > 0 => break,
                Err(error) => return Err(error),
            };
            total += count;
            if count < buffer.len() {
                break;
            }
        }
        if total > 0 {
            nodes.touch(self.hold.node);
        }
        Ok(total)
    }

    /// Moves to `position`; returns where that is, in bytes from the start.
    pub(crate) fn seek(&self, position: SeekFrom) -> Result<u64> {
        let at = match position {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(offset) => self.position.get().checked_add_signed(offset),
            SeekFrom::End(offset) => self.filestat()?.size.checked_add_signed(offset),
        };
        let at = at.filter(|&at| i64::try_from(at).is_ok()).ok_or(wasip1::ERRNO_INVAL)?;
        self.position.set(at);
        Ok(at)
    }

    pub(crate) fn filestat(&self) -> Result<Filestat> {
        self.hold.tree.lock().filestat(self.hold.node)
    }

    /// Bytes from where the file stands to its end.
    pub(crate) fn available(&self) -> Result<u64> {
        Ok(self.filestat()?.size.saturating_sub(self.position.get()))
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

/// `inval` for an offset that no file has.
fn check_offset(offset: u64) -> Result<()> {
    if i64::try_from(offset).is_err() { Err(wasip1::ERRNO_INVAL.into()) } else { Ok(()) }
}
