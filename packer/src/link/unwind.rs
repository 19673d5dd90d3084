//! The function table of a program for Windows, which walks over code by itself. Nothing else does: exceptions are lowered
//! before a compiler sees them, and traps are followed by frame pointers.

use payload::{
    Target,
    unwind::{Entry, Unwind},
};

use super::layout::Layout;

/// The content of the unwind section, if there is to be one.
pub(super) fn table(target: Target, layout: &Layout) -> Option<Vec<u8>> {
    if target != Target::WindowsX86_64 {
        return None;
    }
    let functions = layout.windows.iter();
    let mut entries: Vec<Entry> = functions
        .map(|((start, len), info)| Entry { start: *start, end: start + len, info: *info })
        .collect();
    entries.sort_unstable();
    Some(Unwind { entries }.to_bytes())
}
