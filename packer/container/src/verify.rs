//! Reading a finished executable as a stranger would: nothing but its bytes, from the outside in.
//!
//! Mistakes in a container's fields sleep until a stub grows or a tool looks closer. So every pack ends by
//! finding the slot again, following it, and reading all that a launcher will read.

use payload::{Encoding, Prefix, Target, chunk::ChunkTable, header, locator::ELF_ALIGNMENT};

use super::elf;
use crate::{Error, Kind, locator::locator};

/// Checks that `file` is `stub` plus `payload` and nothing else, and that its payload reads back.
///
/// # Errors
/// `Verify`, saying what differs.
pub(super) fn verify(file: &[u8], stub: &[u8], target: Target, payload: &[u8]) -> Result<(), Error> {
    let at = elf::slot(file, target).map_err(|error| mistake(&error.to_string()))?;
    let found = locator(file, at).map_err(|error| mistake(&error.to_string()))?;
    let found = found.ok_or_else(|| mistake("its locator is empty"))?;
    let start = usize::try_from(found.offset).map_err(|_| mistake("its payload lies outside the file"))?;
    let carried = file.get(start..).ok_or_else(|| mistake("its payload lies outside the file"))?;
    if found.len != carried.len() as u64 || carried != payload {
        return Err(mistake("its locator does not lead to the payload"));
    }
    if !found.offset.is_multiple_of(ELF_ALIGNMENT) {
        return Err(mistake("its payload is not aligned"));
    }
    if !elf::keeps(file, stub, at, start) {
        return Err(mistake("bytes of the stub other than its locator were changed"));
    }
    read_payload(carried, target)
}

/// Reads everything that a launcher reads before it decodes the first chunk.
pub(super) fn read_payload(carried: &[u8], target: Target) -> Result<(), Error> {
    let wrong = |error: payload::Error| mistake(&error.to_string());
    let len = carried.len() as u64;
    let head = carried.get(..header::SIZE).ok_or_else(|| mistake("its payload is shorter than a header"))?;
    let prefix_len = Prefix::len(head, len).map_err(wrong)?;
    let prefix = Prefix::parse(&carried[..prefix_len], len).map_err(wrong)?;
    if prefix.header.target != target {
        return Err(mistake("its header names another target"));
    }
    for section in &prefix.sections {
        if let Encoding::Chunked { chunk_size } = section.encoding {
            let table = ChunkTable::size(section.len, chunk_size) as usize;
            let stored = &carried[section.offset as usize..][..section.stored_len as usize];
            let table = stored.get(..table).ok_or_else(|| mistake("a chunk table is cut short"))?;
            ChunkTable::parse(table, section).map_err(wrong)?;
        }
    }
    Ok(())
}

pub(super) fn mistake(what: &str) -> Error {
    Error::new(Kind::Verify, what)
}
