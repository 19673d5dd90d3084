//! Memory on Linux and macOS: reserved, mapped, protected, moved. Addresses are numbers here, because nothing behind
//! them is Rust's: the ranges belong to the program's images and to wasmer's memories.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

fn checked(result: *mut c_void) -> io::Result<usize> {
    if result == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(result as usize) }
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn anonymous(len: usize, protection: libc::c_int) -> io::Result<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address that the system chooses touches nothing that exists.
    checked(unsafe { libc::mmap(std::ptr::null_mut(), len.max(1), protection, flags, -1, 0) })
}

/// Tries whether the system gives `len` bytes of memory now, and gives them back.
///
/// # Errors
/// Its refusal, with the limits that it may come from.
pub(crate) fn can_have(len: usize) -> Result<(), super::Limited> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the system chooses touches nothing that exists, and is nobody else's.
    unsafe {
        let address = checked(libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0))
            .map_err(super::Limited)?;
        done(libc::munmap(address as *mut c_void, len)).map_err(super::Limited)
    }
}

/// True if there is writable memory at `address`, of which nobody uses the first bytes: they are written, by the system, which
/// refuses where this process could not.
pub(crate) fn is_writable(address: usize) -> bool {
    // SAFETY: without a first set the call changes no mask, and the place that it writes to is the caller's.
    let result =
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), address as *mut libc::sigset_t) };
    result == 0
}

/// Reserves addresses, with nothing at them.
pub(crate) fn reserve(len: usize) -> io::Result<usize> {
    anonymous(len, libc::PROT_NONE)
}

/// Writable memory that costs nothing where it is not written.
#[cfg(target_os = "linux")]
pub(crate) fn scratch(len: usize) -> io::Result<usize> {
    anonymous(len, libc::PROT_READ | libc::PROT_WRITE)
}

/// Makes reserved memory readable and writable.
pub(crate) fn allow_writing(address: usize, len: usize) -> io::Result<()> {
    // SAFETY: the range is one that `reserve` returned, which nobody uses yet.
    done(unsafe { libc::mprotect(address as *mut c_void, len, libc::PROT_READ | libc::PROT_WRITE) })
}

/// Makes written memory executable and no longer writable, and lets the CPU know that there is new code.
pub(crate) fn make_executable(address: usize, len: usize) -> io::Result<()> {
    flush_instructions(address, len)?;
    // SAFETY: the range holds machine code that was just written, by the caller, who keeps no reference into it.
    done(unsafe { libc::mprotect(address as *mut c_void, len, libc::PROT_READ | libc::PROT_EXEC) })
}

/// x86 keeps its instructions in step by itself (Intel SDM volume 3, section 11.6).
#[cfg(target_arch = "x86_64")]
pub(crate) fn flush_instructions(_address: usize, _len: usize) -> io::Result<()> {
    Ok(())
}

/// Cleans the data cache to the point of unification and invalidates the instruction cache for the range (Arm ARM,
/// "Concurrent modification and execution of instructions"). Linux does the same for a page that becomes executable
/// (`__sync_icache_dcache`), and returning from the fault handler synchronises this CPU's pipeline.
#[cfg(target_arch = "aarch64")]
pub(crate) fn flush_instructions(address: usize, len: usize) -> io::Result<()> {
    unsafe extern "C" {
        fn __clear_cache(start: *mut c_void, end: *mut c_void);
    }
    // SAFETY: the function only looks at the range, which the caller has just written.
    unsafe { __clear_cache(address as *mut c_void, (address + len) as *mut c_void) };
    Ok(())
}

/// Has the kernel execute FENCE.I on every CPU that runs this process: a thread of it may run elsewhere when it gets
/// to the code (RISC-V, "Zifencei").
#[cfg(target_arch = "riscv64")]
pub(crate) fn flush_instructions(address: usize, len: usize) -> io::Result<()> {
    const RISCV_FLUSH_ICACHE: libc::c_long = 259;
    // SAFETY: the call takes two addresses and flags, and changes nothing but caches.
    done(unsafe { libc::syscall(RISCV_FLUSH_ICACHE, address, address + len, 0) } as libc::c_int)
}

/// Moves pages over what is at `to`, in one step for whoever looks.
#[cfg(target_os = "linux")]
pub(crate) fn move_pages(from: usize, to: usize, len: usize) -> io::Result<()> {
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    // SAFETY: `from` is part of a scratch range that only the caller uses; `to` is inaccessible memory of an image, in
    // which nothing is.
    let result = unsafe { libc::mremap(from as *mut c_void, len, len, flags, to as *mut c_void) };
    checked(result).map(drop)
}

/// Makes memory inaccessible and forgets what is in it.
#[cfg(target_os = "linux")]
pub(crate) fn forbid(address: usize, len: usize) -> io::Result<()> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE | libc::MAP_FIXED;
    // SAFETY: the range is part of a memory that wasmer has just made and that nobody has seen.
    checked(unsafe { libc::mmap(address as *mut c_void, len, libc::PROT_NONE, flags, -1, 0) }).map(drop)
}

