//! What can be wrong with a payload, and at which byte.
//!
//! One type for the whole crate. Its text is one lower-case sentence; the caller puts the file's name before it.

use std::fmt;

use crate::limits::VERSION;

/// A payload that cannot be read. `at` is the offset, in bytes, from the start of the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong there.
    pub kind: Kind,
    /// Where: bytes from the start of the payload.
    pub at: u64,
}

/// The classes of damage a reader tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The first eight bytes are not a payload's.
    NotAPayload,
    /// The payload ends early: `need` bytes were wanted from `at` on, `have` are there.
    Truncated {
        /// Bytes wanted.
        need: u64,
        /// Bytes there.
        have: u64,
    },
    /// A newer (or never released) version of the format.
    Version {
        /// The version found; this crate reads [`crate::header::VERSION`].
        found: u16,
    },
    /// A number that the format does not define for this field.
    Value {
        /// The field, in the words of docs/format.md.
        field: &'static str,
        /// What stands there.
        found: u64,
    },
    /// Two places that must agree do not, or a range leaves its bounds.
    Mismatch {
        /// The field, in the words of docs/format.md.
        field: &'static str,
        /// What it must be.
        expected: u64,
        /// What stands there.
        found: u64,
    },
    /// The SHA-256 over the prefix differs: the file was changed after it was packed.
    Digest,
    /// A text field that is not UTF-8 or holds a NUL byte, or a variable that is not `NAME=VALUE`.
    Text {
        /// The field, in the words of docs/format.md.
        field: &'static str,
    },
    /// A chunk whose compressed bytes do not decode to what they were.
    Chunk {
        /// Which chunk of its section, counted from 0.
        index: u32,
        /// What the decoder said.
        reason: &'static str,
    },
}

impl Error {
    pub(crate) fn new(at: u64, kind: Kind) -> Self {
        Error { kind, at }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "payload at {:#x}: ", self.at)?;
        match &self.kind {
            Kind::NotAPayload => write!(f, "its magic number is missing"),
            Kind::Truncated { need, have } => write!(f, "{need} bytes expected, {have} found"),
            Kind::Version { found } => {
                write!(f, "format version {} expected, {found} found", VERSION)
            }
            Kind::Value { field, found } => write!(f, "{field}: {found} is not a value this version knows"),
            Kind::Mismatch { field, expected, found } => {
                write!(f, "{field}: {expected} expected, {found} found")
            }
            Kind::Digest => write!(f, "header and manifest do not match their SHA-256"),
            Kind::Text { field } => write!(f, "{field}: not a text without NUL in UTF-8"),
            Kind::Chunk { index, reason } => write!(f, "chunk {index} is damaged ({reason})"),
        }
    }
}

impl std::error::Error for Error {}
