//! The unwind section: tables that an exception needs to find its way, registered when the first one is thrown.
//!
//! Its fields stand in docs/format.md, "Unwind".

use crate::{
    Error, Kind,
    bytes::{Cursor, equal},
};

/// What is added to an address in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Where the code image lies.
    Code,
    /// Where the tables lie.
    Tables,
    /// A function of the runtime, by the engine's number.
    Libcall(u16),
}

/// The content of an unwind section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwind {
    /// The tables, `.eh_frame` first.
    pub tables: Vec<u8>,
    /// How many bytes of them are `.eh_frame`, with its terminator; for Windows, of the function table.
    pub eh_frame_len: u32,
    /// Where an address is made of an offset: the place in the tables of its 8 bytes, and what to add.
    pub fixups: Vec<(u32, Base)>,
}

impl Unwind {
    /// The section's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + 8 * self.fixups.len() + self.tables.len());
        let len =
            |len: usize| u32::try_from(len).expect("unwind tables are shorter than the code").to_le_bytes();
        out.extend_from_slice(&len(self.tables.len()));
        out.extend_from_slice(&self.eh_frame_len.to_le_bytes());
        out.extend_from_slice(&len(self.fixups.len()));
        out.extend_from_slice(&[0; 4]);
        for (offset, base) in &self.fixups {
            let base = match base {
                Base::Code => 0,
                Base::Tables => 1,
                Base::Libcall(number) => 2 + u32::from(*number),
            };
            out.extend_from_slice(&offset.to_le_bytes());
            out.extend_from_slice(&base.to_le_bytes());
        }
        out.extend_from_slice(&self.tables);
        out
    }

    /// Reads a section's content.
    ///
    /// # Errors
    /// `Truncated`, `Mismatch` or `Value`, at the offset in the content.
    pub fn parse(bytes: &[u8]) -> Result<Unwind, Error> {
        let mut cursor = Cursor::new(bytes, 0);
        let len = cursor.u32()?;
        let eh_frame_len = cursor.u32()?;
        if eh_frame_len > len {
            return Err(Error::new(
                4,
                Kind::Value { field: "frame table length", found: eh_frame_len.into() },
            ));
        }
        let count = cursor.u32()?;
        cursor.expect_u32("unwind reserved", 0)?;
        let mut fixups = Vec::with_capacity((count as usize).min(bytes.len() / 8));
        for _ in 0..count {
            let at = cursor.offset();
            let (offset, base) = (cursor.u32()?, cursor.u32()?);
            if offset.checked_add(8).is_none_or(|end| end > len) {
                return Err(Error::new(at, Kind::Value { field: "fixup offset", found: offset.into() }));
            }
            let base = match base {
                0 => Base::Code,
                1 => Base::Tables,
                number => Base::Libcall(u16::try_from(number - 2).map_err(|_| {
                    Error::new(at + 4, Kind::Value { field: "fixup base", found: number.into() })
                })?),
            };
            fixups.push((offset, base));
        }
        let tables = cursor.take(len as usize)?.to_vec();
        equal(cursor.offset(), "unwind length", bytes.len() as u64, cursor.offset())?;
        Ok(Unwind { tables, eh_frame_len, fixups })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Unwind {
        let fixups = vec![(0, Base::Code), (8, Base::Tables), (4, Base::Libcall(35))];
        Unwind { tables: (0..16).collect(), eh_frame_len: 12, fixups }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Unwind::parse(&sample().to_bytes()), Ok(sample()));
    }

    #[test]
    fn cuts_additions_and_fixups_outside_are_refused() {
        let bytes = sample().to_bytes();
        for len in 0..bytes.len() {
            assert!(Unwind::parse(&bytes[..len]).is_err(), "{len}");
        }
        assert!(Unwind::parse(&[&bytes[..], &[0]].concat()).is_err());
        let outside = Unwind { fixups: vec![(9, Base::Code)], ..sample() };
        assert!(Unwind::parse(&outside.to_bytes()).is_err());
        assert!(Unwind::parse(&Unwind { eh_frame_len: 17, ..sample() }.to_bytes()).is_err());
    }
}
