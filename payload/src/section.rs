//! The section table: what each part of the payload is, where it lies, and how it is stored.
//!
//! Its fields stand in docs/format.md, "Section table".

use crate::{
    Error, Kind,
    bytes::{Cursor, equal},
    limits::{MAX_SECTION_LEN, is_valid_size},
};

/// Size of one entry in bytes.
pub const ENTRY_SIZE: usize = 40;
/// Every section starts at a multiple of this many bytes.
pub const ALIGNMENT: u64 = 16;
/// A raw image starts at a multiple of this many bytes, so that it can be mapped from the file: the largest page of
/// any target. The payload itself starts at such a place in ELF files.
pub const IMAGE_ALIGNMENT: u64 = 64 * 1024;
/// The longest section of those that are tables, and are read as a whole.
pub const MAX_TABLE_LEN: u64 = 256 * 1024 * 1024;
/// The most sections a payload has; a bound for readers.
pub const MAX_SECTIONS: u32 = 64;

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionKind {
    /// The packer's decisions; always the first section, raw. See [`crate::manifest`].
    Manifest,
    /// What the engine must know of the app before it runs, and where its functions are. See [`crate::image`].
    Metadata,
    /// The code image: machine code, linked, to be mapped readable and executable.
    Code,
    /// The memory image: what the app's first memory holds when it starts.
    Memory,
    /// Where functions are, for Windows. See [`crate::unwind`].
    Unwind,
    /// Names, places and traps of the functions, read only when something trapped. See [`crate::frames`].
    Frames,
    /// Names of the files that the payload carries. See [`crate::tree`].
    Tree,
    /// Content of those files, one after the other.
    Files,
    /// The file that the app was packed from, so that it can be packed again.
    Module,
    /// Other programs, each a payload of its own. See [`crate::program`].
    Programs,
}

/// Every kind with its number. 2 was wasmer's artifact, in format version 1.
const KINDS: [(SectionKind, u32); 10] = [
    (SectionKind::Manifest, 1),
    (SectionKind::Metadata, 3),
    (SectionKind::Code, 4),
    (SectionKind::Memory, 5),
    (SectionKind::Unwind, 6),
    (SectionKind::Frames, 7),
    (SectionKind::Tree, 8),
    (SectionKind::Files, 9),
    (SectionKind::Module, 10),
    (SectionKind::Programs, 11),
];

impl SectionKind {
    /// The number that stands for this kind in the table. The order of numbers is the order of sections.
    pub fn id(self) -> u32 {
        KINDS.iter().find(|(kind, _)| *kind == self).expect("every kind has a number").1
    }

    /// The kind's name, in the words of docs/format.md.
    pub fn name(self) -> &'static str {
        match self {
            SectionKind::Manifest => "manifest",
            SectionKind::Metadata => "metadata",
            SectionKind::Code => "code",
            SectionKind::Memory => "memory",
            SectionKind::Unwind => "unwind",
            SectionKind::Frames => "frames",
            SectionKind::Tree => "tree",
            SectionKind::Files => "files",
            SectionKind::Module => "module",
            SectionKind::Programs => "programs",
        }
    }

    /// The kind with this number, if there is one.
    pub fn from_id(id: u32) -> Option<SectionKind> {
        KINDS.iter().find(|(_, number)| *number == id).map(|(kind, _)| *kind)
    }

    /// True if a section of this kind may be stored raw: the manifest, which the prefix's digest covers, images, which are
    /// mapped from the file, and programs, whose parts are stored as they want. Whatever else is read is read in chunks, whose
    /// checksums tell damage before it is used.
    pub fn may_be_raw(self) -> bool {
        matches!(
            self,
            SectionKind::Manifest | SectionKind::Code | SectionKind::Memory | SectionKind::Programs
        )
    }

    /// The most bytes that a section of this kind has once decoded. What a launcher and the packer read as a whole has a
    /// bound that no program reaches, so that a small file cannot ask for all memory.
    pub fn max_len(self) -> u64 {
        use SectionKind::*;
        match self {
            Metadata | Unwind | Frames | Tree => MAX_TABLE_LEN,
            Manifest | Code | Memory | Files | Module | Programs => u64::MAX,
        }
    }

    /// What the offset of a section of this kind, stored like this, is a multiple of.
    pub fn alignment(self, encoding: Encoding) -> u64 {
        match (self, encoding) {
            (SectionKind::Code | SectionKind::Memory | SectionKind::Programs, Encoding::Raw) => {
                IMAGE_ALIGNMENT
            }
            _ => ALIGNMENT,
        }
    }
}

