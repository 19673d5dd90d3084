//! Memory on Linux and macOS: reserved, mapped, protected. What can be used without harm is in [`super::super::memory`].
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::fs::File;
use std::io;

use crate::sys::cpu;

pub(in super::super) fn checked(result: *mut c_void) -> io::Result<usize> {
    if result == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(result as usize) }
}

pub(in super::super) fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

pub(in super::super) fn anonymous(len: usize, protection: libc::c_int) -> io::Result<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address that the system chooses touches nothing that exists.
    checked(unsafe { libc::mmap(std::ptr::null_mut(), len.max(1), protection, flags, -1, 0) })
}

/// Tries whether the system gives `len` bytes of memory now, and gives them back.
///
/// # Errors
/// Its refusal.
pub(crate) fn can_have(len: usize) -> io::Result<()> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the system chooses touches nothing that exists, and is nobody else's.
    unsafe {
        let address = checked(libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0))?;
        done(libc::munmap(address as *mut c_void, len))
    }
}

/// Reserves addresses, with nothing at them.
pub(crate) fn reserve(len: usize) -> io::Result<usize> {
    anonymous(len, libc::PROT_NONE)
}

/// Gives reserved addresses back, with what is there.
///
/// # Safety
/// The range is the caller's alone, in whole pages, and nothing there is used any more.
#[cfg(target_os = "linux")]
pub(in super::super) unsafe fn release(address: usize, len: usize) {
    // SAFETY: the caller's promise.
    unsafe { libc::munmap(address as *mut c_void, len) };
}

/// Makes reserved memory readable and writable.
///
/// # Safety
/// The range is the caller's alone, in whole pages.
pub(in super::super) unsafe fn allow_writing(address: usize, len: usize) -> io::Result<()> {
    // SAFETY: the caller's promise.
    unsafe { protect(address, len, libc::PROT_READ | libc::PROT_WRITE) }
}

/// Makes written memory executable and no longer writable, and lets the CPU know that there is new code.
///
/// # Safety
/// As [`allow_writing`], and no reference leads there.
pub(in super::super) unsafe fn make_executable(address: usize, len: usize) -> io::Result<()> {
    cpu::flush_instructions(address, len)?;
    // SAFETY: the caller's promise.
    unsafe { protect(address, len, libc::PROT_READ | libc::PROT_EXEC) }
}

/// Makes written memory read-only.
///
/// # Safety
/// As [`make_executable`].
pub(in super::super) unsafe fn make_readonly(address: usize, len: usize) -> io::Result<()> {
    // SAFETY: the caller's promise.
    unsafe { protect(address, len, libc::PROT_READ) }
}

/// # Safety
/// Whoever uses the range does so as `protection` allows.
unsafe fn protect(address: usize, len: usize, protection: libc::c_int) -> io::Result<()> {
    // SAFETY: the caller's promise.
    done(unsafe { libc::mprotect(address as *mut c_void, len, protection) })
}

/// True if there is writable memory at `address`, of which nobody uses the first bytes: they are written, by the system, which
/// refuses where this process could not.
///
/// # Safety
/// As it says.
pub(crate) unsafe fn is_writable(address: usize) -> bool {
    // SAFETY: without a first set the call changes no mask, and the place that it writes to is the caller's.
    let result =
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), address as *mut libc::sigset_t) };
    result == 0
}

/// Part of the file, as memory that is read when it is looked at.
pub(crate) fn view(file: &File, offset: u64, len: usize) -> io::Result<&'static [u8]> {
    // SAFETY: the file is the program's own, and a replaced one is another file. An executable that runs cannot be written.
    // Where the program is in a script's file, whoever may write that decides what runs, and the program itself may not
    // (sandbox::keep_unchanged).
    let map = unsafe { memmap2::MmapOptions::new().offset(offset).len(len).map(file)? };
    Ok(Box::leak(Box::new(map)))
}

/// Bytes a page.
pub(crate) fn page_size() -> usize {
    // SAFETY: the call takes a number and has no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}
