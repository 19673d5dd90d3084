//! Facts that are found once, before the program starts: where its memory is, and whether string instructions are fast.

use std::sync::atomic::{AtomicBool, AtomicU32};

/// Where in the instance's context the first memory's address is.
pub(super) static BASE_AT: AtomicU32 = AtomicU32::new(0);
/// Where in the instance's context the first memory's length in bytes is.
pub(super) static LENGTH_AT: AtomicU32 = AtomicU32::new(0);
/// Whether the processor says that its string instructions are fast (Intel SDM, CPUID leaf 7, "ERMS").
pub(super) static STRINGS: AtomicBool = AtomicBool::new(false);
