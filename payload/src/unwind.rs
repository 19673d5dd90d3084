//! The unwind section: where the functions of a program for Windows lie, for a system that walks over code by itself.
//!
//! Its fields stand in docs/format.md, "Unwind".

use crate::{Error, Kind, bytes::Cursor};

/// Bytes of an entry.
const ENTRY: usize = 12;

/// One function. All three are offsets in the code image (PE format, "The .pdata Section").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Where it begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// Where its unwind information is.
    pub info: u32,
}

/// The content of an unwind section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwind {
    /// The functions, by address.
    pub entries: Vec<Entry>,
}

impl Unwind {
    /// The section's content, which is a table as the system wants it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let words = self.entries.iter().flat_map(|entry| [entry.start, entry.end, entry.info]);
        words.flat_map(u32::to_le_bytes).collect()
    }

    /// Reads a section's content.
    ///
    /// # Errors
    /// `Truncated`, or `Value` where functions are not in order, at the offset in the content.
    pub fn parse(bytes: &[u8]) -> Result<Unwind, Error> {
        let mut cursor = Cursor::new(bytes, 0);
        let mut entries = Vec::with_capacity(bytes.len() / ENTRY);
        let mut before = 0;
        while !cursor.is_empty() {
            let at = cursor.offset();
            let entry = Entry { start: cursor.u32()?, end: cursor.u32()?, info: cursor.u32()? };
            for (at, field, found, least) in [
                (at, "function start", entry.start, before),
                (at + 4, "function end", entry.end, entry.start),
            ] {
                if found < least {
                    return Err(Error::new(at, Kind::Value { field, found: found.into() }));
                }
            }
            before = entry.end;
            entries.push(entry);
        }
        Ok(Unwind { entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Unwind {
        let entry = |start, end, info| Entry { start, end, info };
        Unwind { entries: vec![entry(0, 16, 20), entry(32, 40, 40), entry(64, 70, 72)] }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Unwind::parse(&sample().to_bytes()), Ok(sample()));
        assert_eq!(Unwind::parse(&[]), Ok(Unwind::default()));
    }

    #[test]
    fn cuts_and_functions_out_of_order_are_refused() {
        let bytes = sample().to_bytes();
        for len in (0..bytes.len()).filter(|len| !len.is_multiple_of(ENTRY)) {
            assert!(Unwind::parse(&bytes[..len]).is_err(), "{len}");
        }
        for (at, value) in [(12, 15), (16, 31)] {
            let mut wrong = bytes.clone();
            wrong[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
            assert_eq!(Unwind::parse(&wrong).unwrap_err().at, at as u64);
        }
    }
}
