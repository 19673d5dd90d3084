//! Which data segments become part of the memory image.
//!
//! Segments are applied in their order, and a later one may overwrite an earlier; so those at constant addresses are
//! folded up to the first that cannot be (its address depends on an imported global, it lies outside of the memory and
//! must trap, or belongs to another memory).

/// An image may be this many times as long as the data in it, or this many bytes, whichever is more: data at both ends
/// of a memory must not become gigabytes of zeros.
const SPREAD: u64 = 16;
const SMALL: u64 = 64 * 1024 * 1024;

/// How many of the active segments can be folded: the first so many. Of each the address in the first memory, where it is
/// known, and the length; `memory_len` is the length of that memory.
pub(crate) fn foldable(memory_len: u64, segments: impl Iterator<Item = (Option<u64>, u64)>) -> usize {
    let (mut low, mut high, mut total) = (u64::MAX, 0, 0);
    let mut count = 0;
    for (address, len) in segments {
        let Some(address) = address else { break };
        if address + len > memory_len {
            break;
        }
        let (new_low, new_high) = (low.min(address), high.max(address + len));
        if len > 0 && new_high - new_low > SMALL.max(SPREAD * (total + len)) {
            break;
        }
        if len > 0 {
            (low, high, total) = (new_low, new_high, total + len);
        }
        count += 1;
    }
    count
}
