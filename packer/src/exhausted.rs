//! If the system has no more memory, the command prints one line and exits as for any failure. Rust would print a line of its
//! own and abort.
//!
//! Unfinished work is left as it is: outputs are whole or absent anyway, and a trial ends with the packer.
#![allow(unsafe_code, reason = "an allocator is")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wasmpack::cli::ExitCode;

/// The system's allocator, but for the end.
struct Ending;

#[global_allocator]
static ALLOCATOR: Ending = Ending;

/// Bytes from which on whoever asks may have a way to go on without: such requests come back refused.
const LARGE: usize = 64 * 1024 * 1024;

/// True from the first thread on that had no memory: others may have none at the same moment.
static IS_SAID: AtomicBool = AtomicBool::new(false);

fn given(memory: *mut u8, size: usize) -> *mut u8 {
    if memory.is_null() && size < LARGE {
        if IS_SAID.swap(true, Ordering::Relaxed) {
            // The thread that says it ends the process meanwhile. If that one comes here again, nothing else can.
            std::thread::sleep(Duration::from_secs(2));
            std::process::abort();
        }
        // Neither the line nor what writes it is allocated.
        let mut line = [0u8; 200];
        let mut rest = &mut line[..];
        let _ = writeln!(
            rest,
            "wasmpack: the system has no memory for {size} bytes more; give it more, raise a limit on it (ulimit -v, ulimit -d), \
             or pack fewer targets at a time"
        );
        let used = 200 - rest.len();
        let _ = std::io::stderr().write_all(&line[..used]);
        std::process::exit(ExitCode::Failure as i32);
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
