//! Where the system has no more memory to give, one line says so, and the exit code is that of a failure. Rust would print a
//! line of its own and abort.
//!
//! What was begun is left as it is: outputs are whole or not there anyway, and a trial ends with the packer.
#![allow(unsafe_code, reason = "an allocator is")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;

use wasmpack::cli::ExitCode;

/// The system's allocator, but for the end.
struct Ending;

#[global_allocator]
static ALLOCATOR: Ending = Ending;

/// Bytes from which on whoever asks may have a way to go on without: such requests come back refused.
const LARGE: usize = 64 * 1024 * 1024;

fn given(memory: *mut u8, size: usize) -> *mut u8 {
    if memory.is_null() && size < LARGE {
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
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are handed on.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are handed on.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are handed on.
        given(unsafe { System.realloc(memory, layout, size) }, size)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(memory, layout) }
    }
}
