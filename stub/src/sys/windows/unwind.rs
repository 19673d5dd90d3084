//! How the system walks over the app's code.
#![allow(unsafe_code)]

use std::io;

use windows_sys::Win32::System::Diagnostics::Debug::{IMAGE_RUNTIME_FUNCTION_ENTRY, RtlAddFunctionTable};

/// Lets the system walk over the functions of a table that is relative to the code's address (PE format, ".pdata").
///
/// # Safety
/// The table is well-formed, and tells of code as it is.
pub(crate) unsafe fn register(table: &'static mut [u8], code: usize) -> io::Result<()> {
    let count = table.len() / size_of::<IMAGE_RUNTIME_FUNCTION_ENTRY>();
    if count == 0 {
        return Ok(());
    }
    let first = table.as_mut_ptr().cast::<IMAGE_RUNTIME_FUNCTION_ENTRY>();
    // SAFETY: the table stays for as long as the process lives, has that many entries, sorted, and the allocator aligns
    // what has this size to more than the four bytes that an entry wants.
    let added = unsafe { RtlAddFunctionTable(first, count as u32, code as u64) };
    if added { Ok(()) } else { Err(io::Error::last_os_error()) }
}
