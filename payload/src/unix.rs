//! Files for all Unix targets: a script that starts the right launcher, and everything that the launchers and payloads of
//! several targets consist of, each part once.
//!
//! ```text
//! script      8192 bytes     text, and zeros behind it
//! directory   4096           [`Directory`]: for each target its launcher, and of which pieces its payload consists
//! launchers                  each compressed by gzip, in whole blocks of 4096 bytes
//! pieces                     prefixes and sections of payloads; what several targets have is there once
//! ```
//!
//! A payload is what it is in an executable of its own, to the byte; only that its pieces lie anywhere in the file. The layout
//! stands in docs/format.md, "Files for all Unix targets".

use std::{fmt, ops::Range};

use crate::{
    Prefix, SectionKind, Target, bytes::Cursor, bytes::equal, section::IMAGE_ALIGNMENT, sha256, target::Os,
};

/// Bytes of the script and the zeros behind it, and so where the directory starts.
pub const SCRIPT_SIZE: usize = 8192;
/// Bytes of the directory.
pub const SIZE: usize = 4096;
/// Bytes of all that is read before anything is looked up: script and directory.
pub const HEAD: usize = SCRIPT_SIZE + SIZE;
/// A launcher starts at a multiple of this many bytes, and has a multiple of them: what a shell can cut out of a file.
pub const BLOCK: u64 = 4096;
/// What every such file begins with.
pub const SHEBANG: &[u8] = b"#!/bin/sh\n";
/// The directory's first eight bytes: no text, and damaged by every tool that changes line ends.
pub const MAGIC: [u8; 8] = *b"\x89WPKU\r\n\x1a";
/// The directory's version.
pub const VERSION: u16 = 1;
/// The first argument of a launcher that is started by such a file: the file is open as descriptor 3.
pub const ARGUMENT: &str = "--wasmpack-from=3";
/// The same, and descriptor 4 is the launcher itself, which has no name any more.
pub const ARGUMENT_NAMELESS: &str = "--wasmpack-from=3,4";
/// The first argument that has a launcher compare its own file with the hash that follows, in hexadecimal digits.
pub const ARGUMENT_CHECK: &str = "--wasmpack-is=";
/// The descriptor that the file is open as.
pub const DESCRIPTOR: i32 = 3;

/// The most targets in one file.
const MOST_PROGRAMS: usize = 8;
/// The most pieces of a payload.
const MOST_PIECES: usize = 16;
/// The most bytes of a launcher, once decompressed.
const MOST_LAUNCHER: u64 = 256 * 1024 * 1024;
const DIGEST_AT: usize = 64;
const PROGRAM: usize = 80;
const PIECE: usize = 24;

// All of it has room.
const _: () = assert!(DIGEST_AT + 32 + MOST_PROGRAMS * (PROGRAM + MOST_PIECES * PIECE) <= SIZE);

/// What is in a file for all Unix targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// SHA-256 of everything before the directory.
    pub script_sha256: [u8; 32],
    /// Bytes in the file.
    pub file_len: u64,
    /// What it has for each target.
    pub programs: Vec<Program>,
}

/// The program for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The machine that it is for.
    pub target: Target,
    /// Its launcher.
    pub launcher: Launcher,
    /// Bytes in its payload.
    pub payload_len: u64,
    /// The pieces of it, in the order in which the payload has them. Between them are zeros.
    pub pieces: Vec<Piece>,
}

/// A launcher, compressed by gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launcher {
    /// Where it starts in the file: a multiple of [`BLOCK`].
    pub offset: u64,
    /// Bytes in the file: a multiple of [`BLOCK`].
    pub stored_len: u64,
    /// Bytes once decompressed.
    pub len: u64,
    /// SHA-256 of these.
    pub sha256: [u8; 32],
}

/// A range of a payload that the file has somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it is in the payload: bytes from its start.
    pub at: u64,
    /// Where it is in the file: bytes from its start.
    pub offset: u64,
    /// Its bytes.
    pub len: u64,
}

impl Launcher {
    /// Where it lies in the file.
    pub fn place(&self) -> Range<u64> {
        self.offset..self.offset + self.stored_len
    }
}

impl Piece {
    /// Where it is in the payload.
    pub fn range(&self) -> Range<u64> {
        self.at..self.at + self.len
    }

    /// Where it lies in the file.
    pub fn place(&self) -> Range<u64> {
        self.offset..self.offset + self.len
    }
}

