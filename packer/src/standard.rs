//! Whether standard output was closed when this process was started, noted before Rust's runtime opens /dev/null in its place.
//! Writes to it would be lost and look like success. Later, it cannot be told apart from a /dev/null that the starter opened.
#![allow(unsafe_code)]

use wasmpack::cli::Stdout;

/// How the starter left standard output.
pub(crate) fn output() -> Stdout {
    #[cfg(unix)]
    if early::WAS_CLOSED.load(std::sync::atomic::Ordering::Relaxed) {
        return Stdout::Closed;
    }
    Stdout::Open
}

#[cfg(unix)]
mod early {
    use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    /// The system's start code calls this before `main`, and so before the runtime.
    #[used]
    #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(not(target_os = "macos"), unsafe(link_section = ".init_array"))]
    static CONSTRUCTOR: extern "C" fn() = note;

    /// Nothing of std that needs its runtime is used here.
    extern "C" fn note() {
        // SAFETY: the call looks at a number, which need be no descriptor.
        let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
        WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
    }
}
