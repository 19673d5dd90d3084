//! The version of the format, and the bounds that more than one part of it keeps.

/// The format version this crate writes and reads.
pub const VERSION: u16 = 5;

/// The smallest chunk, in decoded bytes.
pub const MIN_SIZE: u32 = 4 * 1024;
/// The largest chunk, in decoded bytes.
pub const MAX_SIZE: u32 = 16 * 1024 * 1024;
/// The longest chunked section, in decoded bytes; a bound so that a damaged length cannot ask for all memory.
pub const MAX_SECTION_LEN: u64 = 4 * 1024 * 1024 * 1024;

/// True for a power of two between [`MIN_SIZE`] and [`MAX_SIZE`].
pub fn is_valid_size(chunk_size: u32) -> bool {
    chunk_size.is_power_of_two() && (MIN_SIZE..=MAX_SIZE).contains(&chunk_size)
}
