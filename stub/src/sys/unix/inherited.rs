//! What the starter decided about this process, noted before Rust's runtime changes it.
//!
//! That runtime ignores SIGPIPE, and fills closed descriptors 0 to 2 from /dev/null, without which it ends the process.
//! A constructor, which the system's own start code calls before it, notes both, and fills the descriptors with something
//! that needs no file and can be neither read nor written: whatever else is opened lands behind them.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// How many standard streams there are: descriptors 0, 1 and 2.
const STREAMS: i32 = 3;

/// One bit for each standard stream that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);
/// True if a broken pipe was to be ignored.
static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static CONSTRUCTOR: extern "C" fn() = note;

/// True if the process was started with this descriptor closed.
pub(crate) fn was_closed(descriptor: i32) -> bool {
    (0..STREAMS).contains(&descriptor) && CLOSED.load(Ordering::Relaxed) & (1 << descriptor) != 0
}

/// True if the process was started with SIGPIPE ignored.
pub(crate) fn ignores_broken_pipes() -> bool {
    PIPE_IGNORED.load(Ordering::Relaxed)
}

/// Runs before `main`, and before Rust's runtime: calls of the C library, and nothing of std.
extern "C" fn note() {
    // SAFETY: zeroes are a valid value of this C structure, the call fills it, and without a new action changes nothing.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGPIPE, std::ptr::null(), &mut action);
        action
    };
    PIPE_IGNORED.store(action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
    for stream in 0..STREAMS {
        // SAFETY: the call looks at a number, which need be no descriptor.
        if unsafe { libc::fcntl(stream, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << stream, Ordering::Relaxed);
            // The system gives the lowest number that is free, which is this one.
            let _ = fill();
        }
    }
}

/// Opens something that answers reading and writing with an error. Where that fails, so will Rust's runtime.
#[cfg(target_os = "linux")]
fn fill() -> i32 {
    // SAFETY: the call takes a flag and opens a descriptor.
    unsafe { libc::epoll_create1(0) }
}

/// Opens something that answers reading and writing with an error. Where that fails, so will Rust's runtime.
#[cfg(target_os = "macos")]
fn fill() -> i32 {
    // SAFETY: the call opens a descriptor.
    unsafe { libc::kqueue() }
}
