//! Little-endian numbers in a Mach-O file, read and written with their bounds checked.
//!
//! A Mach-O file for arm64 or x86_64 is little-endian throughout, but for the signature (see `sign`).

use super::error::broken;
use crate::Error;

/// The `N` bytes at `at`.
///
/// # Errors
/// `Stub`, with the offset, when the file ends before.
pub(super) fn array<const N: usize>(file: &[u8], at: usize) -> Result<[u8; N], Error> {
    let bytes = file.get(at..).and_then(|rest| rest.first_chunk());
    bytes.copied().ok_or_else(|| {
        let what = format!("{N} bytes expected, but the file ends at {:#x}", file.len());
        broken(at, &what)
    })
}

pub(super) fn u32_at(file: &[u8], at: usize) -> Result<u32, Error> {
    array(file, at).map(u32::from_le_bytes)
}

pub(super) fn u64_at(file: &[u8], at: usize) -> Result<u64, Error> {
    array(file, at).map(u64::from_le_bytes)
}

/// Writes `value` at `at`, a place that was read before.
pub(super) fn put_u32(file: &mut [u8], at: usize, value: u32) {
    file[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// Writes `value` at `at`, a place that was read before.
pub(super) fn put_u64(file: &mut [u8], at: usize, value: u64) {
    file[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// `name` as segments and sections carry it: 16 bytes, padded with zeros.
pub(super) const fn name16(name: &str) -> [u8; 16] {
    let (bytes, mut field, mut at) = (name.as_bytes(), [0; 16], 0);
    while at < bytes.len() {
        field[at] = bytes[at];
        at += 1;
    }
    field
}

/// `name` as people read it.
pub(super) fn spoken_name(name: &[u8; 16]) -> String {
    name.split(|byte| *byte == 0).next().unwrap_or_default().escape_ascii().to_string()
}
