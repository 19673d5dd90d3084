//! A section that is ready to be written.

use std::sync::Arc;

use payload::{SectionKind, Writer};

/// One section, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its kind.
    pub kind: SectionKind,
    /// What is written; several executables may share it.
    pub content: Arc<Content>,
}

/// The stored content of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// As it is.
    Raw(Vec<u8>),
    /// In chunks.
    Frames {
        /// Bytes once decoded.
        len: u64,
        /// Of these in a chunk.
        chunk_size: u32,
        /// A frame for each chunk.
        frames: Vec<Vec<u8>>,
    },
}

pub(super) fn write(writer: Writer, stored: &Stored) -> Writer {
    match &*stored.content {
        Content::Raw(bytes) => writer.raw(stored.kind, bytes.clone()),
        Content::Frames { len, chunk_size, frames } => writer.chunked(stored.kind, *len, *chunk_size, frames),
    }
}
