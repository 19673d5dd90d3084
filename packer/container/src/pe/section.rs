//! Appending a section: forty bytes of header, its bytes at the end of the file, and three sums.

use super::headers::{Headers, SECTION_SIZE, broken, coff, optional, put, u32_at};
use crate::{Error, Kind};

/// Initialized data, readable (PE format, "Section Flags").
pub(super) const CHARACTERISTICS: u32 = 0x4000_0040;

/// The name of the section with the payload.
pub(super) const PAYLOAD_SECTION: [u8; 8] = *b".wpk\0\0\0\0";

/// Where an appended section goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where its bytes start: bytes from the start of the file.
    pub(super) raw_offset: u64,
    /// Where its content starts in the file, after zeros for alignment.
    pub(super) content_offset: u64,
    /// Where its first byte will be in memory: bytes from the start of the image.
    pub(super) address: u32,
}

/// Where the next section of `file` goes, if its content is to start at a multiple of `alignment` bytes.
///
/// # Errors
/// `Stub` when there is no room for it, or when the file does not end with its last section.
pub(super) fn next(file: &[u8], alignment: u64) -> Result<Place, Error> {
    let headers = Headers::parse(file)?;
    let (start, end) = (headers.table_end(), headers.table_end() + SECTION_SIZE);
    // Some linkers put other things there, such as bound imports.
    let free = end <= headers.room_end() && file[start..end].iter().all(|byte| *byte == 0);
    if !free {
        let what = "its headers have no room for another section; link it with a larger file alignment";
        return Err(broken(start as u64, what));
    }
    if file.len() > headers.raw_end as usize {
        let what =
            format!("{} bytes follow its last section; strip it", file.len() - headers.raw_end as usize);
        return Err(broken(headers.raw_end.into(), &what));
    }
    let raw_offset = u64::from(headers.raw_end).next_multiple_of(headers.file_alignment.into());
    Ok(Place {
        raw_offset,
        content_offset: raw_offset.next_multiple_of(alignment),
        address: headers.image_end()?,
    })
}

/// Appends a section `name` with `content` at `place`, which [`next`] gave for this very file.
///
/// | field | value | who minds |
/// | --- | --- | --- |
/// | VirtualSize | bytes with content | the loader; readers of resources |
/// | SizeOfRawData, PointerToRawData | multiples of FileAlignment | the loader |
/// | NumberOfSections | one more | everyone |
/// | SizeOfInitializedData | more by SizeOfRawData | scanners, linkers |
/// | SizeOfImage | address + VirtualSize, up to SectionAlignment | the loader refuses a wrong one |
///
/// # Errors
/// `TooLarge` when the image would reach 2 GiB, which is the loader's limit.
pub(super) fn append(file: &mut Vec<u8>, name: [u8; 8], place: Place, content: &[u8]) -> Result<(), Error> {
    let headers = Headers::parse(file)?;
    let content_end = place.content_offset + content.len() as u64;
    let raw_end = content_end.next_multiple_of(headers.file_alignment.into());
    let (virtual_size, raw_size) = (content_end - place.raw_offset, raw_end - place.raw_offset);
    let image_size =
        (u64::from(place.address) + virtual_size).next_multiple_of(headers.section_alignment.into());
    let initialized = u64::from(u32_at(file, headers.optional + optional::INITIALIZED_SIZE)?) + raw_size;
    if raw_end.max(image_size).max(initialized) >= crate::MAX_LEN {
        let reason = format!("the executable would take {} bytes of memory, 2 GiB is the limit", image_size);
        return Err(Error::new(Kind::TooLarge, reason));
    }

    file.resize(place.content_offset as usize, 0);
    file.extend_from_slice(content);
    file.resize(raw_end as usize, 0);
    let fields = [virtual_size as u32, place.address, raw_size as u32, place.raw_offset as u32, 0, 0, 0];
    let mut header = name.to_vec();
    fields.iter().for_each(|field| header.extend_from_slice(&field.to_le_bytes()));
    header.extend_from_slice(&CHARACTERISTICS.to_le_bytes());
    put(file, headers.table_end(), &header);
    let count = headers.sections.len() as u16 + 1;
    put(file, headers.coff + coff::SECTION_COUNT, &count.to_le_bytes());
    put(file, headers.optional + optional::INITIALIZED_SIZE, &(initialized as u32).to_le_bytes());
    put(file, headers.optional + optional::IMAGE_SIZE, &(image_size as u32).to_le_bytes());
    Ok(())
}
