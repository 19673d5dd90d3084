//! What Linux can do with memory beside: pages that are put over others.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::io;

use crate::sys::unix::memory::checked;

/// Maps memory with nothing in it over the range.
///
/// # Safety
/// The range is the caller's alone, and nothing in it is used.
pub(super) unsafe fn map_empty(address: usize, len: usize, protection: libc::c_int) -> io::Result<()> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE | libc::MAP_FIXED;
    // SAFETY: the caller's promise.
    checked(unsafe { libc::mmap(address as *mut c_void, len, protection, flags, -1, 0) }).map(drop)
}

/// Moves pages over what is at `to`, in one step for whoever looks.
///
/// # Safety
/// Both ranges are the caller's, and no reference leads to either.
pub(super) unsafe fn move_pages(from: usize, to: usize, len: usize) -> io::Result<()> {
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    // SAFETY: the caller's promise.
    checked(unsafe { libc::mremap(from as *mut c_void, len, len, flags, to as *mut c_void) }).map(drop)
}
