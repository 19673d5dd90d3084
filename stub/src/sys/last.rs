//! Ways to end that need nothing: no memory, no lock, no unwinding.
//!
//! A launcher that cannot go on says one line and exits with 125, whatever the reason: a panic, which would print several
//! lines and abort, and memory that is not to be had, which would abort as well.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::OnceLock;

/// Exit code of a failure of the launcher itself, the same that `docker run` and `env` use for theirs.
pub(crate) const EXIT_LAUNCHER: i32 = 125;

/// The name in front of messages, made beforehand.
static NAME: OnceLock<String> = OnceLock::new();
/// Bytes a line may have.
const LINE: usize = 1024;

/// From now on a panic and the want of memory end the process by one line, which begins with `name`.
pub(crate) fn prepare(name: &str) {
    let _ = NAME.set(payload::info::printable(name));
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no reason was given");
        let place = panic.location();
        let (file, line) = place.map_or(("?", 0), |place| (place.file(), place.line()));
        // One line, whatever the message is.
        let message = message.lines().next().unwrap_or_default();
        let limits = super::limits::OfMemory;
        end_with(format_args!("the launcher failed: {message} ({file}:{line}){limits}"));
    }));
}

/// Says why, and ends the process as a failure of the launcher. Allocates nothing.
pub(crate) fn end_with(why: std::fmt::Arguments<'_>) -> ! {
    let name = NAME.get().map_or("wasmpack", String::as_str);
    let mut line = [0u8; LINE];
    let mut rest = &mut line[..LINE - 1];
    // What does not fit is cut.
    let _ = write!(rest, "{name}: {why}");
    let used = LINE - 1 - rest.len();
    line[used] = b'\n';
    super::console::end(&line[..=used], EXIT_LAUNCHER)
}

/// The system's allocator, but for the end: where it has nothing more to give, one line says so.
///
/// The launcher asks for memory in places that could not do without it. Nothing here relies on `try_reserve`.
pub(crate) struct Ending;

#[global_allocator]
static ALLOCATOR: Ending = Ending;

fn given(memory: *mut u8, size: usize) -> *mut u8 {
    if memory.is_null() {
        let limits = super::limits::OfMemory;
        end_with(format_args!("the system has no memory for {size} bytes more{limits}"));
    }
    memory
}

// SAFETY: every call is the system allocator's, with what the caller promised about it.
unsafe impl GlobalAlloc for Ending {
    // SAFETY: as for the trait's method, whose caller's promises these are.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are handed on.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    // SAFETY: as for the trait's method, whose caller's promises these are.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are handed on.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    // SAFETY: as for the trait's method, whose caller's promises these are.
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are handed on.
        given(unsafe { System.realloc(memory, layout, size) }, size)
    }

    // SAFETY: as for the trait's method, whose caller's promises these are.
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(memory, layout) }
    }
}
