//! What is known of a start before it begins.

use payload::image::Touch;

/// What is known of a start before it begins.
#[derive(Debug, Default)]
#[allow(dead_code, reason = "where everything is decoded before the start, nothing is to be guessed")]
pub(in super::super) struct Hints {
    /// Chunks that it touches: they are paged in at once.
    pub(in super::super) preload: Vec<Touch>,
    /// Chunks that any start is likely to touch: they are paged in by a CPU that is idle.
    pub(in super::super) prefetch: Vec<Touch>,
}
