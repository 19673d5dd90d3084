//! What a start touches, noted down for the packer. It packs a program in pieces of a page to find that out; in a program
//! that was packed for use, noting costs an addition for each chunk that is paged in, and nobody reads it.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use payload::image::Touch;

/// Chunks touched so far, in order, for a profile: number + 1, the highest bit for one of the memory image. What does
/// not fit is not noted; memory that is never noted takes none.
static TOUCHED: [AtomicU32; MOST] = [const { AtomicU32::new(0) }; MOST];
const MOST: usize = 32 * 1024;
static COUNT: AtomicUsize = AtomicUsize::new(0);
const MEMORY_FLAG: u32 = 1 << 31;

/// Notes the first touch of a chunk.
pub(super) fn record(touch: Touch) {
    if let Some(place) = TOUCHED.get(COUNT.fetch_add(1, Ordering::Relaxed)) {
        let number = match touch {
            Touch::Code(index) => index + 1,
            Touch::Memory(index) => (index + 1) | MEMORY_FLAG,
        };
        place.store(number, Ordering::Relaxed);
    }
}

/// Notes nothing from now on.
pub(in super::super::super) fn stop_noting() {
    // What others note at this moment comes too late as well.
    COUNT.store(MOST, Ordering::Relaxed);
}

/// The chunks that were touched, in the order of their first touch: a line `code N` or `memory N` for each.
pub(in super::super::super) fn touched() -> String {
    let places = TOUCHED.iter().map(|place| place.load(Ordering::Relaxed)).take_while(|number| *number != 0);
    let line = |number: u32| match number & MEMORY_FLAG {
        0 => format!("code {}\n", number - 1),
        _ => format!("memory {}\n", (number & !MEMORY_FLAG) - 1),
    };
    places.map(line).collect()
}
