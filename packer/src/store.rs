//! Storing what was linked: the sections of a payload, compressed in chunks, or raw to be mapped from the file.

use payload::{Header, Manifest, SectionKind, Writer};

use crate::{compress, link::Linked, progress::Progress};

/// Decoded bytes a chunk of the code image. See "How large is a chunk?" in docs/decisions.md.
pub const CODE_CHUNK: u32 = 64 * 1024;
/// Decoded bytes a chunk of the memory image; a divisor of a wasm page.
pub const MEMORY_CHUNK: u32 = 64 * 1024;
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
    sections(header, manifest, linked, storage, [CODE_CHUNK, MEMORY_CHUNK], progress)
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
    sections(header, manifest, linked, Storage::Compressed { level }, [piece; 2], progress)
}

fn sections(
    header: Header,
    manifest: &Manifest,
    linked: &Linked,
    storage: Storage,
    [code_chunk, memory_chunk]: [u32; 2],
    progress: &Progress,
) -> Vec<u8> {
    let metadata = linked.image.to_bytes();
    let sections = [
        (SectionKind::Metadata, Some(&metadata), OTHER_CHUNK),
        (SectionKind::Code, Some(&linked.code), code_chunk),
        (SectionKind::Memory, linked.memory.as_ref().map(|memory| &memory.bytes), memory_chunk),
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
                let frames = compress::chunks(content, chunk_size, level, progress);
                writer.chunked(kind, content.len() as u64, chunk_size, &frames)
            }
        };
    }
    writer.finish()
}
