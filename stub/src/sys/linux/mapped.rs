//! Files in memory, at addresses that were reserved.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::sys::memory::Region;
use crate::sys::unix::memory::checked;

/// What memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Code: read and executed, never written.
    Code,
    /// Data: read and written. What is written stays in this process.
    Data,
}

impl Use {
    pub(super) fn protection(self) -> libc::c_int {
        match self {
            Use::Code => libc::PROT_READ | libc::PROT_EXEC,
            Use::Data => libc::PROT_READ | libc::PROT_WRITE,
        }
    }
}

impl Region {
    /// Maps part of a file there.
    pub(crate) fn map_file(self, file: &File, offset: u64, what: Use) -> io::Result<()> {
        let offset = libc::off_t::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
        let range = self.addresses();
        let (address, protection) = (range.start as *mut c_void, what.protection());
        // SAFETY: the range is this region's, and nothing is there.
        checked(unsafe { libc::mmap(address, range.len(), protection, flags, file.as_raw_fd(), offset) })
            .map(drop)
    }
}
