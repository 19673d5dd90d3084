//! Calls of the program's functions from within its own calls: handlers of signals, and what asyncify adds. Each runs on a stack of
//! its own, and has frames of the launcher on the system's, which no check of the program's stacks knows: a program that makes
//! them without end is stopped by their number.

use std::cell::Cell;
use std::error::Error;
use std::fmt;

use wasmer::RuntimeError;

/// Runs a call of the program's function on a further stack, with what has to be known about that; not at all if there is none.
pub type Around = fn(&mut dyn FnMut());

/// How many there may be within one another. A handler of signals, a jump: one or two. A thread's stack has room for many times
/// as many.
const MOST: u32 = 64;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Why a program was not called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    Depth,
    Stack,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Depth => {
                "too many calls within one another (handlers of signals, or functions of asyncify)"
            }
            Refused::Stack => "the system has no memory for the stack of a handler of signals, or of a jump",
        })
    }
}

impl Error for Refused {}

/// Runs `call`, which calls a function of the program's from within a call, by `around`.
///
/// # Errors
/// That of `call`; a trap if there are too many already, or there is no stack for it.
pub(crate) fn back<T>(
    around: Around,
    call: impl FnOnce() -> Result<T, RuntimeError>,
) -> Result<T, RuntimeError> {
    let refused = |why| Err(RuntimeError::user(Box::new(why)));
    let depth = DEPTH.get();
    if depth >= MOST {
        return refused(Refused::Depth);
    }
    DEPTH.set(depth + 1);
    let (mut call, mut result) = (Some(call), None);
    around(&mut || result = call.take().map(|call| call()));
    DEPTH.set(depth);
    result.unwrap_or_else(|| refused(Refused::Stack))
}

/// Runs it, where nothing has to be known about stacks.
pub(crate) fn plainly(call: &mut dyn FnMut()) {
    call();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(times: u32) -> Result<u32, RuntimeError> {
        match times {
            0 => Ok(0),
            _ => back(plainly, || nested(times - 1)).map(|depth| depth + 1),
        }
    }

    #[test]
    fn there_are_so_many_within_one_another_and_any_number_after_one_another() {
        for _ in 0..3 {
            assert_eq!(nested(MOST).unwrap(), MOST);
            assert!(nested(MOST + 1).unwrap_err().message().contains("too many calls"));
        }
        assert!(back(|_| (), || Ok(())).unwrap_err().message().contains("no memory for the stack"));
    }
}
