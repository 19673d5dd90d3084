//! Reading sections of a payload back, on all cores: the opposite of [`compress`](crate::compress).

use payload::{
    Encoding, Error, Section,
    chunk::{ChunkTable, Decoder},
};

use crate::parallel;

/// The content of `section`, one that [`Prefix::parse`](payload::Prefix::parse) found in `payload`.
///
/// # Errors
/// The first chunk that is damaged, or what is wrong with their table.
pub fn section(payload: &[u8], section: &Section) -> Result<Vec<u8>, Error> {
    let Encoding::Chunked { chunk_size } = section.encoding else {
        return Ok(stored(payload, section).to_vec());
    };
    let chunks: Result<Vec<Vec<u8>>, Error> =
        chunks(payload, section, chunk_size, |chunk| chunk)?.into_iter().collect();
    Ok(chunks?.concat())
}

/// Decodes every chunk of `section` and keeps none: how many there are, or `None` for a section that is stored raw.
///
/// # Errors
/// Every chunk that is damaged, or what is wrong with their table.
pub fn check(payload: &[u8], section: &Section) -> Result<Option<usize>, Vec<Error>> {
    let Encoding::Chunked { chunk_size } = section.encoding else { return Ok(None) };
    let outcomes = chunks(payload, section, chunk_size, drop).map_err(|error| vec![error])?;
    let count = outcomes.len();
    let errors: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
    if errors.is_empty() { Ok(Some(count)) } else { Err(errors) }
}

/// The bytes that `section` takes in `payload`. They are there: the section table was checked.
fn stored<'a>(payload: &'a [u8], section: &Section) -> &'a [u8] {
    &payload[section.offset as usize..][..section.stored_len as usize]
}

/// What `keep` makes of each chunk.
fn chunks<T: Send>(
    payload: &[u8],
    section: &Section,
    chunk_size: u32,
    keep: impl Fn(Vec<u8>) -> T + Sync,
) -> Result<Vec<Result<T, Error>>, Error> {
    let stored = stored(payload, section);
    let table = ChunkTable::size(section.len, chunk_size).min(stored.len() as u64) as usize;
    let table = ChunkTable::parse(&stored[..table], section)?;
    let one = |decoder: &mut Decoder, index: usize| {
        let (frame, decoded) = (table.stored_range(index), table.decoded_range(index));
        let mut chunk = vec![0; (decoded.end - decoded.start) as usize];
        let frame = &payload[frame.start as usize..frame.end as usize];
        table.decode_with(decoder, index, frame, &mut chunk).map(|()| keep(chunk))
    };
    Ok(parallel::map(table.count(), Decoder::new, one))
}
