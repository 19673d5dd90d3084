//! Storing what was linked: the sections of a payload, compressed in chunks, or raw to be mapped from the file.

pub mod compress;
pub(crate) mod decode;
mod once;
mod stored;

use std::{collections::HashMap, sync::Arc};

use payload::image::{Image, Touch};
use payload::{Header, Manifest, SectionKind, Target, Writer, target::Os};

use self::compress::{Cut, Effort};
use crate::{input::files::Files, link::Linked, progress::Progress};

pub use once::Once;
pub use stored::{Content, Stored};

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

    /// The sizes for `target` in a file that has others, too: where images are the same, they are cut alike.
    pub fn of_several(target: Target) -> Chunks {
        let of = |cpu| Target::of(Os::Linux, cpu).map_or(0, Target::image_chunk);
        let memory = Target::ALL.into_iter().map(Target::image_chunk).max();
        Chunks { code: of(target.cpu()), memory: memory.unwrap_or_default() }
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
#[non_exhaustive]
pub enum Storage {
    /// In compressed chunks, each decoded when it is first touched.
    Compressed {
        /// zstd's level, 1 to 22.
        level: i32,
    },
    /// Byte for byte, mapped from the file; all else compressed as fast as it can be.
    Raw,
}

/// The sections of `linked`. What is the same for several targets is compressed `once`.
pub fn sections(
    linked: &Linked,
    storage: Storage,
    chunks: Chunks,
    once: &Once,
    progress: &Progress,
) -> Vec<Stored> {
    let metadata = linked.image.to_bytes();
    let memory = linked.memory.as_ref().map(|memory| memory.bytes.as_slice());
    let contents = [
        (SectionKind::Metadata, Some(&metadata[..]), OTHER_CHUNK),
        (SectionKind::Code, Some(&linked.code), chunks.code),
        (SectionKind::Unwind, linked.unwind.as_deref(), OTHER_CHUNK),
        (SectionKind::Frames, Some(&linked.frames), UNUSED_CHUNK),
    ];
    let needed = |kind| needed(&linked.image, kind);
    let mut plans: Vec<Plan<'_>> = contents
        .into_iter()
        .filter_map(present)
        .map(|(kind, data, chunk_size)| Plan::new(kind, data, chunk_size, storage, needed(kind)))
        .collect();
    let memory = memory.map(|data| {
        Plan::new(SectionKind::Memory, data, chunks.memory, storage, needed(SectionKind::Memory))
    });
    // In the queue with the others, unless another target has it already or is at it.
    let claimed = memory.as_ref().map(Plan::key);
    let elsewhere = claimed.and_then(|key| once.claim(key));
    plans.splice(2..2, memory.filter(|_| elsewhere.is_none()));
    let mut stored = store(plans, progress);
    match (claimed, elsewhere) {
        (_, Some(place)) => stored.insert(2, place.wait().clone()),
        (Some(key), None) => once.settle(key, stored[2].clone()),
        (None, None) => {}
    }
    stored
}

/// The sections of `linked` with images in chunks of `piece` bytes, compressed at `level`.
pub fn in_pieces(linked: &Linked, piece: u32, level: i32, progress: &Progress) -> Vec<Stored> {
    let chunks = Chunks { code: piece, memory: piece };
    sections(linked, Storage::Compressed { level }, chunks, &Once::default(), progress)
}

/// The sections that do not depend on the target: carried files and the kept module. Compressed once for all.
pub fn shared(files: &Files, module: Option<&[u8]>, storage: Storage, progress: &Progress) -> Vec<Stored> {
    let tree = (!files.roots.is_empty()).then(|| payload::tree::to_bytes(&files.roots));
    let files = Some(&files.content[..]).filter(|content| !content.is_empty());
    let contents = [
        (SectionKind::Tree, tree.as_deref(), OTHER_CHUNK),
        (SectionKind::Files, files, FILES_CHUNK),
        (SectionKind::Module, module, UNUSED_CHUNK),
    ];
    let plans = contents.into_iter().filter_map(present);
    let plans = plans.map(|(kind, data, size)| Plan::new(kind, data, size, storage, HashMap::new()));
    store(plans.collect(), progress)
}

/// The payload of these sections, followed by those that are the same for every target.
pub fn payload(header: Header, manifest: &Manifest, own: &[Stored], shared: &[Stored]) -> Vec<u8> {
    own.iter().chain(shared).fold(Writer::new(header, manifest), stored::write).finish()
}

/// The content of a section, if it has any, with its chunks' size.
type Found<'a> = (SectionKind, Option<&'a [u8]>, u32);

