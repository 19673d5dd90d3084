//! How exceptions find their way through the app's code.
#![allow(unsafe_code)]

use std::io;

/// True where the system must know the app's functions before anything is thrown.
pub(crate) const AT_START: bool = false;

/// Makes exceptions find their way through the functions that `.eh_frame` tells of, the first `len` bytes of `tables`.
///
/// LLVM's libunwind, which musl and macOS have, takes each entry by itself; libgcc takes the whole table (LSB Core,
/// "Exception Frames", for how a table is laid out).
///
/// # Safety
/// The tables are well-formed, and tell of code as it is.
pub(crate) unsafe fn register(tables: &'static mut [u8], len: usize, _code: usize) -> io::Result<()> {
    let eh_frame: &'static [u8] = &tables[..len];
    unsafe extern "C" {
        fn __register_frame(entry: *const u8);
    }
    if cfg!(target_env = "gnu") {
        // SAFETY: the table is well-formed, ends with its terminator, and stays for as long as the process lives.
        unsafe { __register_frame(eh_frame.as_ptr()) };
        return Ok(());
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
    Ok(())
}
