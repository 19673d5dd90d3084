//! The names that the packer and its launchers agree on, and where things start.

use super::bytes::name16;

/// The segment and section of the stub that hold the locator slot; the segment is mapped from the file.
pub(super) const SLOT_SEGMENT: [u8; 16] = name16("__DATA");
pub(super) const SLOT_SECTION: [u8; 16] = name16("__wasmpack");
/// The segment and section that the packer adds.
pub(super) const PAYLOAD_SEGMENT: [u8; 16] = name16("__WASMPACK");
pub(super) const PAYLOAD_SECTION: [u8; 16] = name16("__payload");
/// Where the payload and `__LINKEDIT` start in the file: a multiple of this many bytes, the page of Apple's CPUs.
pub(super) const ALIGNMENT: u64 = 0x4000;

/// The part of `identifier` that fits into a NUL-terminated field.
pub(super) fn until_nul(identifier: &str) -> &str {
    identifier.split('\0').next().unwrap_or_default()
}
