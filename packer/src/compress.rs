//! Cutting a section into chunks and compressing them on all cores.
//!
//! Which thread compresses which chunk is left to chance; what a chunk compresses to is not, and the frames are
//! returned in the chunks' order. So the result depends on the content and the level alone.

use std::collections::HashSet;

use crate::{parallel, progress::Progress};

/// zstd's level when none is asked for. See "Which compression level?" in docs/decisions.md.
pub const DEFAULT_LEVEL: i32 = 16;
/// zstd's level with the compiler that is chosen to be fast.
pub const FAST_LEVEL: i32 = 3;

/// zstd's level for chunks that a start touches. At this one it hardly compresses, and decodes at the speed of memory: a
/// start is to be fast, and touches little.
const TOUCHED_LEVEL: i32 = -100;

/// Compresses `data` in chunks of `chunk_size` bytes at zstd's `level`, 1 to 22: one frame a chunk, in order. Those that
/// are `touched` are stored to be decoded fast.
pub fn chunks(
    data: &[u8],
    chunk_size: u32,
    level: i32,
    touched: &HashSet<usize>,
    progress: &Progress,
) -> Vec<Vec<u8>> {
    let chunks: Vec<&[u8]> = data.chunks(chunk_size as usize).collect();
    progress.phase("compressing", chunks.len() as u64);
    parallel::map(
        chunks.len(),
        || (),
        |(), index| {
            let level = if touched.contains(&index) { TOUCHED_LEVEL } else { level };
            let frame = payload::chunk::compress(chunks[index], level);
            progress.advance(1);
            frame
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK_SIZE: u32 = 4096;

    #[test]
    fn frames_come_in_the_order_of_their_chunks() {
        let mut data = vec![0; CHUNK_SIZE as usize * 5 + 77];
        data.chunks_mut(CHUNK_SIZE as usize).zip(1u8..).for_each(|(chunk, number)| chunk.fill(number));
        let frames = chunks(&data, CHUNK_SIZE, 1, &HashSet::from([2]), &Progress::hidden());
        let decoded: Vec<u8> =
            frames.iter().flat_map(|frame| zstd::decode_all(&frame[..]).unwrap()).collect();
        assert_eq!(frames.len(), 6);
        assert!(decoded == data);
    }

    #[test]
    fn nothing_needs_no_chunk() {
        assert_eq!(
            chunks(&[], CHUNK_SIZE, DEFAULT_LEVEL, &HashSet::new(), &Progress::hidden()),
            Vec::<Vec<u8>>::new()
        );
    }
}
