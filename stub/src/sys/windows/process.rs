//! What a process is started with.
#![allow(unsafe_code)]

use windows_sys::Win32::System::LibraryLoader::{LOAD_LIBRARY_SEARCH_SYSTEM32, SetDefaultDllDirectories};

/// Takes libraries that are loaded from now on from the system's folder only: a packed program is often started where
/// downloads lie, and a file beside it must not become part of it.
pub(crate) fn prepare() {
    // SAFETY: the function takes a number and has no preconditions.
    unsafe { SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32) };
}

/// True if this process has rights that whoever started it lacks. Windows gives a file none.
pub(crate) fn is_privileged() -> bool {
    false
}

/// Nothing is tried here.
pub(crate) fn end_with_parent(_parent: u32) -> bool {
    false
}

/// How many CPUs this process may use.
pub(crate) fn cpu_count() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

/// True if the process was started with this descriptor closed. Windows has handles, and another answer for those.
pub(crate) fn was_closed(_descriptor: i32) -> bool {
    false
}

/// True if asking for openat2 would end this process. Only Linux has that call.
pub(crate) fn ends_for_openat2() -> bool {
    false
}

/// The system calls a process by its file.
pub(crate) fn set_name(_name: &str) {}
