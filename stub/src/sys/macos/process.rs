//! What the system says about this process.
#![allow(unsafe_code)]

pub(crate) use crate::sys::unix::inherited::was_closed;
pub(crate) use crate::sys::unix::process::inherit_pipes as prepare;

/// True if this process has rights that whoever started it may lack: it is set-user-ID or set-group-ID (issetugid(2)).
/// What comes from them must then decide nothing.
pub(crate) fn is_privileged() -> bool {
    unsafe extern "C" {
        /// The libc crate has it for other systems only.
        fn issetugid() -> libc::c_int;
    }
    // SAFETY: issetugid has no preconditions.
    unsafe { issetugid() != 0 }
}

/// The system calls a process by its file.
pub(crate) fn set_name(_name: &str) {}

/// Nothing is tried here.
pub(crate) fn end_with_parent(_parent: u32) -> bool {
    false
}

/// How many CPUs this process may use.
pub(crate) fn cpu_count() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

/// True if asking for openat2 would end this process. Only Linux has that call.
pub(crate) fn ends_for_openat2() -> bool {
    false
}