/// Takes all pages out of a range that is filled on demand.
#[cfg(all(test, target_os = "linux"))]
pub(crate) fn empty(address: usize, len: usize) -> io::Result<()> {
    // SAFETY: the range is an image, and nobody uses it now.
    done(unsafe { libc::madvise(address as *mut c_void, len, libc::MADV_DONTNEED) })
}

/// Makes a scratch range whose pages were moved away whole again.
#[cfg(all(test, target_os = "linux"))]
pub(crate) fn renew(address: usize, len: usize) -> io::Result<()> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE | libc::MAP_FIXED;
    // SAFETY: the range was a scratch range of an image, and nobody uses it now.
    checked(unsafe { libc::mmap(address as *mut c_void, len, protection, flags, -1, 0) }).map(drop)
}

#[cfg(target_os = "linux")]
fn map_file(file: &File, offset: u64, address: usize, len: usize, protection: libc::c_int) -> io::Result<()> {
    let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
    let offset = libc::off_t::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the caller owns the range and has nothing in it.
    let result =
        unsafe { libc::mmap(address as *mut c_void, len, protection, flags, file.as_raw_fd(), offset) };
    checked(result).map(drop)
}

/// Maps code from the file over reserved addresses: readable, executable, never written.
#[cfg(target_os = "linux")]
pub(crate) fn map_code(file: &File, offset: u64, address: usize, len: usize) -> io::Result<()> {
    map_file(file, offset, address, len, libc::PROT_READ | libc::PROT_EXEC)
}

/// Maps data from the file over the beginning of a memory; what is written to it stays in this process.
#[cfg(target_os = "linux")]
pub(crate) fn map_data(file: &File, offset: u64, address: usize, len: usize) -> io::Result<()> {
    map_file(file, offset, address, len, libc::PROT_READ | libc::PROT_WRITE)
}

/// Part of the file, as memory that is read when it is looked at.
pub(crate) fn view(file: &File, offset: u64, len: usize) -> io::Result<&'static [u8]> {
    let within = offset % page_size() as u64;
    let start = libc::off_t::try_from(offset - within).map_err(|_| io::ErrorKind::InvalidInput)?;
    let len_mapped = len + within as usize;
    // SAFETY: a new mapping at an address that the system chooses touches nothing that exists.
    let base = checked(unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            len_mapped,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            start,
        )
    })?;
    // SAFETY: the mapping has this length, is readable, and is never unmapped. The file is an executable that runs: the
    // system does not let it be written, and a replaced one is another file.
    Ok(unsafe { std::slice::from_raw_parts((base + within as usize) as *const u8, len) })
}

/// The memory at `address`, to be written by one caller.
pub(crate) fn bytes_at(address: usize, len: usize) -> &'static mut [u8] {
    // SAFETY: callers hand in writable memory of an image or its scratch range, and no two the same part of it: each
    // chunk is decoded by the one that made it busy.
    unsafe { std::slice::from_raw_parts_mut(address as *mut u8, len) }
}

/// Writes the table of runtime functions to reserved memory, which is read-only from then on.
pub(crate) fn write_table(address: usize, entries: &[usize]) -> io::Result<()> {
    let len = size_of_val(entries);
    // SAFETY: the range is part of what `reserve` returned, page-aligned, and holds nothing yet.
    unsafe {
        done(libc::mprotect(address as *mut c_void, len, libc::PROT_READ | libc::PROT_WRITE))?;
        std::ptr::copy_nonoverlapping(entries.as_ptr(), address as *mut usize, entries.len());
        done(libc::mprotect(address as *mut c_void, len, libc::PROT_READ))
    }
}

/// Bytes a page.
pub(crate) fn page_size() -> usize {
    // SAFETY: the call takes a number and has no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// Makes exceptions find their way through the functions that `.eh_frame` tells of.
///
/// LLVM's libunwind, which musl and macOS have, takes each entry by itself; libgcc takes the whole table (LSB Core,
/// "Exception Frames", for how a table is laid out).
pub(crate) fn register_frames(eh_frame: &'static [u8]) {
    unsafe extern "C" {
        fn __register_frame(entry: *const u8);
    }
    if cfg!(target_env = "gnu") {
        // SAFETY: the table is well-formed, ends with its terminator, and stays for as long as the process lives.
        unsafe { __register_frame(eh_frame.as_ptr()) };
        return;
    }
    let mut at = 0;
    while let Some(head) = eh_frame.get(at..at + 8) {
        let word = |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let len = word(0);
        // A record that points back to no other is a CIE: what its entries have in common.
        if len != 0 && word(4) != 0 {
            // SAFETY: the record is an entry of a well-formed table that stays for as long as the process lives.
            unsafe { __register_frame(eh_frame[at..].as_ptr()) };
        }
        at += 4 + len as usize;
    }
}
