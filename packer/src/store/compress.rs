//! Cutting a section into chunks and compressing them on all cores.
//!
//! Which thread compresses which chunk is left to chance; what a chunk compresses to is not, and the frames are
//! returned in the chunks' order. So the result depends on the content and the level alone.

use crate::{parallel, progress::Progress};

/// zstd's level when none is asked for. See "Which compression level?" in docs/decisions.md.
pub const DEFAULT_LEVEL: i32 = 16;
/// zstd's level with the compiler that is chosen to be fast.
pub const FAST_LEVEL: i32 = 3;

/// How hard a chunk is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// By zstd, at this level.
    Level(i32),
    /// By LZ4: a third to two fifths larger, as machine code, and decoded four times as fast.
    Fast,
}

impl Effort {
    /// By zstd, so that it hardly compresses, and decodes at the speed of memory.
    pub const LEAST: Effort = Effort::Level(-100);

    fn compress(self, chunk: &[u8]) -> Vec<u8> {
        match self {
            Effort::Level(level) => payload::chunk::compress(chunk, level),
            Effort::Fast => payload::chunk::compress_fast(chunk),
        }
    }
}

/// Compresses `data` in chunks of `chunk_size` bytes, each as hard as `effort` says for its number: one frame a chunk, in
/// order.
pub fn chunks(
    data: &[u8],
    chunk_size: u32,
    effort: impl Fn(usize) -> Effort + Sync,
    progress: &Progress,
) -> Vec<Vec<u8>> {
    let chunks: Vec<&[u8]> = data.chunks(chunk_size as usize).collect();
    progress.phase("compressing", chunks.len() as u64);
    parallel::map(
        chunks.len(),
        || (),
        |(), index| {
            let frame = effort(index).compress(chunks[index]);
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
        let effort = |index| [Effort::Level(1), Effort::LEAST, Effort::Fast][index % 3];
        let frames = chunks(&data, CHUNK_SIZE, effort, &Progress::hidden());
        assert_eq!(frames.len(), 6);
        let mut decoder = payload::chunk::Decoder::new();
        for (frame, piece) in frames.iter().zip(data.chunks(CHUNK_SIZE as usize)) {
            let mut out = vec![0; piece.len()];
            decoder.decode(frame, &mut out).expect("a frame that was just written");
            assert!(out == piece);
        }
    }

    #[test]
    fn nothing_needs_no_chunk() {
        assert_eq!(
            chunks(&[], CHUNK_SIZE, |_| Effort::Level(DEFAULT_LEVEL), &Progress::hidden()),
            Vec::<Vec<u8>>::new()
        );
    }
}
