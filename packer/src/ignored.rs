//! Which signals whoever started the packer had ignored. Windows has none.
#![allow(unsafe_code, reason = "the system is asked, and no crate asks it")]

/// True if `signal` is ignored. One that the system does not know is not.
#[cfg(windows)]
pub(crate) fn is_ignored(_signal: i32) -> bool {
    false
}

/// True if `signal` is ignored. One that the system does not know is not.
#[cfg(unix)]
pub(crate) fn is_ignored(signal: i32) -> bool {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action nothing is changed, and the present one is written to where there is room for it.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) };
    // SAFETY: zeros are a valid action, and so is what the system has written.
    asked == 0 && unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN
}

#[cfg(all(test, unix))]
mod tests {
    use super::is_ignored;

    #[test]
    fn what_is_ignored_is_known() {
        // Rust's runtime ignores this one before a program starts.
        assert!(is_ignored(libc::SIGPIPE));
        assert!(!is_ignored(libc::SIGTERM) && !is_ignored(-1));
    }
}
