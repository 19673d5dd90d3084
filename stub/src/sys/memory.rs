//! Ranges of addresses, and what is put there.
//!
//! An address is a number, and becomes memory here and in the systems' own `memory.rs`, nowhere else. Whoever has a [`Region`]
//! has its range alone, and nothing in it is used: so what it offers does no harm. Each step takes the region and returns
//! what it has become.
#![allow(unsafe_code)]

use std::io;
use std::ops::Range;

#[cfg(unix)]
use super::unix::memory as system;
#[cfg(windows)]
use super::windows::memory as system;

pub(super) use system::{can_have, is_writable};
pub(crate) use system::{page_size, view};

/// Addresses that are nobody else's for as long as the process lives, and at which there is nothing.
#[derive(Debug)]
pub(crate) struct Region {
    base: usize,
    len: usize,
    is_writable: bool,
}

impl Region {
    /// Reserves addresses, with nothing at them.
    pub(crate) fn reserve(len: usize) -> io::Result<Region> {
        Ok(Region { base: system::reserve(len)?, len, is_writable: false })
    }

    /// A range within memory that somebody else made.
    ///
    /// # Safety
    /// The range is mapped, readable and writable for as long as the process lives. Nobody uses it before the region has become
    /// what it becomes, and no reference of Rust's leads there.
    pub(crate) unsafe fn adopt(base: *mut u8, len: usize) -> Region {
        Region { base: base as usize, len, is_writable: true }
    }

    /// Gives the addresses back, with what is there.
    ///
    /// # Safety
    /// It is all of what was reserved, and nothing there is used any more.
    #[cfg(target_os = "linux")]
    pub(super) unsafe fn release(&self) {
        // SAFETY: the caller's promise. Where it fails, the addresses stay taken, which does no harm.
        unsafe { system::release(self.base, self.len) };
    }

    /// The first `len` bytes, and what lies behind them.
    ///
    /// # Panics
    /// If it has fewer.
    pub(crate) fn split_at(self, len: usize) -> (Region, Region) {
        assert!(len <= self.len, "a region is split within it");
        let Region { base, is_writable, .. } = self;
        let behind = Region { base: base + len, len: self.len - len, is_writable };
        (Region { base, len, is_writable }, behind)
    }

    /// Its addresses.
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.base..self.base + self.len
    }

    /// The region as memory that can be read and written.
    pub(crate) fn writable(self) -> io::Result<Writable> {
        if !self.is_writable {
            // SAFETY: the range is this region's, and nothing is there.
            unsafe { system::allow_writing(self.base, self.len)? };
        }
        Ok(Writable(self))
    }
}

/// Memory that can be written, and that nothing but this leads to.
#[derive(Debug)]
pub(crate) struct Writable(Region);

impl Writable {
    /// What is in it.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the range is mapped and writable, holds bytes of any value, and is lent by the only one who has it.
        unsafe { std::slice::from_raw_parts_mut(self.0.base as *mut u8, self.0.len) }
    }

    /// Its addresses.
    #[cfg(target_os = "linux")]
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.0.addresses()
    }

    /// Makes it executable and no longer writable, and lets the CPU know that there is new code.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn make_executable(self) -> io::Result<()> {
        // SAFETY: the range is this region's, which is used up: nothing leads there that would write.
        unsafe { system::make_executable(self.0.base, self.0.len) }
    }

    /// Makes it read-only.
    pub(crate) fn make_readonly(self) -> io::Result<()> {
        // SAFETY: as above.
        unsafe { system::make_readonly(self.0.base, self.0.len) }
    }
}
