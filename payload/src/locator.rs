//! The locator: the one slot in a stub that the packer patches, so that the launcher finds its payload.
//!
//! The stub holds it as a plain static in a section of its own; the packer finds that section by name. Nothing
//! is searched when the program starts and nothing counts from the end of the file, so signing or appending to
//! a finished file does not hide the payload.
//!
//! Its fields stand in docs/format.md, "Locator".

use crate::{Error, Kind, bytes::Cursor, bytes::equal, limits};

/// Size of the slot in bytes.
pub const SIZE: usize = 32;
/// The slot's first eight bytes.
pub const MAGIC: [u8; 8] = *b"WPKLOC\r\n";
/// The slot's version.
pub const VERSION: u32 = 1;
/// The name of the section that holds the slot in an ELF stub.
pub const ELF_SECTION: &str = ".wasmpack";
/// The name of the section that holds the slot in a PE stub: eight bytes is all that a section's name may have.
pub const PE_SECTION: &str = ".wasmpck";
/// Where the payload starts in a PE file: a multiple of this many bytes, since Windows maps files from multiples of
/// its allocation granularity only.
pub const PE_ALIGNMENT: u64 = 64 * 1024;
/// Where the payload starts in an ELF file: a multiple of this many bytes, the largest page of any Linux
/// target, so that sections can be mapped in place.
pub const ELF_ALIGNMENT: u64 = 64 * 1024;

/// Where a payload lies in its executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locator {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Bytes of payload.
    pub len: u64,
}

impl Locator {
    /// The slot of a stub that carries nothing yet.
    pub const BARE: [u8; SIZE] = Locator { offset: 0, len: 0 }.to_bytes();

    /// The slot's bytes.
    pub const fn to_bytes(self) -> [u8; SIZE] {
        let mut slot = [0; SIZE];
        put(&mut slot, 0, &MAGIC);
        put(&mut slot, 8, &VERSION.to_le_bytes());
        put(&mut slot, 12, &limits::VERSION.to_le_bytes());
        put(&mut slot, 16, &self.offset.to_le_bytes());
        put(&mut slot, 24, &self.len.to_le_bytes());
        slot
    }

    /// Reads a slot; `Ok(None)` is a bare stub's. Offsets in errors are from the start of the slot.
    ///
    /// # Errors
    /// `NotAPayload` when the magic is missing; `Version` for the slot of a stub that reads another version of the format;
    /// `Mismatch` for another version of the slot, a reserved field that is used, or an offset without a length; `Value` for a
    /// payload at the start of the file, where the stub is, or one whose end does not fit 64 bits.
    pub fn parse(slot: &[u8; SIZE]) -> Result<Option<Locator>, Error> {
        let mut cursor = Cursor::new(slot, 0);
        if cursor.array::<8>()? != MAGIC {
            return Err(Error::new(0, Kind::NotAPayload));
        }
        cursor.expect_u32("locator version", VERSION)?;
        let format = cursor.u16()?;
        if format != limits::VERSION {
            return Err(Error::new(12, Kind::Version { found: format }));
        }
        equal(14, "locator reserved", 0, cursor.u16()?.into())?;
        let (offset, len) = (cursor.u64()?, cursor.u64()?);
        if len == 0 {
            equal(16, "payload offset", 0, offset)?;
            return Ok(None);
        }
        if offset == 0 {
            return Err(Error::new(16, Kind::Value { field: "payload offset", found: offset }));
        }
        if offset.checked_add(len).is_none() {
            return Err(Error::new(24, Kind::Value { field: "payload length", found: len }));
        }
        Ok(Some(Locator { offset, len }))
    }
}

const fn put(slot: &mut [u8; SIZE], at: usize, bytes: &[u8]) {
    let mut i = 0;
    while i < bytes.len() {
        slot[at + i] = bytes[i];
        i += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_bytes_are_as_documented() {
        let slot = Locator { offset: 0x1_0000, len: 0x1234 }.to_bytes();
        let expected = [
            0x57, 0x50, 0x4b, 0x4c, 0x4f, 0x43, 0x0d, 0x0a, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
            0x34, 0x12, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(slot, expected);
        assert_eq!(Locator::parse(&slot), Ok(Some(Locator { offset: 0x1_0000, len: 0x1234 })));
    }

    #[test]
    fn bare_slot_and_damaged_slots_are_told_apart() {
        assert_eq!(Locator::parse(&Locator::BARE), Ok(None));
        for at in [0, 8, 12] {
            let mut slot = Locator::BARE;
            slot[at] ^= 1;
            assert!(Locator::parse(&slot).is_err(), "byte {at}");
        }
    }
}
