//! Memory on Windows: reserved, committed, protected. What can be used without harm is in [`super::super::memory`].
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::fs::File;
use std::io;

use windows_sys::Win32::System::Diagnostics::Debug::FlushInstructionCache;
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_FREE, MEM_RELEASE, MEM_RESERVE, MEMORY_BASIC_INFORMATION, PAGE_EXECUTE_READ,
    PAGE_NOACCESS, PAGE_PROTECTION_FLAGS, PAGE_READONLY, PAGE_READWRITE, VirtualAlloc, VirtualFree,
    VirtualProtect, VirtualQuery,
};

fn done(result: i32) -> io::Result<()> {
    if result != 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Tries whether the system gives `len` bytes of memory now, and gives them back.
///
/// # Errors
/// Its refusal.
pub(crate) fn can_have(len: usize) -> io::Result<()> {
    let base = reserve(len)?;
    // SAFETY: the range was just reserved, and is nobody else's.
    done(unsafe { VirtualFree(base as *mut c_void, 0, MEM_RELEASE) })
}

/// True if the memory at `address` was reserved.
///
/// # Safety
/// None is asked for here; on other systems the memory is written.
pub(crate) unsafe fn is_writable(address: usize) -> bool {
    // SAFETY: zeroes are a valid value of this C structure.
    let mut found: MEMORY_BASIC_INFORMATION = unsafe { std::mem::zeroed() };
    // SAFETY: the call looks at the address space, and fills the structure, whose size it is told.
    let size = unsafe { VirtualQuery(address as *const c_void, &mut found, size_of_val(&found)) };
    size != 0 && found.State != MEM_FREE
}

/// Bytes a page.
pub(crate) fn page_size() -> usize {
    // All of Windows on x86-64.
    4096
}

/// Reserves addresses, with nothing at them.
pub(crate) fn reserve(len: usize) -> io::Result<usize> {
    // SAFETY: a new range at an address that the system chooses touches nothing that exists.
    let base = unsafe { VirtualAlloc(std::ptr::null(), len.max(1), MEM_RESERVE, PAGE_NOACCESS) };
    if base.is_null() { Err(io::Error::last_os_error()) } else { Ok(base as usize) }
}

/// Makes reserved memory readable and writable.
///
/// # Safety
/// The range is the caller's alone, in whole pages.
pub(in super::super) unsafe fn allow_writing(address: usize, len: usize) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    let base = unsafe { VirtualAlloc(address as *const c_void, len, MEM_COMMIT, PAGE_READWRITE) };
    if base.is_null() { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// # Safety
/// Whoever uses the range does so as `protection` allows.
unsafe fn protect(address: usize, len: usize, protection: PAGE_PROTECTION_FLAGS) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    let mut before = 0;
    // SAFETY: the caller's promise.
    done(unsafe { VirtualProtect(address as *const c_void, len, protection, &mut before) })
}

/// Makes written memory executable and no longer writable, and lets the CPU know that there is new code.
///
/// # Safety
/// As [`allow_writing`], and no reference leads there.
pub(in super::super) unsafe fn make_executable(address: usize, len: usize) -> io::Result<()> {
    // SAFETY: the caller's promise.
    unsafe { protect(address, len, PAGE_EXECUTE_READ)? };
    // SAFETY: -1 stands for this process; the call changes nothing but caches.
    done(unsafe { FlushInstructionCache(-1isize as *mut c_void, address as *const c_void, len) })
}

/// Makes written memory read-only.
///
/// # Safety
/// As [`make_executable`].
pub(in super::super) unsafe fn make_readonly(address: usize, len: usize) -> io::Result<()> {
    // SAFETY: the caller's promise.
    unsafe { protect(address, len, PAGE_READONLY) }
}

/// Part of the file, read into memory that stays for as long as the process lives.
pub(crate) fn view(file: &File, offset: u64, len: usize) -> io::Result<&'static [u8]> {
    let mut bytes = vec![0; len];
    super::file::read_exact_at(file, &mut bytes, offset)?;
    Ok(Vec::leak(bytes))
}
