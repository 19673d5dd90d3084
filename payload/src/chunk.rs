//! The chunk store: a section cut into pieces that are compressed and checked on their own.
//!
//! ```text
//! stored section = end offsets   u64 each, one a chunk: where chunk n ends, from the end of this table
//!                  chunks        each compressed in one of two ways, with a checksum ([`crate::codec`])
//! ```
//!
//! Pieces make three things possible: compress on all cores, decode on all cores, and decode only what is
//! needed. Chunk `n` decodes to bytes `n * chunk_size ..` of the section; only the last one is shorter.

use crate::{Error, Kind, bytes::Cursor, bytes::equal};

pub use crate::{
    codec::{Decoder, compress, compress_fast},
    limits::{MAX_SECTION_LEN, MAX_SIZE, MIN_SIZE, is_valid_size},
};

/// Puts compressed chunks together as a stored section.
pub fn assemble(frames: &[Vec<u8>]) -> Vec<u8> {
    let total: usize = frames.iter().map(Vec::len).sum();
    let mut stored = Vec::with_capacity(frames.len() * 8 + total);
    let mut end = 0u64;
    for frame in frames {
        end += frame.len() as u64;
        stored.extend_from_slice(&end.to_le_bytes());
    }
    frames.iter().for_each(|frame| stored.extend_from_slice(frame));
    stored
}

/// The table of a chunked section, checked: every chunk's range lies inside the section, in order.
#[derive(Clone, Debug)]
pub struct ChunkTable {
    ends: Vec<u64>,
    chunk_size: u32,
    len: u64,
    /// Where the section starts, in bytes from the start of the payload.
    origin: u64,
}

impl ChunkTable {
    /// Bytes that the table takes at the start of a stored section that decodes to `len` bytes.
    pub fn size(len: u64, chunk_size: u32) -> u64 {
        len.div_ceil(chunk_size.into()) * 8
    }

    /// Reads the table of the chunked `section` from `bytes`, the first [`ChunkTable::size`] bytes of it.
    ///
    /// # Errors
    /// `Value` if the section is not chunked; `Truncated` if `bytes` is shorter than the table; `Mismatch` if
    /// the ends do not ascend, or the last is not where the section ends.
    pub fn parse(bytes: &[u8], section: &crate::Section) -> Result<ChunkTable, Error> {
        let origin = section.offset;
        let crate::Encoding::Chunked { chunk_size } = section.encoding else {
            return Err(Error::new(origin, Kind::Value { field: "section encoding", found: 0 }));
        };
        let table_size = ChunkTable::size(section.len, chunk_size);
        let Some(data_len) = section.stored_len.checked_sub(table_size) else {
            let kind = Kind::Truncated { need: table_size, have: section.stored_len };
            return Err(Error::new(origin, kind));
        };
        let count = usize::try_from(table_size / 8).expect("bounded by MAX_SECTION_LEN");
        let mut cursor = Cursor::new(bytes, origin);
        let mut ends = Vec::with_capacity(count.min(bytes.len() / 8));
        let mut previous = 0;
        for _ in 0..count {
            let at = cursor.offset();
            let end = cursor.u64()?;
            if end <= previous || end > data_len {
                let kind = Kind::Mismatch { field: "chunk end", expected: data_len, found: end };
                return Err(Error::new(at, kind));
            }
            ends.push(end);
            previous = end;
        }
        equal(origin, "chunk data length", data_len, previous)?;
        Ok(ChunkTable { ends, chunk_size, len: section.len, origin })
    }

    /// How many chunks there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Decoded bytes of the whole section.
    pub fn decoded_len(&self) -> u64 {
        self.len
    }

    /// Where the frame of chunk `index` lies: bytes from the start of the payload.
    ///
    /// # Panics
    /// If `index` is not less than [`ChunkTable::count`].
    pub fn stored_range(&self, index: usize) -> std::ops::Range<u64> {
        let data = self.origin + self.ends.len() as u64 * 8;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        data + start..data + self.ends[index]
    }

    /// Which bytes of the decoded section chunk `index` holds.
    pub fn decoded_range(&self, index: usize) -> std::ops::Range<u64> {
        let start = index as u64 * u64::from(self.chunk_size);
        start..self.len.min(start + u64::from(self.chunk_size))
    }

    /// Decodes chunk `index` from its `frame` into `out`, which must have the length of its decoded range.
    ///
    /// # Errors
    /// `Chunk` if `frame` is not one whole chunk, is damaged, fails its checksum, or decodes to another length.
    pub fn decode(&self, index: usize, frame: &[u8], out: &mut [u8]) -> Result<(), Error> {
        self.decode_with(&mut Decoder::new(), index, frame, out)
    }

    /// Decodes as [`ChunkTable::decode`] does, with a decoder that was made before: nothing is allocated.
    ///
    /// # Errors
    /// As [`ChunkTable::decode`].
    pub fn decode_with(
        &self,
        decoder: &mut Decoder,
        index: usize,
        frame: &[u8],
        out: &mut [u8],
    ) -> Result<(), Error> {
        let fail = |reason| {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            Error::new(self.stored_range(index as usize).start, Kind::Chunk { index, reason })
        };
        decoder.decode(frame, out).map_err(fail)
    }
}
