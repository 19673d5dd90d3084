//! Files.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Fills `buffer` from `offset`.
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// The file that whoever started this process left open as `descriptor`. It and those behind it up to `last` were opened for
/// this process alone: the others are closed. To be called once, before anything is opened here.
///
/// # Errors
/// If it is not open, or no file.
pub(crate) fn inherited(descriptor: i32, last: i32) -> io::Result<File> {
    for own in descriptor..=last {
        // SAFETY: the call looks at a number, which need be no descriptor; what it sets harms nobody.
        if unsafe { libc::fcntl(own, libc::F_SETFD, libc::FD_CLOEXEC) } == -1 {
            return Err(io::Error::last_os_error());
        }
    }
    for other in descriptor + 1..=last {
        // SAFETY: it is open, was inherited, and belongs to nobody here.
        drop(unsafe { OwnedFd::from_raw_fd(other) });
    }
    // SAFETY: as above; from now on the file is its owner.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")),
    }
}
