//! The metadata section: what the engine must know of the app, and where in the code image its functions are.
//!
//! Its fields stand in docs/format.md, "Metadata".

use crate::{
    Error, Kind,
    bytes::{Cursor, equal},
    chunk,
};

/// Size of the fixed part in bytes.
const HEAD: usize = 48;
/// How far the app's first memory can reach: it has addresses of 32 bits.
const MEMORY_END: u64 = 1 << 32;

/// A chunk that a start touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A chunk of the code image.
    Code(u32),
    /// A chunk of the memory image.
    Memory(u32),
}

/// In a touched chunk's number, the flag of the memory image.
const MEMORY_FLAG: u32 = 1 << 31;

/// The content of a metadata section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// The address of the memory image's first byte in the app's first memory: a multiple of the smallest chunk size; 0 where
    /// there is no image.
    pub memory_start: u64,
    /// Where the table of runtime functions lies, in bytes from the start of the code image: the first multiple of
    /// [`crate::section::IMAGE_ALIGNMENT`] behind the code, a page of its own. Each entry has 8 bytes.
    pub table_offset: u64,
    /// What the engine's loader reads of the module, as the engine named in the header writes it.
    pub metadata: Vec<u8>,
    /// Where each function begins that the app defines.
    pub functions: Vec<u32>,
    /// Where each signature's call trampoline begins.
    pub call_trampolines: Vec<u32>,
    /// Where each imported function's dynamic trampoline begins.
    pub dynamic_trampolines: Vec<u32>,
    /// Chunks that the start this was packed for is known to touch, in that order: brought before the start.
    pub touched: Vec<Touch>,
    /// Chunks that any start is likely to touch, in that order: brought while the app runs, where a CPU is idle.
    pub ahead: Vec<Touch>,
    /// The engine's number of the runtime function that belongs in each entry of the table.
    pub libcalls: Vec<u16>,
}

impl Image {
    /// The section's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD + self.metadata.len() + 4 * self.functions.len());
        let len =
            |len: usize| u32::try_from(len).expect("a module's index spaces have 32 bits").to_le_bytes();
        out.extend_from_slice(&self.memory_start.to_le_bytes());
        out.extend_from_slice(&self.table_offset.to_le_bytes());
        let lists = [&self.functions, &self.call_trampolines, &self.dynamic_trampolines];
        out.extend_from_slice(&len(self.metadata.len()));
        lists.iter().for_each(|list| out.extend_from_slice(&len(list.len())));
        out.extend_from_slice(&len(self.libcalls.len()));
        out.extend_from_slice(&len(self.touched.len()));
        out.extend_from_slice(&len(self.ahead.len()));
        out.resize(HEAD, 0);
        out.extend_from_slice(&self.metadata);
        out.resize(out.len().next_multiple_of(4), 0);
        lists.into_iter().flatten().for_each(|offset| out.extend_from_slice(&offset.to_le_bytes()));
        for touch in self.touched.iter().chain(&self.ahead) {
            let number = match touch {
                Touch::Code(chunk) => *chunk,
                Touch::Memory(chunk) => chunk | MEMORY_FLAG,
            };
            out.extend_from_slice(&number.to_le_bytes());
        }
        self.libcalls.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
        out
    }

    /// Reads a section's content. `code_len` is the length of the code image: every offset must lie in it. `memory_len` is
    /// that of the memory image, 0 if there is none: it must end where a memory can.
    ///
    /// # Errors
    /// `Truncated`, `Mismatch` or `Value`, at the offset in the content.
    pub fn parse(bytes: &[u8], code_len: u64, memory_len: u64) -> Result<Image, Error> {
        let mut cursor = Cursor::new(bytes, 0);
        let memory_start = cursor.u64()?;
        let memory_end = memory_start.checked_add(memory_len).filter(|end| *end <= MEMORY_END);
        let is_page = memory_start.is_multiple_of(chunk::MIN_SIZE.into());
        if memory_end.is_none() || !is_page || (memory_len == 0 && memory_start != 0) {
            return Err(Error::new(0, Kind::Value { field: "memory start", found: memory_start }));
        }
        let table_offset = cursor.u64()?;
        if code_len.checked_next_multiple_of(crate::section::IMAGE_ALIGNMENT) != Some(table_offset) {
            return Err(Error::new(8, Kind::Value { field: "table offset", found: table_offset }));
        }
        let metadata_len = cursor.u32()? as usize;
        let counts = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
        let libcall_count = cursor.u32()?;
        let touched_count = cursor.u32()?;
        let ahead_count = cursor.u32()?;
        cursor.expect_u32("metadata reserved", 0)?;
        let metadata = cursor.take(metadata_len)?.to_vec();
        let padding = cursor.take(metadata_len.next_multiple_of(4) - metadata_len)?;
        equal(cursor.offset(), "metadata padding", 0, padding.iter().map(|byte| u64::from(*byte)).sum())?;
        let [functions, call_trampolines, dynamic_trampolines] =
            counts.map(|count| offsets(&mut cursor, count, code_len));
        let touched = touches(&mut cursor, touched_count)?;
        let ahead = touches(&mut cursor, ahead_count)?;
        let libcalls = cursor.take(libcall_count as usize * 2)?.chunks_exact(2);
        let image = Image {
            memory_start,
            table_offset,
            metadata,
            functions: functions?,
            call_trampolines: call_trampolines?,
            dynamic_trampolines: dynamic_trampolines?,
            touched,
            ahead,
            libcalls: libcalls.map(|number| u16::from_le_bytes([number[0], number[1]])).collect(),
        };
        equal(cursor.offset(), "metadata length", bytes.len() as u64, cursor.offset())?;
        Ok(image)
    }
}

