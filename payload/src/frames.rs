//! The frames section: names, places and traps of the functions. It is read only when something trapped.
//!
//! Its streams stand in docs/format.md, "Frames": five, because like things compress well side by side.
//!
//! A function that begins at 0 in the module is none of it: the packer added it. It is in no trace. If it has a trap, that is
//! what its `unreachable` means; for an uncaught exception its name is that of the exported i32 global that holds the place of
//! the last `throw`.

use crate::{Error, Kind, bytes::Cursor, bytes::equal, varint};

/// Where a piece of a function's code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes from the start of the function's code.
    pub code: u32,
    /// Bytes from the start of the module, of the instruction that the code from here on is for.
    pub module: u32,
}

/// One function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Where it begins in the code image.
    pub start: u32,
    /// Bytes of code.
    pub len: u32,
    /// Its name in the module's name section; empty where it has none. For one that is not in the module, the name of the exported
    /// global that tells where what it lets out was thrown.
    pub name: String,
    /// Where it begins in the module; 0 for one that the packer added.
    pub module_start: u32,
    /// Its places, ascending in the code.
    pub places: Vec<Place>,
    /// Instructions that may trap: bytes from the start of the code, ascending, and the engine's number of the trap.
    /// Those for an access out of a memory's bounds are left out: they are what any fault means.
    pub traps: Vec<(u32, u32)>,
}

/// The content of a frames section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// How many functions the app imports.
    pub imported: u32,
    /// The functions it defines, in the order of their indices.
    pub functions: Vec<Function>,
}

/// What is known of one address in the code image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The function's index in the module.
    pub index: u32,
    /// The function.
    pub function: &'a Function,
    /// Bytes from the start of the module.
    pub module_offset: u32,
}

impl Frames {
    /// The function and place of `offset`, in bytes from the start of the code image.
    pub fn find(&self, offset: u32) -> Option<Found<'_>> {
        let (index, function) =
            self.functions.iter().enumerate().find(|(_, one)| offset.wrapping_sub(one.start) < one.len)?;
        let place = function.places.iter().rev().find(|place| place.code <= offset - function.start);
        let module_offset = place.map_or(function.module_start, |place| place.module);
        Some(Found { index: self.imported + index as u32, function, module_offset })
    }

    /// The section's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [mut extents, mut names, mut code_places, mut module_places, mut traps] =
            [const { Vec::new() }; 5];
        let (mut end, mut module) = (0i64, 0i64);
        for function in &self.functions {
            varint::write_signed(&mut extents, i64::from(function.start) - end);
            varint::write(&mut extents, function.len.into());
            end = i64::from(function.start) + i64::from(function.len);

            varint::write(&mut names, function.name.len() as u64);
            names.extend_from_slice(function.name.as_bytes());

            varint::write_signed(&mut module_places, i64::from(function.module_start) - module);
            varint::write(&mut code_places, function.places.len() as u64);
            let mut last = Place { code: 0, module: function.module_start };
            for place in &function.places {
                varint::write(&mut code_places, u64::from(place.code - last.code));
                varint::write_signed(&mut module_places, i64::from(place.module) - i64::from(last.module));
                last = *place;
            }
            module = last.module.into();

            varint::write(&mut traps, function.traps.len() as u64);
            let mut last = 0;
            for (code, trap) in &function.traps {
                varint::write(&mut traps, u64::from(code - last));
                varint::write(&mut traps, (*trap).into());
                last = *code;
            }
        }
        let mut out = self.imported.to_le_bytes().to_vec();
        out.extend_from_slice(&(self.functions.len() as u32).to_le_bytes());
        for stream in [extents, names, code_places, module_places, traps] {
            out.extend_from_slice(&(stream.len() as u32).to_le_bytes());
            out.extend_from_slice(&stream);
        }
        out
    }

    /// Reads a section's content.
    ///
    /// # Errors
    /// `Truncated`, `Mismatch`, `Value` or `Text`, at the offset in the content.
    pub fn parse(bytes: &[u8]) -> Result<Frames, Error> {
        let mut cursor = Cursor::new(bytes, 0);
        let imported = cursor.u32()?;
        let count = cursor.u32()?;
        if imported.checked_add(count).is_none() {
            return Err(Error::new(4, Kind::Value { field: "number of functions", found: count.into() }));
        }
        let count = count as usize;
        let mut stream = || {
            let len = cursor.u32()? as usize;
            let at = cursor.offset();
            Ok::<_, Error>(Cursor::new(cursor.take(len)?, at))
        };
        let (mut extents, mut names) = (stream()?, stream()?);
        let (mut code_places, mut module_places, mut traps) = (stream()?, stream()?, stream()?);
        equal(cursor.offset(), "frames length", bytes.len() as u64, cursor.offset())?;
        // No function takes fewer bytes than it has numbers.
        let mut functions = Vec::with_capacity(count.min(bytes.len() / 6));
        let (mut end, mut module) = (0i64, 0i64);
        for _ in 0..count {
            let start = sum(&mut extents, end)?;
            let len = number(&mut extents)?;
            end = i64::from(start) + i64::from(len);

            let name_len = number(&mut names)? as usize;
            let at = names.offset();
            let name = std::str::from_utf8(names.take(name_len)?)
                .map_err(|_| Error::new(at, Kind::Value { field: "name", found: name_len as u64 }))?;

            let module_start = sum(&mut module_places, module)?;
            let place_count = number(&mut code_places)?;
            let mut last = Place { code: 0, module: module_start };
            let mut found = Vec::new();
            for _ in 0..place_count {
                let code = sum_unsigned(&mut code_places, last.code)?;
                last = Place { code, module: sum(&mut module_places, last.module.into())? };
                found.push(last);
            }
            module = last.module.into();

            let trap_count = number(&mut traps)?;
            let mut last = 0;
            let mut trapping = Vec::new();
            for _ in 0..trap_count {
                last = sum_unsigned(&mut traps, last)?;
                trapping.push((last, number(&mut traps)?));
            }
            functions.push(Function {
                start,
                len,
                name: name.to_owned(),
                module_start,
                places: found,
                traps: trapping,
            });
        }
        for stream in [extents, names, code_places, module_places, traps] {
            if !stream.is_empty() {
                return Err(Error::new(stream.offset(), Kind::Value { field: "frames stream", found: 0 }));
            }
        }
        Ok(Frames { imported, functions })
    }
}

