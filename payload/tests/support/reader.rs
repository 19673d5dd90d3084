//! Reads a whole payload as a launcher would, every chunk included.

use payload::{Encoding, Error, Kind, Prefix, SectionKind, chunk::ChunkTable, header};

/// Everything a payload says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its checked prefix.
    pub prefix: Prefix,
    /// The decoded content of each section after the manifest.
    pub contents: Vec<(SectionKind, Vec<u8>)>,
}

/// Reads a payload that is the whole of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Payload, Error> {
    read_located(bytes, bytes.len() as u64)
}

/// Reads a payload of which the file holds `bytes` and the locator says that it has `payload_len`.
pub fn read_located(bytes: &[u8], payload_len: u64) -> Result<Payload, Error> {
    let head = &bytes[..bytes.len().min(header::SIZE)];
    let prefix_len = Prefix::len(head, payload_len)?;
    let prefix = Prefix::parse(&bytes[..bytes.len().min(prefix_len)], payload_len)?;
    let mut contents = Vec::new();
    for section in &prefix.sections[1..] {
        let stored = range(bytes, section.offset..section.offset + section.stored_len)?;
        let content = match section.encoding {
            Encoding::Raw => stored.to_vec(),
            Encoding::Chunked { chunk_size } => {
                let table_len = ChunkTable::size(section.len, chunk_size).min(section.stored_len);
                decode_all(bytes, &ChunkTable::parse(&stored[..table_len as usize], section)?)?
            }
        };
        contents.push((section.kind, content));
    }
    Ok(Payload { prefix, contents })
}

/// Decodes every chunk of a section, in order.
pub fn decode_all(payload: &[u8], table: &ChunkTable) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    for index in 0..table.count() {
        let decoded = table.decoded_range(index);
        assert_eq!(decoded.start, content.len() as u64, "chunks follow one another");
        content.resize(decoded.end as usize, 0);
        let frame = range(payload, table.stored_range(index))?;
        table.decode(index, frame, &mut content[decoded.start as usize..])?;
    }
    assert_eq!(content.len() as u64, table.decoded_len(), "the chunks are the whole section");
    Ok(content)
}

fn range(bytes: &[u8], range: std::ops::Range<u64>) -> Result<&[u8], Error> {
    bytes.get(range.start as usize..range.end as usize).ok_or(Error {
        at: range.start,
        kind: Kind::Truncated {
            need: range.end - range.start,
            have: (bytes.len() as u64).saturating_sub(range.start),
        },
    })
}
