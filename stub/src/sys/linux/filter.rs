//! Filters of system calls on Linux (seccomp(2)) that end a process for a call which is not on their list.
//!
//! cap-std asks for openat2 with the first path, and has another way where the kernel does not know it. A filter that answers
//! by an error, or by a signal ([`super::signals`]), is such a kernel. One that ends the process leaves no way: so it is
//! tried first, by a process that nobody would miss, whether there is one.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::memory::Region;

/// Bytes of stack for the process that tries.
const STACK: usize = 64 * 1024;

/// True if asking for openat2 would end this process.
pub(crate) fn ends_for_openat2() -> bool {
    // SAFETY: the call takes numbers and has no preconditions.
    if unsafe { libc::prctl(libc::PR_GET_SECCOMP, 0, 0, 0, 0) } <= 0 {
        return false;
    }
    /// Set by the process that tries, once it was answered.
    static ANSWERED: AtomicBool = AtomicBool::new(false);
    extern "C" fn ask(_: *mut c_void) -> libc::c_int {
        // SAFETY: the call reads nothing: a structure of no bytes is refused.
        unsafe { libc::syscall(libc::SYS_openat2, -1, std::ptr::null::<u8>(), std::ptr::null::<u8>(), 0) };
        ANSWERED.store(true, Ordering::Relaxed);
        // As a program ends: a filter that allows only this way lets it.
        // SAFETY: ends that process, and nothing of this one.
        unsafe { libc::syscall(libc::SYS_exit_group, 0) };
        0
    }
    let Ok(stack) = Region::reserve(STACK).and_then(Region::writable) else { return false };
    let top = stack.addresses().end;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let mut status = 0;
    // SAFETY: the other process runs `ask` on a stack of its own, while this one waits for its end; it writes nowhere else.
    unsafe {
        let child = libc::clone(ask, top as *mut c_void, flags, std::ptr::null_mut());
        // How it ended says less: another call of its may not be allowed either.
        child > 0 && libc::waitpid(child, &mut status, 0) == child && !ANSWERED.load(Ordering::Relaxed)
    }
}
