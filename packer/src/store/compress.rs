//! Cutting sections into chunks and compressing them on all cores.
//!
//! All chunks of all sections are one queue, the largest first: else one large chunk, begun last, keeps one core busy when the
//! others have nothing left. Which thread compresses which chunk is left to chance; what a chunk compresses to is not, and the
//! frames are returned in the chunks' order. So the result depends on the content and the level alone.

use std::{cmp::Reverse, collections::HashMap};

use crate::{parallel, progress::Progress};

/// zstd's level when none is asked for. See "Which compression level?" in docs/decisions.md.
pub const DEFAULT_LEVEL: i32 = 13;
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

/// A section that is to be cut.
pub struct Cut<'a> {
    /// Its content.
    pub data: &'a [u8],
    /// Bytes a chunk.
    pub chunk_size: u32,
    /// How hard each chunk is compressed, if not as all others are: by its number.
    pub efforts: HashMap<usize, Effort>,
    /// How hard all others are compressed.
    pub otherwise: Effort,
}

/// The frames of each of `cuts`, one for each chunk, in order.
pub fn chunks(cuts: &[Cut<'_>], progress: &Progress) -> Vec<Vec<Vec<u8>>> {
    let mut queue: Vec<(usize, usize, &[u8])> = Vec::new();
    for (of, cut) in cuts.iter().enumerate() {
        let chunks = cut.data.chunks(cut.chunk_size as usize).enumerate();
        queue.extend(chunks.map(|(index, chunk)| (of, index, chunk)));
    }
    // A stable order: of chunks with one size, those of a section stay together.
    queue.sort_by_key(|(.., chunk)| Reverse(chunk.len()));
    progress.phase("compressing", queue.len() as u64);
    let one = |(): &mut (), at: usize| {
        let (of, index, chunk) = queue[at];
        let cut = &cuts[of];
        // Nobody takes the result then.
        if progress.is_cancelled() {
            return Vec::new();
        }
        let frame = cut.efforts.get(&index).unwrap_or(&cut.otherwise).compress(chunk);
        progress.advance(1);
        frame
    };
    let mut done: Vec<Vec<Vec<u8>>> =
        cuts.iter().map(|cut| vec![Vec::new(); cut.data.len().div_ceil(cut.chunk_size as usize)]).collect();
    for ((of, index, _), frame) in queue.iter().zip(parallel::map(queue.len(), || (), one)) {
        done[*of][*index] = frame;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK_SIZE: u32 = 4096;

    fn cut(data: &[u8], chunk_size: u32) -> Cut<'_> {
        Cut { data, chunk_size, efforts: HashMap::new(), otherwise: Effort::Level(1) }
    }

    #[test]
    fn frames_come_in_the_order_of_their_sections_and_chunks() {
        let mut data = vec![0; CHUNK_SIZE as usize * 5 + 77];
        data.chunks_mut(CHUNK_SIZE as usize).zip(1u8..).for_each(|(chunk, number)| chunk.fill(number));
        let mut small = cut(&data, CHUNK_SIZE);
        small
            .efforts
            .extend((0..6).map(|index| (index, [Effort::Level(1), Effort::LEAST, Effort::Fast][index % 3])));
        let cuts = [small, cut(&[], CHUNK_SIZE), cut(&data, CHUNK_SIZE * 2)];
        let frames = chunks(&cuts, &Progress::hidden());
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [6, 0, 3]);
        let mut decoder = payload::chunk::Decoder::new();
        for (cut, frames) in cuts.iter().zip(&frames) {
            for (frame, piece) in frames.iter().zip(cut.data.chunks(cut.chunk_size as usize)) {
                let mut out = vec![0; piece.len()];
                decoder.decode(frame, &mut out).expect("a frame that was just written");
                assert!(out == piece);
            }
        }
    }
}
