//! Panics of the compilers, as errors.
//!
//! wasmer's compilers panic on some modules that they cannot compile, for example on an offset that an instruction cannot hold.
//! That is a limit of the compiler, not a bug of the packer, so it is reported like any other refusal.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::Once;

/// How the folders of the crates begin that compile.
const COMPILERS: [&str; 5] = ["wasmer-compiler-", "cranelift-", "regalloc2-", "dynasm", "wasmparser-"];

/// The result of `work`, or the message of a panic in it.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Panics happen on threads of the compilers', where only a hook can keep them quiet. Others are told as before.
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.location().is_some_and(is_of_a_compiler) {
                before(info);
            }
        }));
    });
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| said(&*payload))
}

fn is_of_a_compiler(place: &Location<'_>) -> bool {
    let mut folders = place.file().split(['/', '\\']);
    folders.any(|folder| COMPILERS.iter().any(|one| folder.starts_with(one)))
}

/// The first line of a panic's message.
fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.and_then(|text| text.lines().next()).unwrap_or("it does not say why").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_first_line_of_what_it_said() {
        assert_eq!(caught(|| 7), Ok(7));
        let number = 3;
        // Without the hook's word: this thread's output belongs to the test.
        assert_eq!(
            caught(|| -> u8 { panic!("no room for {number}\nat all") }),
            Err("no room for 3".to_owned())
        );
        assert_eq!(caught(|| panic::panic_any(1u8)), Err::<(), _>("it does not say why".to_owned()));
    }
}
