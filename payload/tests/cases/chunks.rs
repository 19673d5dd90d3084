//! Damaged chunk tables and chunks, made from a payload with three chunks.
//!
//! The section starts at 0x120, its table takes 24 bytes; the frames are short because the content repeats.

use super::{Case, chunked, payload, put, put_sealed};
use crate::support::samples::{self, CHUNK_SIZE, CONTENT_LEN};
use payload::{SectionKind, Writer, chunk};
use zstd::zstd_safe::{CCtx, CParameter};

/// Where the section starts.
const SECTION: u64 = 288;
/// Where its first frame starts.
const FRAMES: u64 = SECTION + 24;

pub fn cases() -> Vec<Case> {
    let base = chunked();
    let case = |name, class, at, why, bytes| payload(name, class, at, why, &base, bytes);
    let content = samples::content();
    let pieces: Vec<&[u8]> = content.chunks(CHUNK_SIZE as usize).collect();
    let frames = samples::frames(&content);
    let ends: Vec<u64> = frames
        .iter()
        .scan(0, |end, frame| {
            *end += frame.len() as u64;
            Some(*end)
        })
        .collect();
    let end = |index: u64, value: u64| put(&base, (SECTION + index * 8) as usize, &value.to_le_bytes());
    // The payload with the second frame replaced.
    let second = FRAMES + ends[0];
    let replaced = |name, why, frame: Vec<u8>| {
        let frames = [frames[0].clone(), frame, frames[2].clone()];
        case(name, "Chunk", second, why, written(CONTENT_LEN, &frames))
    };
    let half = pieces[1].len() / 2;
    let two_frames =
        [chunk::compress(&pieces[1][..half], 3), chunk::compress(&pieces[1][half..], 3)].concat();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0];
    let longer = [pieces[1], b"!"].concat();
    let fast = chunk::compress_fast(pieces[1]);

    vec![
        case("chunk-table-cut", "Truncated", SECTION, "the section is shorter than its table", {
            put_sealed(&base, 160, &(100 * u64::from(CHUNK_SIZE)).to_le_bytes())
        }),
        case(
            "chunk-table-descends",
            "Mismatch",
            SECTION + 8,
            "chunk 1 ends before chunk 0 does",
            end(1, ends[0] - 1),
        ),
        case("chunk-table-empty-chunk", "Mismatch", SECTION + 8, "chunk 1 has no byte", end(1, ends[0])),
        case("chunk-table-starts-at-0", "Mismatch", SECTION, "chunk 0 has no byte", end(0, 0)),
        case("chunk-table-out-of-bounds", "Mismatch", SECTION + 8, "chunk 1 ends after the section", {
            end(1, ends[2] + 1)
        }),
        case("chunk-table-last-short", "Mismatch", SECTION, "the last chunk ends before the section does", {
            end(2, ends[2] - 1)
        }),
        case("chunk-table-none", "Mismatch", SECTION, "a section of no byte, and frames in it", {
            put_sealed(&base, 160, &[0; 8])
        }),
        case("chunk-table-shifted", "Chunk", FRAMES, "chunk 0 ends a byte early", end(0, ends[0] - 1)),
        case("chunk-damaged", "Chunk", FRAMES, "one bit of a literal is another: the checksum finds it", {
            let at = FRAMES as usize + 14;
            put(&base, at, &[base[at] ^ 1])
        }),
        case("chunk-checksum", "Chunk", second, "one bit of the checksum is another", {
            let at = (FRAMES + ends[1]) as usize - 1;
            put(&base, at, &[base[at] ^ 1])
        }),
        case("chunk-swapped", "Chunk", second, "chunks 1 and 2 have changed places", {
            written(CONTENT_LEN, &[frames[0].clone(), frames[2].clone(), frames[1].clone()])
        }),
        replaced(
            "chunk-flags",
            "the frame has a flag that decoders do not look at",
            put(&frames[1], 4, &[0x74]),
        ),
        replaced("chunk-dictionary", "a frame for a dictionary with the id 0", {
            [&frames[1][..4], &[0x65, 0], &frames[1][5..]].concat()
        }),
        replaced("chunk-magic", "neither a zstd frame nor an LZ4 block", b"PK\x03\x04 and so on".to_vec()),
        replaced("chunk-cut", "the frame ends early", frames[1][..20].to_vec()),
        replaced("chunk-cut-head", "the frame ends within its magic", frames[1][..3].to_vec()),
        replaced("chunk-short", "it decodes to a byte less", chunk::compress(&pieces[1][1..], 3)),
        replaced("chunk-long", "it decodes to a byte more", chunk::compress(&longer, 3)),
        replaced("chunk-trailing", "a byte follows the frame", [frames[1].as_slice(), &[0]].concat()),
        replaced("chunk-two-frames", "two frames that decode to the right bytes", two_frames),
        replaced("chunk-skippable", "a skippable frame before the frame", {
            [skippable.as_slice(), &frames[1]].concat()
        }),
        replaced(
            "chunk-no-checksum",
            "right bytes, and no checksum",
            compress_without(pieces[1], CParameter::ChecksumFlag),
        ),
        replaced("chunk-no-size", "right bytes, and no content size", {
            compress_without(pieces[1], CParameter::ContentSizeFlag)
        }),
        replaced("chunk-lz4-checksum", "one bit of the checksum is another", put(&fast, 7, &[fast[7] ^ 1])),
        replaced("chunk-lz4-content", "one bit of a literal is another", put(&fast, 12, &[fast[12] ^ 1])),
        replaced("chunk-lz4-cut", "the block ends early", fast[..fast.len() - 1].to_vec()),
        replaced("chunk-lz4-cut-head", "the chunk ends within its checksum", fast[..7].to_vec()),
        replaced("chunk-lz4-trailing", "a byte follows the block", [fast.as_slice(), &[0]].concat()),
        replaced("chunk-lz4-short", "it decodes to a byte less", chunk::compress_fast(&pieces[1][1..])),
        replaced("chunk-lz4-long", "it decodes to a byte more", chunk::compress_fast(&longer)),
        replaced("chunk-lz4-zstd", "a zstd frame in the place of the block", {
            [&fast[..8], frames[1].as_slice()].concat()
        }),
    ]
}

/// The minimal payload with these frames as its artifact.
fn written(len: usize, frames: &[Vec<u8>]) -> Vec<u8> {
    let minimal = samples::minimal();
    Writer::new(minimal.header, &minimal.manifest)
        .chunked(SectionKind::Metadata, len as u64, CHUNK_SIZE, frames)
        .finish()
}

/// A zstd frame as [`chunk::compress`] makes it, but for one flag.
fn compress_without(data: &[u8], flag: fn(bool) -> CParameter) -> Vec<u8> {
    let mut context = CCtx::create();
    for setting in [CParameter::ChecksumFlag(true), CParameter::ContentSizeFlag(true), flag(false)] {
        context.set_parameter(setting).expect("zstd accepts its own parameters");
    }
    let mut frame = Vec::with_capacity(zstd::zstd_safe::compress_bound(data.len()));
    context.compress2(&mut frame, data).expect("the buffer has the size zstd asked for");
    frame
}
