//! Prefetching: a second thread pages in the chunks that any start is likely to touch, in the order in which
//! a start touched them, while the first one loads the module and runs it.
//!
//! It must never delay the app. So it runs only on a CPU that has nothing else to do, only where the kernel fills memory
//! for us (a chunk then comes without any change of the address space), and nobody waits long for a chunk that it has begun
//! (`lazy`). What it does not get to comes when it is touched.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::Duration;

use payload::image::Touch;

use super::images;
use super::pager::{Pager, Worker};
use crate::image::paging::kind::Kind;
use crate::sys;

/// Decoded bytes below which a thread costs more than it saves.
const LEAST: usize = 2 * 1024 * 1024;
/// Bytes of the thread's stack; decoding takes a few KiB of it.
const STACK: usize = 128 * 1024;
/// How long to sleep before looking again.
const LOOK: Duration = Duration::from_micros(50);

/// Whether nothing is to be paged in any more.
static IS_STOPPED: AtomicBool = AtomicBool::new(false);
/// Whether a chunk is being paged in.
static IS_AT_ONE: AtomicBool = AtomicBool::new(false);

/// Pages in nothing from now on, and does not return before the chunk is there that is under way.
pub(super) fn stop() {
    IS_STOPPED.store(true, Ordering::SeqCst);
    while IS_AT_ONE.load(Ordering::SeqCst) {
        std::thread::sleep(LOOK);
    }
}

/// To be called in a copy of the process, where nobody is who could page in anything.
pub(super) fn is_gone() {
    IS_AT_ONE.store(false, Ordering::SeqCst);
}

/// Starts to page in `chunks`, whose code is in `code`, each of `size` bytes, in their order, if that can help.
pub(super) fn start(code: &'static Pager, chunks: Vec<Touch>, size: u32) {
    let is_worth_it = chunks.len() * (size as usize) >= LEAST;
    if !is_worth_it || !code.is_filled() || sys::process::cpu_count() < 2 {
        return;
    }
    let run = move || {
        if sys::run_when_idle().is_ok() {
            page_in(&chunks);
        }
    };
    // Without the thread, chunks come when they are touched.
    let _ = Builder::new().name("prefetch".to_owned()).stack_size(STACK).spawn(run);
}

/// Pages in all of `chunks`. Those of the memory have to wait until there is one; those of the code need not wait for them.
fn page_in(chunks: &[Touch]) {
    // Without a decoder of its own, chunks come when they are touched.
    let Ok(mut worker) = Worker::new() else { return };
    let mut waiting = Vec::new();
    for chunk in chunks {
        if matches!(chunk, Touch::Memory(_)) && !images::has_memory() {
            waiting.push(*chunk);
            continue;
        }
        if images::has_memory() {
            waiting.drain(..).for_each(|chunk| prefetch(chunk, &mut worker));
        }
        prefetch(*chunk, &mut worker);
    }
    if !waiting.is_empty() {
        images::wait_for_memory();
        waiting.drain(..).for_each(|chunk| prefetch(chunk, &mut worker));
    }
}

/// Pages in a chunk that nobody has touched yet. One that cannot be paged in is an error for whoever needs it.
pub(super) fn prefetch(touch: Touch, worker: &mut Worker) {
    let (kind, index) = Kind::of(touch);
    IS_AT_ONE.store(true, Ordering::SeqCst);
    // Until it is stopped there is one program.
    if !IS_STOPPED.load(Ordering::SeqCst)
        && let Some(pager) = images::get(kind)
    {
        pager.prefetch(index, worker);
    }
    IS_AT_ONE.store(false, Ordering::SeqCst);
}
