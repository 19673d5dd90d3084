//! Storing what was linked: the sections of a payload, compressed in chunks, or raw to be mapped from the file.

pub mod compress;
pub(crate) mod decode;

use std::collections::HashMap;

use payload::image::{Image, Touch};
use payload::{Header, Manifest, SectionKind, Target, Writer};

use self::compress::Effort;
use crate::{input::files::Files, link::Linked, progress::Progress};

/// Decoded bytes a chunk of each image. See "How large is a chunk?" in docs/decisions.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunks {
    /// Of the code image.
    pub code: u32,
    /// Of the memory image; a divisor of a wasm page.
    pub memory: u32,
}

impl Chunks {
    /// The sizes for `target`.
    pub fn of(target: Target) -> Chunks {
        Chunks { code: target.image_chunk(), memory: target.image_chunk() }
    }
}

/// Decoded bytes a chunk of everything that is read as a whole.
const OTHER_CHUNK: u32 = 256 * 1024;
/// Decoded bytes a chunk of carried files: what a program reads at a time is a file, or a piece of one.
const FILES_CHUNK: u32 = 64 * 1024;
/// Decoded bytes a chunk of what no start looks at: the kept module, and the tables for what trapped.
const UNUSED_CHUNK: u32 = 4 * 1024 * 1024;

/// How images are stored. Whatever else is read is in chunks in any case: their checksums tell damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In compressed chunks, each decoded when it is first touched.
    Compressed {
        /// zstd's level, 1 to 22.
        level: i32,
    },
    /// Byte for byte, mapped from the file; all else compressed as fast as it can be.
    Raw,
}

/// One section, ready to be written.
#[derive(Clone, Debug)]
pub struct Stored {
    kind: SectionKind,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Raw(Vec<u8>),
    Frames { len: u64, chunk_size: u32, frames: Vec<Vec<u8>> },
}

/// The payload of `linked`, followed by the sections that are the same for every target.
pub fn payload(
    header: Header,
    manifest: &Manifest,
    linked: &Linked,
    shared: &[Stored],
    storage: Storage,
    progress: &Progress,
) -> Vec<u8> {
    sections(header, manifest, linked, shared, storage, Chunks::of(header.target), progress)
}

/// The payload of `linked` with images in chunks of `piece` bytes, compressed at `level`.
pub fn in_pieces(
    header: Header,
    manifest: &Manifest,
    linked: &Linked,
    shared: &[Stored],
    piece: u32,
    level: i32,
    progress: &Progress,
) -> Vec<u8> {
    let chunks = Chunks { code: piece, memory: piece };
    sections(header, manifest, linked, shared, Storage::Compressed { level }, chunks, progress)
}

/// The sections that do not depend on the target: carried files and the kept module. Compressed once for all.
pub fn shared(files: &Files, module: Option<&[u8]>, storage: Storage, progress: &Progress) -> Vec<Stored> {
    let nothing = |_| None;
    let mut all = Vec::new();
    if !files.roots.is_empty() {
        let tree = payload::tree::to_bytes(&files.roots);
        all.push(stored(SectionKind::Tree, &tree, OTHER_CHUNK, storage, nothing, progress));
    }
    if !files.content.is_empty() {
        all.push(stored(SectionKind::Files, &files.content, FILES_CHUNK, storage, nothing, progress));
    }
    if let Some(module) = module {
        all.push(stored(SectionKind::Module, module, UNUSED_CHUNK, storage, nothing, progress));
    }
    all
}

fn sections(
    header: Header,
    manifest: &Manifest,
    linked: &Linked,
    shared: &[Stored],
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
        (SectionKind::Frames, Some(&linked.frames), UNUSED_CHUNK),
    ];
    let mut writer = Writer::new(header, manifest);
    for (kind, content, chunk_size) in sections {
        let Some(content) = content else { continue };
        let needed = needed(&linked.image, kind);
        writer = write(writer, &stored(kind, content, chunk_size, storage, needed, progress));
    }
    shared.iter().fold(writer, write).finish()
}

/// One section, stored as `storage` says.
fn stored(
    kind: SectionKind,
    content: &[u8],
    chunk_size: u32,
    storage: Storage,
    needed: impl Fn(usize) -> Option<Effort> + Sync,
    progress: &Progress,
) -> Stored {
    let otherwise = match storage {
        Storage::Compressed { level } => Effort::Level(level),
        Storage::Raw if kind.may_be_raw() => return Stored { kind, content: Content::Raw(content.to_vec()) },
        // Read while the program waits.
        Storage::Raw if kind == SectionKind::Files => Effort::LEAST,
        Storage::Raw => Effort::Level(compress::FAST_LEVEL),
    };
    let effort = |index| needed(index).unwrap_or(otherwise);
    let frames = compress::chunks(content, chunk_size, effort, progress);
    Stored { kind, content: Content::Frames { len: content.len() as u64, chunk_size, frames } }
}

fn write(writer: Writer, stored: &Stored) -> Writer {
    match &stored.content {
        Content::Raw(bytes) => writer.raw(stored.kind, bytes.clone()),
        Content::Frames { len, chunk_size, frames } => writer.chunked(stored.kind, *len, *chunk_size, frames),
    }
}

/// How the chunks of this section are compressed that a start needs, if not as all others are: those of a profile are
/// brought at every start, all at once; of those that any start is likely to touch, many will be; and what the engine must
/// know, every start reads.
fn needed(image: &Image, kind: SectionKind) -> impl Fn(usize) -> Option<Effort> + Sync {
    let number = |touch: &Touch| match (touch, kind) {
        (Touch::Code(index), SectionKind::Code) | (Touch::Memory(index), SectionKind::Memory) => {
            Some(*index as usize)
        }
        _ => None,
    };
    let ahead = image.ahead.iter().filter_map(number).map(|index| (index, Effort::Fast));
    let touched = image.touched.iter().filter_map(number).map(|index| (index, Effort::LEAST));
    let of_images: HashMap<usize, Effort> = ahead.chain(touched).collect();
    move |index| match kind {
        SectionKind::Metadata => Some(Effort::Fast),
        _ => of_images.get(&index).copied(),
    }
}