fn present((kind, content, chunk_size): Found<'_>) -> Option<(SectionKind, &[u8], u32)> {
    Some((kind, content?, chunk_size))
}

/// How one section is to be stored.
struct Plan<'a> {
    kind: SectionKind,
    cut: Cut<'a>,
    is_raw: bool,
}

impl<'a> Plan<'a> {
    fn new(
        kind: SectionKind,
        data: &'a [u8],
        chunk_size: u32,
        storage: Storage,
        efforts: HashMap<usize, Effort>,
    ) -> Plan<'a> {
        let otherwise = match (storage, kind) {
            // Read at every start.
            (_, SectionKind::Metadata) => Effort::Fast,
            (Storage::Compressed { level }, _) => Effort::Level(level),
            // Read while the program waits.
            (Storage::Raw, SectionKind::Files) => Effort::LEAST,
            (Storage::Raw, _) => Effort::Level(compress::FAST_LEVEL),
        };
        let is_raw = storage == Storage::Raw && kind.may_be_raw();
        Plan { kind, cut: Cut { data, chunk_size, efforts, otherwise }, is_raw }
    }

    /// What tells it from all others that come out differently.
    fn key(&self) -> [u8; 32] {
        let mut efforts: Vec<_> = self.cut.efforts.iter().collect();
        efforts.sort_unstable_by_key(|(index, _)| **index);
        let how = format!("{} {:?} {} {efforts:?}", self.cut.chunk_size, self.cut.otherwise, self.is_raw);
        let mut hash = payload::Hash::default();
        hash.update(&payload::sha256(how.as_bytes()));
        hash.update(self.cut.data);
        hash.finish()
    }
}

/// The sections of `plans`, in their order.
fn store(plans: Vec<Plan<'_>>, progress: &Progress) -> Vec<Stored> {
    let (mut cuts, mut kinds) = (Vec::new(), Vec::new());
    for plan in plans {
        if plan.is_raw {
            kinds.push((plan.kind, Some(plan.cut.data.to_vec())));
        } else {
            kinds.push((plan.kind, None));
            cuts.push(plan.cut);
        }
    }
    let mut frames = compress::chunks(&cuts, progress).into_iter().zip(&cuts);
    let mut content = |raw: Option<Vec<u8>>| match raw {
        Some(bytes) => Content::Raw(bytes),
        None => {
            let (frames, cut) = frames.next().expect("frames for each cut");
            Content::Frames { len: cut.data.len() as u64, chunk_size: cut.chunk_size, frames }
        }
    };
    kinds.into_iter().map(|(kind, raw)| Stored { kind, content: Arc::new(content(raw)) }).collect()
}

/// How the chunks of this section are compressed that a start needs, if not as all others are: those of a profile are
/// brought at every start, all at once; of those that any start is likely to touch, many will be.
fn needed(image: &Image, kind: SectionKind) -> HashMap<usize, Effort> {
    let number = |touch: &Touch| match (touch, kind) {
        (Touch::Code(index), SectionKind::Code) | (Touch::Memory(index), SectionKind::Memory) => {
            Some(*index as usize)
        }
        _ => None,
    };
    let ahead = image.ahead.iter().filter_map(number).map(|index| (index, Effort::Fast));
    let touched = image.touched.iter().filter_map(number).map(|index| (index, Effort::LEAST));
    ahead.chain(touched).collect()
}
