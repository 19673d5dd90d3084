//! Storing what was linked: the sections of a payload, compressed in chunks, or raw to be mapped from the file.

use std::collections::HashSet;

use payload::image::Touch;
use payload::{Header, Manifest, SectionKind, Target, Writer};

use crate::{compress, link::Linked, progress::Progress};

/// Decoded bytes a chunk of each image. See "How large is a chunk?" in docs/decisions.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunks {
    /// Of the code image.
    pub code: u32,
    /// Of the memory image; a divisor of a wasm page.
    pub memory: u32,
}

impl Chunks {
    /// What suits `target`. Systems on 64-bit Arm may have pages of 64 KiB, and a chunk has whole pages.
    pub fn of(target: Target) -> Chunks {
        match target {
            Target::LinuxArm64 | Target::MacosArm64 => Chunks { code: 64 * 1024, memory: 64 * 1024 },
            _ => Chunks { code: 32 * 1024, memory: 16 * 1024 },
        }
    }
}

/// Decoded bytes a chunk of everything that is read as a whole.
const OTHER_CHUNK: u32 = 256 * 1024;

/// How images are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In compressed chunks, each decoded when it is first touched.
    Compressed {
        /// zstd's level, 1 to 22.
        level: i32,
    },
    /// Byte for byte, mapped from the file.
    Raw,
}

/// The payload of `linked`.
pub fn payload(
    header: Header,
    manifest: &Manifest,
    linked: &Linked,
    storage: Storage,
    progress: &Progress,
) -> Vec<u8> {
    sections(header, manifest, linked, storage, Chunks::of(header.target), progress)
}

/// The payload of `linked` with images in chunks of `piece` bytes, compressed at `level`.
pub fn in_pieces(
    header: Header,
    manifest: &Manifest,
    linked: &Linked,
    piece: u32,
    level: i32,
    progress: &Progress,
) -> Vec<u8> {
    let chunks = Chunks { code: piece, memory: piece };
    sections(header, manifest, linked, Storage::Compressed { level }, chunks, progress)
}

fn sections(
    header: Header,
    manifest: &Manifest,
    linked: &Linked,
    storage: Storage,
    chunks: Chunks,
    progress: &Progress,
) -> Vec<u8> {
    let metadata = linked.image.to_bytes();
    let sections = [
        (SectionKind::Metadata, Some(&metadata), OTHER_CHUNK),
        (SectionKind::Code, Some(&linked.code), chunks.code),
        (SectionKind::Memory, linked.memory.as_ref().map(|memory| &memory.bytes), chunks.memory),
        (SectionKind::Unwind, linked.unwind.as_ref(), OTHER_CHUNK),
        (SectionKind::Frames, Some(&linked.frames), OTHER_CHUNK),
    ];
    let mut writer = Writer::new(header, manifest);
    for (kind, content, chunk_size) in sections {
        let Some(content) = content else { continue };
        writer = match storage {
            // Frames are read only when something trapped, so they are compressed in any case.
            Storage::Raw if kind != SectionKind::Frames => writer.raw(kind, content.clone()),
            _ => {
                let level = match storage {
                    Storage::Compressed { level } => level,
                    Storage::Raw => compress::FAST_LEVEL,
                };
                let touched = touched(&linked.image.touched, kind);
                let frames = compress::chunks(content, chunk_size, level, &touched, progress);
                writer.chunked(kind, content.len() as u64, chunk_size, &frames)
            }
        };
    }
    writer.finish()
}

/// The numbers of the chunks of this section that a start touches.
fn touched(chunks: &[Touch], kind: SectionKind) -> HashSet<usize> {
    let number = |touch: &Touch| match (touch, kind) {
        (Touch::Code(index), SectionKind::Code) | (Touch::Memory(index), SectionKind::Memory) => {
            Some(*index as usize)
        }
        _ => None,
    };
    chunks.iter().filter_map(number).collect()
}
