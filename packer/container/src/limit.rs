//! The largest size of an executable.

use crate::error::{Error, Kind};

/// The longest executable, in bytes, less one: above it, offsets in some containers (and in tools that read
/// them) turn negative.
pub const MAX_LEN: u64 = 1 << 31;

/// Where the payload goes and where the file ends: checked against [`MAX_LEN`].
pub(crate) fn layout(stub_len: usize, alignment: u64, payload_len: usize) -> Result<u64, Error> {
    let start = (stub_len as u64).next_multiple_of(alignment);
    let end = start + payload_len as u64;
    if end < MAX_LEN {
        return Ok(start);
    }
    Err(too_long(end))
}

/// The error for an executable that would have `end` bytes.
pub(crate) fn too_long(end: u64) -> Error {
    Error::new(Kind::TooLarge, format!("the executable would take {end} bytes; the limit is {}", MAX_LEN - 1))
}
