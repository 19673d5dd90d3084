//! Bringing chunks ahead of the app: a second thread decodes those that any start is likely to touch, in the order in which
//! a start touched them, while the first one loads the module and runs it.
//!
//! It must never delay the app. So it runs only on a CPU that has nothing else to do, only where the kernel fills memory
//! for us (a chunk then comes without any change of the address space), and nobody waits long for a chunk that it has begun
//! (`lazy`). What it does not get to comes when it is touched.

use std::thread::Builder;

use payload::image::Touch;

use super::lazy::{self, Bringer};
use crate::sys;

/// Decoded bytes below which a thread costs more than it brings.
const LEAST: usize = 2 * 1024 * 1024;
/// Bytes of the thread's stack; decoding takes a few KiB of it.
const STACK: usize = 128 * 1024;

/// Starts to bring `chunks`, each of `size` bytes, in their order, if that can help.
pub(super) fn start(chunks: Vec<Touch>, size: u32) {
    if chunks.len() * (size as usize) < LEAST || !lazy::is_filled() || sys::cpu_count() < 2 {
        return;
    }
    let run = move || {
        if sys::run_when_idle().is_ok() {
            bring(&chunks);
        }
    };
    // Without the thread, chunks come when they are touched.
    let _ = Builder::new().name("ahead".to_owned()).stack_size(STACK).spawn(run);
}

/// Brings all of `chunks`. Those of the memory have to wait until there is one; those of the code need not wait for them.
fn bring(chunks: &[Touch]) {
    // Without a decoder of their own, chunks come when they are touched.
    let Ok(mut bringer) = Bringer::new() else { return };
    let mut waiting = Vec::new();
    for chunk in chunks {
        if matches!(chunk, Touch::Memory(_)) && !lazy::has_memory() {
            waiting.push(*chunk);
            continue;
        }
        if lazy::has_memory() {
            waiting.drain(..).for_each(|chunk| lazy::bring_ahead(chunk, &mut bringer));
        }
        lazy::bring_ahead(*chunk, &mut bringer);
    }
    if !waiting.is_empty() {
        lazy::wait_for_memory();
        waiting.drain(..).for_each(|chunk| lazy::bring_ahead(chunk, &mut bringer));
    }
}
