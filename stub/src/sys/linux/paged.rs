//! A range whose pages come when they are wanted, each of them whole for whoever looks.
//!
//! There are two ways. The kernel fills a page from a copy ([`Filler`]); or pages are written in a scratch range as long as
//! this one, get their final protection there, and are moved to their places.
#![allow(unsafe_code)]

use std::io;
use std::ops::Range;

use super::fill::Filler;
use super::mapped::Use;
use super::memory::{map_empty, move_pages};
use crate::sys::memory::Region;
use crate::sys::unix::memory::{anonymous, make_executable};

/// A range whose pages come when they are wanted. Until then a touch of it is a fault.
#[derive(Debug)]
pub(crate) struct Paged {
    base: usize,
    len: usize,
    what: Use,
    backend: Backend,
}

/// How pages get to their places.
#[derive(Clone, Copy, Debug)]
enum Backend {
    /// The kernel copies them there.
    Fill(&'static Filler),
    /// They are moved there, from the scratch range that begins here.
    Remap { scratch: usize },
}

impl Paged {
    /// Makes a region one, with pages that `filler` fills if it can.
    pub(crate) fn new(region: Region, what: Use, filler: Option<&'static Filler>) -> io::Result<Paged> {
        let Range { start: base, end } = region.addresses();
        let len = end - base;
        // SAFETY: the range is the region's, which is used up, and nothing is there.
        let is_filled = |filler: &&Filler| unsafe {
            map_empty(base, len, what.protection()).and_then(|()| filler.register(base, len)).is_ok()
        };
        if let Some(filler) = filler.filter(is_filled) {
            return Ok(Paged { base, len, what, backend: Backend::Fill(filler) });
        }
        // SAFETY: as above.
        unsafe { map_empty(base, len, libc::PROT_NONE)? };
        let scratch = anonymous(len, libc::PROT_READ | libc::PROT_WRITE)?;
        Ok(Paged { base, len, what, backend: Backend::Remap { scratch } })
    }

    /// To be called in a copy of the process, with a filler that was renewed: a copy has the memory, but not what was asked of the
    /// kernel about it, and would find zeroes in pages that are not there.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn register_again(&self) -> io::Result<()> {
        match self.backend {
            // SAFETY: the range is this one's. Pages that are there stay as they are.
            Backend::Fill(filler) => unsafe { filler.register(self.base, self.len) },
            Backend::Remap { .. } => Ok(()),
        }
    }

    /// Gives back the part of the scratch range from `offset` on, which was not moved and never will be. Where pages were moved from,
    /// others may have theirs.
    pub(crate) fn free_scratch(&self, offset: usize, len: usize) {
        if let Backend::Remap { scratch } = self.backend {
            let place = self.range(offset, len).start - self.base + scratch;
            // SAFETY: the range is this one's, which nobody uses any more.
            unsafe { libc::munmap(place as *mut std::ffi::c_void, len) };
        }
    }

    /// True if the kernel fills it: pages that are there already then stay as they are.
    pub(crate) fn is_filled(&self) -> bool {
        matches!(self.backend, Backend::Fill(_))
    }

    /// Where it begins.
    pub(crate) fn start(&self) -> usize {
        self.base
    }

    /// The offset of an address, if that is within the range.
    pub(crate) fn offset(&self, address: usize) -> Option<usize> {
        address.checked_sub(self.base).filter(|offset| *offset < self.len)
    }

    /// Puts copies of `bytes`, which are whole pages, at `offset`.
    ///
    /// # Errors
    /// Those of the system; `Unsupported` where pages are moved.
    pub(crate) fn fill(&self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let Backend::Fill(filler) = self.backend else { return Err(io::ErrorKind::Unsupported.into()) };
        let place = self.range(offset, bytes.len());
        // SAFETY: the range is this one's, and pages that anybody could be looking at stay as they are.
        unsafe { filler.fill(place.start, bytes)? };
        match self.what {
            Use::Code => crate::sys::cpu::flush_instructions(place.start, bytes.len()),
            Use::Data => Ok(()),
        }
    }

    /// Where the pages from `offset` on are written before they are moved. Empty where the kernel fills.
    ///
    /// # Safety
    /// Until it is given back, nobody else asks for a part of the same pages, or moves them.
    #[allow(clippy::mut_from_ref, reason = "each caller has its own part, as it promises")]
    pub(crate) unsafe fn scratch(&self, offset: usize, len: usize) -> &mut [u8] {
        let Backend::Remap { scratch } = self.backend else { return &mut [] };
        let place = self.range(offset, len).start - self.base + scratch;
        // SAFETY: the scratch range is as long as this one, writable, and the caller alone uses this part.
        unsafe { std::slice::from_raw_parts_mut(place as *mut u8, len) }
    }

    /// Moves pages that were written in the scratch range to their places.
    ///
    /// # Errors
    /// Where they cannot become executable, or cannot be moved.
    ///
    /// # Safety
    /// Nobody has a part of them from [`Paged::scratch`].
    pub(crate) unsafe fn publish(&self, offset: usize, len: usize) -> Result<(), NotMoved> {
        let Backend::Remap { scratch } = self.backend else { return Ok(()) };
        let place = self.range(offset, len).start;
        let from = place - self.base + scratch;
        // SAFETY: both ranges are this one's, and the caller says that no reference leads to the scratch range. Nothing is at
        // the places: a page that was moved is not in the scratch range any more, and is not moved again.
        unsafe {
            if self.what == Use::Code {
                make_executable(from, len).map_err(NotMoved::Executable)?;
            }
            move_pages(from, place, len).map_err(NotMoved::There)
        }
    }

    /// The addresses of `len` bytes at `offset`.
    ///
    /// # Panics
    /// If they are not within the range.
    fn range(&self, offset: usize, len: usize) -> Range<usize> {
        let end =
            offset.checked_add(len).filter(|end| *end <= self.len).expect("pages lie within their range");
        self.base + offset..self.base + end
    }

    /// Takes all pages out again.
    #[cfg(test)]
    pub(crate) fn empty(&self) -> io::Result<()> {
        let (base, len) = (self.base, self.len);
        match self.backend {
            // SAFETY: the range is this one's, and a test that calls this does not use it meanwhile.
            Backend::Fill(_) => crate::sys::unix::memory::done(unsafe {
                libc::madvise(base as *mut std::ffi::c_void, len, libc::MADV_DONTNEED)
            }),
            // SAFETY: as above, of both ranges.
            Backend::Remap { scratch } => unsafe {
                map_empty(base, len, libc::PROT_NONE)?;
                map_empty(scratch, len, libc::PROT_READ | libc::PROT_WRITE)
            },
        }
    }
}

/// Why pages were not moved.
#[derive(Debug)]
pub(crate) enum NotMoved {
    /// They must not become executable.
    Executable(io::Error),
    /// They must not go where they belong.
    There(io::Error),
}