impl Program {
    /// Bytes of the file that a target alone would need: its launcher and its payload.
    pub fn len(&self) -> u64 {
        self.launcher.stored_len + self.payload_len
    }

    /// Whether nothing is in it, which no directory has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks that each section of the payload lies within a piece, and a raw image where it can be mapped.
    ///
    /// # Errors
    /// The section for which that does not hold.
    pub fn holds(&self, prefix: &Prefix) -> Result<(), Fault> {
        for section in &prefix.sections {
            let end = section.offset + section.stored_len;
            let is_within = |piece: &&Piece| piece.at <= section.offset && end <= piece.range().end;
            let Some(piece) = self.pieces.iter().find(is_within) else {
                return Err(Fault::Section(section.kind));
            };
            let is_mapped = section.kind.alignment(section.encoding) == IMAGE_ALIGNMENT;
            let place = piece.offset + (section.offset - piece.at);
            if is_mapped && !place.is_multiple_of(IMAGE_ALIGNMENT) {
                return Err(Fault::Section(section.kind));
            }
        }
        Ok(())
    }
}

/// Why a file for all Unix targets cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It ends before its directory does, or has none.
    None,
    /// The directory is of another version.
    Version(u16),
    /// The directory was changed.
    Digest,
    /// The file has fewer bytes than the directory says.
    Cut {
        /// Bytes that it should have.
        need: u64,
        /// Bytes that it has.
        have: u64,
    },
    /// A field has a value that makes no sense.
    Field(&'static str),
    /// A section of a payload is in no piece, or cannot be mapped there.
    Section(SectionKind),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::None => write!(f, "the directory behind the script is missing"),
            Fault::Version(found) => write!(f, "directory version {VERSION} expected, {found} found"),
            Fault::Digest => write!(f, "the directory behind the script does not match its SHA-256"),
            Fault::Cut { need, have } => write!(f, "it is cut short: {need} bytes expected, {have} found"),
            Fault::Field(field) => write!(f, "the directory behind the script has a wrong {field}"),
            Fault::Section(kind) => {
                write!(f, "the directory behind the script has no place for the section {}", kind.name())
            }
        }
    }
}

impl std::error::Error for Fault {}

/// Whether a file that starts with `head`, [`HEAD`] bytes or all it has, is for all Unix targets, though it may be damaged.
pub fn is_unix(head: &[u8]) -> bool {
    head.starts_with(SHEBANG) && head.get(SCRIPT_SIZE..).is_some_and(|rest| rest.starts_with(&MAGIC))
}

