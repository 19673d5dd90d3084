//! A chunked section: its table, and its chunks as far as they are small.
//!
//! The first three bytes of the input choose the chunk size and the decoded length (some quarters of a chunk and
//! some bytes); the rest is the stored section.
#![no_main]

use libfuzzer_sys::fuzz_target;
use payload::{Encoding, Section, SectionKind, chunk, chunk::ChunkTable};

fuzz_target!(|data: &[u8]| {
    let [size, last, count, stored @ ..] = data else { return };
    let chunk_size = chunk::MIN_SIZE << (size % 13);
    let len = u64::from(*count) * u64::from(chunk_size) / 4 + u64::from(*last);
    let origin = 4096;
    let section = Section {
        kind: SectionKind::Metadata,
        encoding: Encoding::Chunked { chunk_size },
        offset: origin,
        stored_len: stored.len() as u64,
        len,
    };
    let Ok(table) = ChunkTable::parse(stored, &section) else { return };

    assert_eq!(table.count() as u64, len.div_ceil(chunk_size.into()));
    let (mut stored_at, mut decoded_at) = (origin + ChunkTable::size(len, chunk_size), 0);
    for index in 0..table.count() {
        let (frame, decoded) = (table.stored_range(index), table.decoded_range(index));
        assert_eq!((frame.start, decoded.start), (stored_at, decoded_at), "nothing lies between chunks");
        assert!(frame.end > frame.start && decoded.end > decoded.start, "no chunk is empty");
        (stored_at, decoded_at) = (frame.end, decoded.end);
        let frame = &stored[(frame.start - origin) as usize..(frame.end - origin) as usize];
        let size = decoded.end - decoded.start;
        if size <= 64 * 1024 {
            let _ = table.decode(index, frame, &mut vec![0; size as usize]);
        }
    }
    assert_eq!(
        (stored_at, decoded_at),
        (origin + section.stored_len, len),
        "the chunks are the whole section"
    );
});
