//! Memory that the kernel fills on behalf of this process: userfaultfd(2), on Linux.
//!
//! A range is registered, and a touch of a page that is not there raises SIGBUS in the thread that touched it. The page
//! comes with `UFFDIO_COPY`, which puts whole pages in place, already with the range's protection. So nothing of the
//! address space changes, and code is never writable, not even before it is there. Containers often forbid the call, and
//! old kernels know it for the superuser only: then chunks are moved into place instead.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Protocol version and ioctl numbers of linux/userfaultfd.h; they are the same on all of Linux's CPUs here.
const UFFD_API: u64 = 0xaa;
const UFFDIO_API: u32 = 0xc018_aa3f;
const UFFDIO_REGISTER: u32 = 0xc020_aa00;
const UFFDIO_COPY: u32 = 0xc028_aa03;
/// Faults of this process' own instructions only, which needs no privilege.
const UFFD_USER_MODE_ONLY: libc::c_int = 1;
/// A signal instead of a message that another thread would have to read.
const UFFD_FEATURE_SIGBUS: u64 = 1 << 7;
const UFFDIO_REGISTER_MODE_MISSING: u64 = 1;
/// linux/prctl.h
const PR_GET_MDWE: libc::c_int = 66;

/// What fills registered ranges.
#[derive(Debug)]
pub(crate) struct Filler(OwnedFd);

impl Filler {
    /// Asks the kernel for one. `None` where it does not give any. It is not asked where a filter of system calls is in
    /// force, which may end a process for a call that it does not know; nor where this process wants no memory to become
    /// executable that was not so from the start.
    pub(crate) fn new() -> Option<Filler> {
        for restriction in [libc::PR_GET_SECCOMP, PR_GET_MDWE] {
            // SAFETY: the call takes numbers and has no preconditions.
            if unsafe { libc::prctl(restriction, 0, 0, 0, 0) } > 0 {
                return None;
            }
        }
        // SAFETY: the kernel gives us this descriptor, which is nobody else's.
        let filler = Filler(unsafe { OwnedFd::from_raw_fd(open().ok()?) });
        filler.agree().ok()?;
        Some(filler)
    }

    /// Takes another one in its place, in a copy of the process: the one that there was fills the memory of the process that was
    /// copied. Nothing is registered with it yet.
    ///
    /// # Errors
    /// Those of the system.
    ///
    /// # Safety
    /// No other thread uses it.
    pub(crate) unsafe fn renew(&self) -> io::Result<()> {
        let place = self.0.as_raw_fd();
        // Closed first: there may be no room for two.
        // SAFETY: the descriptor is this one's, and is opened again below; where that fails, the process ends.
        unsafe { libc::close(place) };
        let new = open()?;
        if new != place {
            // SAFETY: the place is this one's, and the new descriptor nobody else's.
            let moved = unsafe { libc::dup3(new, place, libc::O_CLOEXEC) };
            let error = io::Error::last_os_error();
            // SAFETY: as above.
            unsafe { libc::close(new) };
            if moved != place {
                return Err(error);
            }
        }
        self.agree()
    }

    /// Says which kernel interface is meant.
    fn agree(&self) -> io::Result<()> {
        self.ask(UFFDIO_API, &mut [UFFD_API, UFFD_FEATURE_SIGBUS, 0])
    }

    /// From now on a touch of the `len` bytes at `address` raises SIGBUS until it is filled.
    ///
    /// # Safety
    /// The range is mapped, is the caller's alone, and nothing in it is used.
    pub(super) unsafe fn register(&self, address: usize, len: usize) -> io::Result<()> {
        let mut register = [address as u64, len as u64, UFFDIO_REGISTER_MODE_MISSING, 0];
        self.ask(UFFDIO_REGISTER, &mut register)
    }

    /// Puts copies of `bytes`, which are whole pages, at `address`, in a range that was opened. Pages that are there already
    /// stay as they are.
    ///
    /// # Safety
    /// The range is the caller's.
    pub(super) unsafe fn fill(&self, address: usize, bytes: &[u8]) -> io::Result<()> {
        let (mut done, len) = (0, bytes.len());
        while done < len {
            let from = bytes[done..].as_ptr() as u64;
            let mut copy = [(address + done) as u64, from, (len - done) as u64, 0, 0];
            let result = self.ask(UFFDIO_COPY, &mut copy);
            // How far it came: the address space may be changing just now, then it asks to be asked again.
            let copied = copy[4] as i64;
            match result {
                Ok(()) => break,
                Err(error) if error.raw_os_error() == Some(libc::EEXIST) => {
                    done += crate::sys::unix::memory::page_size()
                }
                Err(error) if error.raw_os_error() != Some(libc::EAGAIN) => return Err(error),
                Err(_) => done += usize::try_from(copied).unwrap_or(0),
            }
        }
        Ok(())
    }

    fn ask<const N: usize>(&self, request: u32, argument: &mut [u64; N]) -> io::Result<()> {
        // SAFETY: each request here takes a structure of as many 64-bit numbers as its callers hand over, to be read and
        // written.
        match unsafe { libc::ioctl(self.0.as_raw_fd(), request as _, argument.as_mut_ptr()) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// A new descriptor of this kind.
fn open() -> io::Result<RawFd> {
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | UFFD_USER_MODE_ONLY;
    // SAFETY: the call takes a number and has no preconditions.
    match unsafe { libc::syscall(libc::SYS_userfaultfd, flags) } {
        -1 => Err(io::Error::last_os_error()),
        fd => Ok(fd as RawFd),
    }
}