/// How a section is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Byte for byte.
    Raw,
    /// In pieces of `chunk_size` bytes, each compressed on its own. See [`chunk`](crate::chunk).
    Chunked {
        /// Decoded bytes a chunk; the last one may be shorter. A power of two.
        chunk_size: u32,
    },
}

/// One entry of the section table, checked: its range lies inside the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it holds.
    pub kind: SectionKind,
    /// How it is stored.
    pub encoding: Encoding,
    /// Bytes from the start of the payload; a multiple of its kind's [alignment](SectionKind::alignment).
    pub offset: u64,
    /// Bytes it takes in the payload.
    pub stored_len: u64,
    /// Bytes it has once decoded.
    pub len: u64,
}

impl Section {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (encoding, chunk_size) = match self.encoding {
            Encoding::Raw => (0u32, 0),
            Encoding::Chunked { chunk_size } => (1, chunk_size),
        };
        out.extend_from_slice(&self.kind.id().to_le_bytes());
        out.extend_from_slice(&encoding.to_le_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.stored_len.to_le_bytes());
        out.extend_from_slice(&self.len.to_le_bytes());
        out.extend_from_slice(&chunk_size.to_le_bytes());
        out.extend_from_slice(&0u32.to_le_bytes());
    }

    /// Reads one entry. `floor` is the first byte it may occupy (the end of what precedes it), `payload_len`
    /// the payload's length.
    pub(crate) fn read(cursor: &mut Cursor<'_>, floor: u64, payload_len: u64) -> Result<Section, Error> {
        let start = cursor.offset();
        let kind_id = cursor.u32()?;
        let kind = SectionKind::from_id(kind_id)
            .ok_or_else(|| Error::new(start, Kind::Value { field: "section kind", found: kind_id.into() }))?;
        let encoding_id = cursor.u32()?;
        let (offset, stored_len, len) = (cursor.u64()?, cursor.u64()?, cursor.u64()?);
        let chunk_size = cursor.u32()?;
        cursor.expect_u32("section reserved", 0)?;

        let encoding = match encoding_id {
            0 if kind.may_be_raw() => {
                equal(start + 24, "section length", stored_len, len)?;
                equal(start + 32, "section chunk size", 0, chunk_size.into())?;
                Encoding::Raw
            }
            1 if kind != SectionKind::Programs => {
                if !is_valid_size(chunk_size) {
                    let kind = Kind::Value { field: "section chunk size", found: chunk_size.into() };
                    return Err(Error::new(start + 32, kind));
                }
                if len > MAX_SECTION_LEN {
                    return Err(Error::new(start + 24, Kind::Value { field: "section length", found: len }));
                }
                Encoding::Chunked { chunk_size }
            }
            found => {
                let kind = Kind::Value { field: "section encoding", found: found.into() };
                return Err(Error::new(start + 4, kind));
            }
        };
        if len > kind.max_len() {
            return Err(Error::new(start + 24, Kind::Value { field: "section length", found: len }));
        }
        // Sections follow one another with nothing but alignment between: one way to lay out a payload.
        let Some(expected) = floor.checked_next_multiple_of(kind.alignment(encoding)) else {
            return Err(Error::new(start + 8, Kind::Value { field: "section offset", found: offset }));
        };
        equal(start + 8, "section offset", expected, offset)?;
        let room = payload_len.saturating_sub(offset);
        if stored_len > room {
            return Err(Error::new(start + 16, Kind::Truncated { need: stored_len, have: room }));
        }
        Ok(Section { kind, encoding, offset, stored_len, len })
    }
}