fn number(cursor: &mut Cursor<'_>) -> Result<u32, Error> {
    let at = cursor.offset();
    let found = varint::read(cursor)?;
    u32::try_from(found).map_err(|_| Error::new(at, Kind::Value { field: "number", found }))
}

fn sum(cursor: &mut Cursor<'_>, before: i64) -> Result<u32, Error> {
    let at = cursor.offset();
    let difference = varint::read_signed(cursor)?;
    let sum = before.checked_add(difference).and_then(|sum| u32::try_from(sum).ok());
    sum.ok_or_else(|| Error::new(at, Kind::Value { field: "difference", found: difference as u64 }))
}

fn sum_unsigned(cursor: &mut Cursor<'_>, before: u32) -> Result<u32, Error> {
    let at = cursor.offset();
    let difference = number(cursor)?;
    let sum = before.checked_add(difference);
    sum.ok_or_else(|| Error::new(at, Kind::Value { field: "difference", found: difference.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Frames {
        let place = |code, module| Place { code, module };
        let first = Function {
            start: 64,
            len: 100,
            name: "mäin".to_owned(),
            module_start: 500,
            places: vec![place(0, 510), place(7, 505), place(90, 600)],
            traps: vec![(5, 9), (99, 6)],
        };
        let second = Function { start: 16, len: 20, module_start: 300, ..Function::default() };
        Frames { imported: 3, functions: vec![first, second] }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Frames::parse(&sample().to_bytes()), Ok(sample()));
    }

    #[test]
    fn an_address_is_found_in_its_function_at_its_place() {
        let frames = sample();
        let at = |offset| frames.find(offset).map(|found| (found.index, found.module_offset));
        assert_eq!(at(15), None);
        assert_eq!(at(16), Some((4, 300)));
        assert_eq!(at(36), None);
        assert_eq!(at(64), Some((3, 510)));
        assert_eq!(at(64 + 8), Some((3, 505)));
        assert_eq!(at(163), Some((3, 600)));
        assert_eq!(at(164), None);
    }

    #[test]
    fn functions_whose_indices_would_wrap_are_refused() {
        let bytes = Frames { imported: u32::MAX - 2, ..sample() }.to_bytes();
        assert_eq!(Frames::parse(&bytes).map(|frames| frames.functions.len()), Ok(2));
        let bytes = Frames { imported: u32::MAX - 1, ..sample() }.to_bytes();
        assert_eq!(Frames::parse(&bytes).unwrap_err().at, 4);
    }

    #[test]
    fn every_cut_and_every_addition_is_refused() {
        let bytes = sample().to_bytes();
        for len in 0..bytes.len() {
            assert!(Frames::parse(&bytes[..len]).is_err(), "{len}");
        }
        assert!(Frames::parse(&[&bytes[..], &[0]].concat()).is_err());
    }
}
