//! Memory on Windows: reserved, committed, protected. Addresses are numbers here, because nothing behind them is Rust's:
//! the ranges belong to the program's images and to wasmer's memories.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::fs::File;
use std::io;

use windows_sys::Win32::System::Diagnostics::Debug::{
    FlushInstructionCache, IMAGE_RUNTIME_FUNCTION_ENTRY, RtlAddFunctionTable,
};
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
pub(crate) fn can_have(len: usize) -> Result<(), super::Limited> {
    let base = reserve(len).map_err(super::Limited)?;
    // SAFETY: the range was just reserved, and is nobody else's.
    done(unsafe { VirtualFree(base as *mut c_void, 0, MEM_RELEASE) }).map_err(super::Limited)
}

/// True if the memory at `address` was reserved.
pub(crate) fn is_writable(address: usize) -> bool {
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
pub(crate) fn allow_writing(address: usize, len: usize) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: the range is one that `reserve` returned, which nobody uses yet.
    let base = unsafe { VirtualAlloc(address as *const c_void, len, MEM_COMMIT, PAGE_READWRITE) };
    if base.is_null() { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn protect(address: usize, len: usize, protection: PAGE_PROTECTION_FLAGS) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    let mut before = 0;
    // SAFETY: the range was committed by `allow_writing`, and its writer keeps no reference into it.
    done(unsafe { VirtualProtect(address as *const c_void, len, protection, &mut before) })
}

/// Makes written memory executable and no longer writable, and lets the CPU know that there is new code.
pub(crate) fn make_executable(address: usize, len: usize) -> io::Result<()> {
    protect(address, len, PAGE_EXECUTE_READ)?;
    // SAFETY: -1 stands for this process; the call changes nothing but caches.
    done(unsafe { FlushInstructionCache(-1isize as *mut c_void, address as *const c_void, len) })
}

/// Part of the file, read into memory that stays for as long as the process lives.
pub(crate) fn view(file: &File, offset: u64, len: usize) -> io::Result<&'static [u8]> {
    let mut bytes = vec![0; len];
    super::read_exact_at(file, &mut bytes, offset)?;
    Ok(Vec::leak(bytes))
}

/// The memory at `address`, to be written by one caller.
pub(crate) fn bytes_at(address: usize, len: usize) -> &'static mut [u8] {
    // SAFETY: callers hand in writable memory of an image, and no two the same part of it.
    unsafe { std::slice::from_raw_parts_mut(address as *mut u8, len) }
}

/// Writes the table of runtime functions to reserved memory, which is read-only from then on.
pub(crate) fn write_table(address: usize, entries: &[usize]) -> io::Result<()> {
    let len = size_of_val(entries);
    allow_writing(address, len)?;
    // SAFETY: the range was just made writable, and holds nothing yet.
    unsafe { std::ptr::copy_nonoverlapping(entries.as_ptr(), address as *mut usize, entries.len()) };
    protect(address, len, PAGE_READONLY)
}

/// Lets the system walk over the functions of a table that is relative to `base` (PE format, ".pdata").
pub(crate) fn register_functions(table: &'static mut [u8], base: usize) -> io::Result<()> {
    let count = table.len() / size_of::<IMAGE_RUNTIME_FUNCTION_ENTRY>();
    if count == 0 {
        return Ok(());
    }
    let first = table.as_mut_ptr().cast::<IMAGE_RUNTIME_FUNCTION_ENTRY>();
    // SAFETY: the table stays for as long as the process lives, has that many entries, sorted, and the allocator aligns
    // what has this size to more than the four bytes that an entry wants.
    let added = unsafe { RtlAddFunctionTable(first, count as u32, base as u64) };
    if added { Ok(()) } else { Err(io::Error::last_os_error()) }
}