/// Reads `count` offsets into the code image.
fn offsets(cursor: &mut Cursor<'_>, count: u32, code_len: u64) -> Result<Vec<u32>, Error> {
    let at = cursor.offset();
    let bytes = cursor.take(count as usize * 4)?;
    let offsets: Vec<u32> =
        bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    match offsets.iter().position(|offset| u64::from(*offset) >= code_len) {
        Some(index) => {
            let kind = Kind::Value { field: "code offset", found: offsets[index].into() };
            Err(Error::new(at + 4 * index as u64, kind))
        }
        None => Ok(offsets),
    }
}

/// Reads `count` numbers of chunks.
fn touches(cursor: &mut Cursor<'_>, count: u32) -> Result<Vec<Touch>, Error> {
    let touch = |number: &[u8]| {
        let number = u32::from_le_bytes([number[0], number[1], number[2], number[3]]);
        if number & MEMORY_FLAG == 0 { Touch::Code(number) } else { Touch::Memory(number & !MEMORY_FLAG) }
    };
    Ok(cursor.take(count as usize * 4)?.chunks_exact(4).map(touch).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the sample's memory image.
    const LEN: u64 = 0x3000;

    fn sample() -> Image {
        Image {
            memory_start: 0x1_0000,
            table_offset: 0x2_0000,
            metadata: b"engine".to_vec(),
            functions: vec![16, 0, 0x1_ffff],
            call_trampolines: vec![48],
            dynamic_trampolines: vec![],
            touched: vec![Touch::Code(2), Touch::Memory(0)],
            ahead: vec![Touch::Memory(1)],
            libcalls: vec![40, 7],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Image::parse(&sample().to_bytes(), 0x2_0000, LEN), Ok(sample()));
    }

    #[test]
    fn an_offset_behind_the_code_is_refused_at_its_place() {
        let error = Image::parse(&sample().to_bytes(), 0x1_ffff, LEN).unwrap_err();
        // Head, "engine" padded to 8, two offsets.
        assert_eq!(
            (error.at, error.kind),
            (48 + 8 + 8, Kind::Value { field: "code offset", found: 0x1_ffff })
        );
    }

    #[test]
    fn every_cut_and_every_addition_is_refused() {
        let bytes = sample().to_bytes();
        for len in 0..bytes.len() {
            assert!(Image::parse(&bytes[..len], 0x2_0000, LEN).is_err(), "{len}");
        }
        assert!(Image::parse(&[&bytes[..], &[0]].concat(), 0x2_0000, LEN).is_err());
    }

    #[test]
    fn a_table_anywhere_but_right_behind_the_code_is_refused() {
        for table_offset in [0, 0x1_0000, 0x2_0001, 0x2_1000, 0x3_0000, u64::MAX - 0xffff] {
            let bytes = Image { table_offset, ..sample() }.to_bytes();
            assert!(Image::parse(&bytes, 0x2_0000, LEN).is_err(), "{table_offset:#x}");
        }
    }

    #[test]
    fn a_memory_image_that_no_memory_can_hold_is_refused() {
        let parse = |memory_start, len| {
            Image::parse(&Image { memory_start, ..sample() }.to_bytes(), 0x2_0000, len).map(drop)
        };
        for (start, len) in [(0, 0), (0, 1 << 32), ((1 << 32) - LEN, LEN), (0xffff_f000, 0x1000)] {
            assert_eq!(parse(start, len), Ok(()), "{start:#x}, {len:#x}");
        }
        // Unaligned, beyond, wrapped around, and a start of nothing.
        let wrapped = u64::MAX - 0x13fff;
        for (start, len) in [
            (0x1_0001, LEN),
            (0x1_0800, LEN),
            ((1 << 32) - LEN + 0x1000, LEN),
            (1 << 32, LEN),
            (wrapped, 0x1_4000),
            (wrapped, 0x2_0000),
            (0x1000, u64::MAX),
            (0x1000, 0),
        ] {
            let error = parse(start, len).unwrap_err();
            let kind = Kind::Value { field: "memory start", found: start };
            assert_eq!((error.at, error.kind), (0, kind), "{start:#x}, {len:#x}");
        }
    }
}
