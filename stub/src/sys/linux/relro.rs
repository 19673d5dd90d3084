//! Tables of pointers that nothing changes once they are set up cannot be written while the app runs.
//!
//! The linker puts them together and names the range (`PT_GNU_RELRO`). glibc's start code makes it read-only, that of musl does
//! so for dynamic programs only.
#![allow(unsafe_code)]

/// Makes the range read-only. Where the system refuses, the launcher runs on as it did without.
pub(crate) fn protect() {
    // SAFETY: `each` has the signature that the call wants, and needs no data.
    unsafe { libc::dl_iterate_phdr(Some(each), std::ptr::null_mut()) };
}

/// Looks at the program headers of the launcher, the first and only object of a static program.
unsafe extern "C" fn each(info: *mut libc::dl_phdr_info, _: usize, _: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the C library hands over a structure that lives for the length of this call.
    let info = unsafe { &*info };
    // SAFETY: the structure names its own program headers, which are mapped with the launcher.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    // SAFETY: getauxval has no preconditions.
    let page = unsafe { libc::getauxval(libc::AT_PAGESZ) } as usize;
    if let Some(range) = headers.iter().find(|header| header.p_type == libc::PT_GNU_RELRO) {
        // On a system with larger pages than the linker thought of, what shares the last page stays writable.
        let first = info.dlpi_addr as usize + range.p_vaddr as usize;
        let (start, end) = (first & !(page - 1), (first + range.p_memsz as usize) & !(page - 1));
        if start < end {
            // SAFETY: whole pages of the launcher's own, which its linker says are not written after the start.
            unsafe { libc::mprotect(start as *mut libc::c_void, end - start, libc::PROT_READ) };
        }
    }
    1
}
