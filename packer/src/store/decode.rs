//! Reading sections of a payload back: the opposite of [`compress`](crate::store::compress). Whole ones on all cores, each chunk
//! right into its place; what need not be whole a chunk at a time.

use std::{fmt, sync::Mutex};

use payload::{
    Encoding, Section,
    chunk::{ChunkTable, Decoder},
};

use crate::parallel;

/// Why a section could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It is damaged.
    Damaged(payload::Error),
    /// There is no memory for so many bytes.
    Memory(u64),
}

impl From<payload::Error> for Error {
    fn from(error: payload::Error) -> Error {
        Error::Damaged(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Damaged(error) => error.fmt(f),
            Error::Memory(len) => write!(f, "there is no memory for its {len} bytes"),
        }
    }
}

/// The content of `section`, one that [`Prefix::parse`](payload::Prefix::parse) found in `payload`.
///
/// # Errors
/// The first chunk that is damaged, or what is wrong with their table; or that there is not enough memory.
pub fn section(payload: &[u8], section: &Section) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let len = usize::try_from(section.len).map_err(|_| Error::Memory(section.len))?;
    content.try_reserve_exact(len).map_err(|_| Error::Memory(section.len))?;
    let Some(chunks) = Chunks::of(payload, section)? else {
        content.extend_from_slice(stored(payload, section));
        return Ok(content);
    };
    content.resize(len, 0);
    let places: Vec<Mutex<&mut [u8]>> = content.chunks_mut(chunks.size as usize).map(Mutex::new).collect();
    let one = |decoder: &mut Decoder, index: usize| {
        let mut place = places[index].lock().expect("each chunk is decoded once");
        chunks.decode(decoder, index, &mut place)
    };
    let outcomes = parallel::map(chunks.table.count(), Decoder::new, one);
    outcomes.into_iter().collect::<Result<(), payload::Error>>()?;
    drop(places);
    Ok(content)
}

/// Hands the content of `section` to `each`, a piece at a time, in order.
///
/// # Errors
/// As [`section`], without which `each` had the pieces before; and those of `each`.
pub fn pieces<E: From<Error>>(
    payload: &[u8],
    section: &Section,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let damaged = |error: payload::Error| E::from(Error::Damaged(error));
    let Some(chunks) = Chunks::of(payload, section).map_err(damaged)? else {
        return each(stored(payload, section));
    };
    let (mut decoder, mut piece) = (Decoder::new(), Vec::new());
    for index in 0..chunks.table.count() {
        piece.resize(chunks.len(index), 0);
        chunks.decode(&mut decoder, index, &mut piece).map_err(damaged)?;
        each(&piece)?;
    }
    Ok(())
}

/// SHA-256 of the content of `section`.
///
/// # Errors
/// As [`section`].
pub fn sha256(payload: &[u8], section: &Section) -> Result<[u8; 32], Error> {
    let mut hash = payload::Hash::default();
    pieces(payload, section, |piece| {
        hash.update(piece);
        Ok::<(), Error>(())
    })?;
    Ok(hash.finish())
}

/// Decodes every chunk of `section` and keeps none: how many there are, or `None` for a section that is stored raw.
///
/// # Errors
/// Every chunk that is damaged, or what is wrong with their table.
pub fn check(payload: &[u8], section: &Section) -> Result<Option<usize>, Vec<payload::Error>> {
    let Some(chunks) = Chunks::of(payload, section).map_err(|error| vec![error])? else { return Ok(None) };
    let state = || (Decoder::new(), Vec::new());
    let one = |(decoder, piece): &mut (Decoder, Vec<u8>), index: usize| {
        piece.resize(chunks.len(index), 0);
        chunks.decode(decoder, index, piece)
    };
    let count = chunks.table.count();
    let errors: Vec<_> = parallel::map(count, state, one).into_iter().filter_map(Result::err).collect();
    if errors.is_empty() { Ok(Some(count)) } else { Err(errors) }
}

/// The bytes that `section` takes in `payload`. They are there: the section table was checked.
fn stored<'a>(payload: &'a [u8], section: &Section) -> &'a [u8] {
    &payload[section.offset as usize..][..section.stored_len as usize]
}

/// The chunks of a section, and where they are.
struct Chunks<'a> {
    payload: &'a [u8],
    table: ChunkTable,
    size: u32,
}

impl<'a> Chunks<'a> {
    /// Those of `section`; `None` if it is stored raw.
    fn of(payload: &'a [u8], section: &Section) -> Result<Option<Chunks<'a>>, payload::Error> {
        let Encoding::Chunked { chunk_size: size } = section.encoding else { return Ok(None) };
        let stored = stored(payload, section);
        let table = ChunkTable::size(section.len, size).min(stored.len() as u64) as usize;
        let table = ChunkTable::parse(&stored[..table], section)?;
        Ok(Some(Chunks { payload, table, size }))
    }

    /// Bytes that chunk `index` has once decoded.
    fn len(&self, index: usize) -> usize {
        let decoded = self.table.decoded_range(index);
        (decoded.end - decoded.start) as usize
    }

    fn decode(&self, decoder: &mut Decoder, index: usize, place: &mut [u8]) -> Result<(), payload::Error> {
        let frame = self.table.stored_range(index);
        let frame = &self.payload[frame.start as usize..frame.end as usize];
        self.table.decode_with(decoder, index, frame, place)
    }
}