impl Directory {
    /// Reads the directory of a file of `file_len` bytes from its [`SIZE`] bytes. More bytes than it says may follow.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn parse(bytes: &[u8], file_len: u64) -> Result<Directory, Fault> {
        let Some(bytes) = bytes.get(..SIZE).filter(|bytes| bytes.starts_with(&MAGIC)) else {
            return Err(Fault::None);
        };
        let mut cursor = Cursor::new(bytes, 0);
        let cut = |_| Fault::None;
        let _: [u8; 8] = cursor.array().map_err(cut)?;
        let version = cursor.u16().map_err(cut)?;
        if version != VERSION {
            return Err(Fault::Version(version));
        }
        if digest(bytes) != bytes[DIGEST_AT..DIGEST_AT + 32] {
            return Err(Fault::Digest);
        }
        let mut read = || -> Result<Directory, crate::Error> {
            let count = cursor.u16()?;
            cursor.expect_u32("reserved field", 0)?;
            let file_len = cursor.u64()?;
            cursor.expect_u64("reserved field", 0)?;
            let script_sha256 = cursor.array()?;
            let _digest: [u8; 32] = cursor.array()?;
            let count = usize::from(count);
            equal(10, "number of targets", count.clamp(1, MOST_PROGRAMS) as u64, count as u64)?;
            let programs = (0..count).map(|_| program(&mut cursor)).collect::<Result<_, _>>()?;
            Ok(Directory { script_sha256, file_len, programs })
        };
        let directory = read().map_err(|error| match error.kind {
            crate::Kind::Mismatch { field, .. } | crate::Kind::Value { field, .. } => Fault::Field(field),
            _ => Fault::Field("length"),
        })?;
        directory.check()?;
        if directory.file_len > file_len {
            return Err(Fault::Cut { need: directory.file_len, have: file_len });
        }
        Ok(directory)
    }

    /// The program for `target`.
    pub fn program(&self, target: Target) -> Option<&Program> {
        self.programs.iter().find(|program| program.target == target)
    }

    /// The directory's bytes.
    ///
    /// # Errors
    /// A field that no directory can have.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        self.check()?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(self.programs.len() as u16).to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.file_len.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&self.script_sha256);
        bytes.extend_from_slice(&[0; 32]);
        for Program { target, launcher, payload_len, pieces } in &self.programs {
            bytes.extend_from_slice(&target.id().to_le_bytes());
            bytes.extend_from_slice(&(pieces.len() as u16).to_le_bytes());
            bytes.extend_from_slice(&[0; 4]);
            for field in [launcher.offset, launcher.stored_len, launcher.len, *payload_len, 0] {
                bytes.extend_from_slice(&field.to_le_bytes());
            }
            bytes.extend_from_slice(&launcher.sha256);
            for piece in pieces {
                for field in [piece.at, piece.offset, piece.len] {
                    bytes.extend_from_slice(&field.to_le_bytes());
                }
            }
        }
        bytes.resize(SIZE, 0);
        let digest = digest(&bytes);
        bytes[DIGEST_AT..DIGEST_AT + 32].copy_from_slice(&digest);
        Ok(bytes)
    }

    fn check(&self) -> Result<(), Fault> {
        let require = |holds: bool, field| if holds { Ok(()) } else { Err(Fault::Field(field)) };
        require((1..=MOST_PROGRAMS).contains(&self.programs.len()), "number of targets")?;
        let inside = |offset: u64, len: u64| {
            offset >= HEAD as u64
                && len > 0
                && offset.checked_add(len).is_some_and(|end| end <= self.file_len)
        };
        for (index, Program { target, launcher, payload_len, pieces }) in self.programs.iter().enumerate() {
            require(target.os() != Os::Windows, "target")?;
            let is_new = self.programs[..index].iter().all(|other| other.target != *target);
            require(is_new, "target")?;
            let Launcher { offset, stored_len, len, .. } = *launcher;
            let is_in_blocks = offset.is_multiple_of(BLOCK) && stored_len.is_multiple_of(BLOCK);
            require(inside(offset, stored_len) && is_in_blocks, "place of a launcher")?;
            require((1..=MOST_LAUNCHER).contains(&len), "length of a launcher")?;
            require((1..=MOST_PIECES).contains(&pieces.len()), "number of pieces")?;
            let mut end = 0;
            for (index, piece) in pieces.iter().enumerate() {
                require(inside(piece.offset, piece.len), "place of a piece")?;
                let gap = piece.at.checked_sub(end).filter(|gap| *gap < IMAGE_ALIGNMENT);
                require(gap.is_some_and(|gap| index > 0 || gap == 0), "place in a payload")?;
                end = piece.at.checked_add(piece.len).ok_or(Fault::Field("place in a payload"))?;
            }
            // Whoever puts payloads together needs no more memory than the file lets expect.
            let most = self.file_len.saturating_add(MOST_PIECES as u64 * IMAGE_ALIGNMENT);
            require(end == *payload_len && end <= most, "payload length")?;
        }
        Ok(())
    }
}

fn program(cursor: &mut Cursor<'_>) -> Result<Program, crate::Error> {
    let at = cursor.offset();
    let id = cursor.u16()?;
    let unknown = || crate::Error::new(at, crate::Kind::Value { field: "target", found: id.into() });
    let target = Target::from_id(id).ok_or_else(unknown)?;
    let count = usize::from(cursor.u16()?);
    equal(at + 2, "number of pieces", count.clamp(1, MOST_PIECES) as u64, count as u64)?;
    cursor.expect_u32("reserved field", 0)?;
    let (offset, stored_len, len) = (cursor.u64()?, cursor.u64()?, cursor.u64()?);
    let payload_len = cursor.u64()?;
    cursor.expect_u64("reserved field", 0)?;
    let launcher = Launcher { offset, stored_len, len, sha256: cursor.array()? };
    let mut piece =
        || Ok::<_, crate::Error>(Piece { at: cursor.u64()?, offset: cursor.u64()?, len: cursor.u64()? });
    let pieces = (0..count).map(|_| piece()).collect::<Result<_, _>>()?;
    Ok(Program { target, launcher, payload_len, pieces })
}

/// SHA-256 of the directory with the digest's own bytes as zero.
fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut copy = bytes.to_vec();
    copy[DIGEST_AT..DIGEST_AT + 32].fill(0);
    sha256(&copy)
}
