//! What a process is started with, and what it inherits.
#![allow(unsafe_code)]

/// Makes the process behave like a native program: one whose reader went away ends by SIGPIPE, quietly, unless whoever
/// started it had that signal ignored. Rust programs ignore it from the start.
pub(crate) fn inherit_pipes() {
    if !super::inherited::ignores_broken_pipes() {
        // SAFETY: no other thread runs yet, and the default action is no handler that could do harm.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    }
}
