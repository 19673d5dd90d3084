//! The end of the program.

use wasip1::Errno;

use crate::Exit;

/// What raising a signal leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raised {
    /// The program goes on.
    Ignored,
    /// The program ends, with the status a shell reports for one that the signal ended.
    Ended(Exit),
    /// It cannot be done.
    Failed(Errno),
}

/// Raises `signal` in the program itself, with the effect it has when nobody handles it, because no guest can.
///
/// # Errors
/// `inval` for a number that is no signal; `notsup` for signals that stop a program to be continued.
pub fn proc_raise(signal: u32) -> Raised {
    // The numbers of preview 1 are Linux's on x86, which a shell adds to 128.
    let is = |list: &[wasip1::Signal]| list.iter().any(|s| u32::from(s.raw()) == signal);
    if signal > u32::from(wasip1::SIGNAL_SYS.raw()) {
        Raised::Failed(wasip1::ERRNO_INVAL)
    } else if is(&[
        wasip1::SIGNAL_NONE,
        wasip1::SIGNAL_CHLD,
        wasip1::SIGNAL_CONT,
        wasip1::SIGNAL_URG,
        wasip1::SIGNAL_WINCH,
    ]) {
        Raised::Ignored
    } else if is(&[wasip1::SIGNAL_STOP, wasip1::SIGNAL_TSTP, wasip1::SIGNAL_TTIN, wasip1::SIGNAL_TTOU]) {
        Raised::Failed(wasip1::ERRNO_NOTSUP)
    } else {
        Raised::Ended(Exit(128 + signal))
    }
}

/// Ends the program with `code`.
pub fn proc_exit(code: u32) -> Exit {
    Exit(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_do_what_they_do_by_default() {
        assert_eq!(proc_raise(0), Raised::Ignored);
        assert_eq!(proc_raise(wasip1::SIGNAL_ABRT.raw().into()), Raised::Ended(Exit(134)));
        assert_eq!(proc_raise(wasip1::SIGNAL_STOP.raw().into()), Raised::Failed(wasip1::ERRNO_NOTSUP));
        assert_eq!(proc_raise(31), Raised::Failed(wasip1::ERRNO_INVAL));
    }
}
