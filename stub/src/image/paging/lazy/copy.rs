//! Copies of the process: they have the memory, and not what was asked of the kernel about it. A page that is not there would be read
//! as zeroes.

use std::io;

use super::{images, pager, prefetch, unreachable::Unreachable};
use crate::sys;

/// Makes a copy of this process by `fork` while no thread pages in anything, so that none is in the middle of it in the copy. What
/// `fork` is handed is to be called in the copy before all else. Nothing may be touched meanwhile that is not there.
pub(in super::super::super) fn fork<T>(fork: impl FnOnce(&dyn Fn()) -> T) -> T {
    pager::in_turn(|| {
        fork(&|| {
            if let Err(error) = go_on() {
                sys::last::end_with(format_args!("{}", Unreachable::Unfilled(error)));
            }
        })
    })
}

/// Has chunks come in this copy as they did before.
fn go_on() -> io::Result<()> {
    prefetch::is_gone();
    if let Some(filler) = pager::known_filler() {
        #[allow(unsafe_code, reason = "who uses it is known here alone")]
        // SAFETY: a copy of the process has one thread.
        unsafe {
            filler.renew()?;
        }
    }
    images::all().try_for_each(|pager| pager.go_on_in_copy())
}
