//! The end of the program.

use wasip1::Errno;

#[cfg(feature = "wasmer")]
use crate::errno::Result;
use crate::exit::Exit;

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

/// Raises `signal` in the program itself, with the effect that the specification gives it, because no guest can
/// handle one: most end the program, some (a broken pipe among them) are ignored.
///
/// # Errors
/// `inval` for a number that is no signal; `notsup` for signals that stop a program to be continued.
pub fn proc_raise(signal: u32) -> Raised {
    let is = |list: &[wasip1::Signal]| list.iter().any(|s| u32::from(s.raw()) == signal);
    if signal > u32::from(wasip1::SIGNAL_SYS.raw()) {
        Raised::Failed(wasip1::ERRNO_INVAL)
    } else if is(&[
        wasip1::SIGNAL_NONE,
        wasip1::SIGNAL_PIPE,
        wasip1::SIGNAL_CHLD,
        wasip1::SIGNAL_CONT,
        wasip1::SIGNAL_URG,
        wasip1::SIGNAL_WINCH,
    ]) {
        Raised::Ignored
    } else if is(&[wasip1::SIGNAL_STOP, wasip1::SIGNAL_TSTP, wasip1::SIGNAL_TTIN, wasip1::SIGNAL_TTOU]) {
        Raised::Failed(wasip1::ERRNO_NOTSUP)
    } else {
        Raised::Ended(Exit(status(signal)))
    }
}

/// The number of Linux's that preview 1 left out, the stack fault: from there on it counts one less.
const LEFT_OUT: u32 = 16;

/// The exit status that a shell reports for a program that `signal` ended: it adds Linux's number to 128.
pub(crate) fn status(signal: u32) -> u32 {
    128 + to_linux(signal)
}

/// The number that Linux has for `signal`, and so WASIX's C library.
pub(crate) fn to_linux(signal: u32) -> u32 {
    signal + u32::from(signal >= LEFT_OUT)
}

/// The number that the specification has for a signal of Linux's.
///
/// # Errors
/// `inval` if it has none.
#[cfg(feature = "wasmer")]
pub(crate) fn from_linux(signal: u32) -> Result<u32> {
    match signal {
        LEFT_OUT => Err(wasip1::ERRNO_INVAL.into()),
        _ => Ok(signal - u32::from(signal > LEFT_OUT)),
    }
}

/// True for a signal that a program may handle.
#[cfg(feature = "wasmer")]
pub(crate) fn can_be_handled(signal: u32) -> bool {
    let fixed = [wasip1::SIGNAL_NONE, wasip1::SIGNAL_KILL, wasip1::SIGNAL_STOP];
    signal <= u32::from(wasip1::SIGNAL_SYS.raw())
        && fixed.iter().all(|fixed| u32::from(fixed.raw()) != signal)
}

/// Ends the program with `code`.
pub fn proc_exit(code: u32) -> Exit {
    Exit(code)
}
