//! The rules for the signature: every field, and the hash of every page again.

use std::ops::Range;

use goblin::mach::load_command::CommandVariant;

use super::{super::error::wrong, structure::View};
use crate::Error;

const PAGE: usize = 4096;
/// Length of SuperBlob, index and CodeDirectory; the identifier follows.
const HEAD: usize = 20 + 88;

/// Checks the signature and returns where it starts.
pub(in crate::macho) fn check(view: &View, identifier: &str) -> Result<usize, Error> {
    let file = view.file;
    let Range { start, end } = place(view)?;
    let len = end - start;
    let linkedit = &view.segments[view.segments.len() - 1].0;
    if !start.is_multiple_of(16) || end != file.len() || (start as u64) < linkedit.fileoff {
        return Err(wrong(start, "the signature does not end the file, or does not start at 16 bytes"));
    }
    let slots_at = HEAD + identifier.len() + 1;
    let count = start.div_ceil(PAGE);
    if len != slots_at + count * 32 {
        return Err(wrong(start, &format!("a signature of {len} bytes for {count} pages")));
    }
    let text = &view.segments[1].0;
    let [high, low] = [(text.filesize >> 32) as u32, text.filesize as u32];
    // All fields are big-endian; see platforms and xnu's cs_blobs.h. hashSize, hashType, platform and pageSize are
    // a byte each, the fields from codeLimit64 on are 64 bits.
    #[rustfmt::skip]
    let fields = [
        ("SuperBlob magic", 0xfade_0cc0), ("SuperBlob length", len as u32), ("count", 1),
        ("index type", 0), ("index offset", 20),
        ("CodeDirectory magic", 0xfade_0c02), ("CodeDirectory length", len as u32 - 20),
        ("version", 0x2_0400), ("flags", 0x2_0002), ("hashOffset", slots_at as u32 - 20), ("identOffset", 88),
        ("nSpecialSlots", 0), ("nCodeSlots", count as u32), ("codeLimit", start as u32),
        ("hashSize, hashType, platform, pageSize", 0x2002_000c),
        ("spare2", 0), ("scatterOffset", 0), ("teamOffset", 0), ("spare3", 0),
        ("codeLimit64", 0), ("codeLimit64", 0), ("execSegBase", 0), ("execSegBase", 0),
        ("execSegLimit", high), ("execSegLimit", low), ("execSegFlags", 0), ("execSegFlags", 1),
    ];
    let (head, rest) = file[start..].split_at(HEAD);
    for (index, ((name, expected), bytes)) in fields.into_iter().zip(head.chunks(4)).enumerate() {
        if bytes != expected.to_be_bytes() {
            let what = format!("{name}: {expected:#x} expected, {bytes:x?} found");
            return Err(wrong(start + index * 4, &what));
        }
    }
    let (name, slots) = rest.split_at(identifier.len() + 1);
    if name.strip_suffix(&[0]) != Some(identifier.as_bytes()) {
        return Err(wrong(start + HEAD, "another identifier"));
    }
    check_pages(&file[..start], PAGE, slots, 32)?;
    Ok(start)
}

/// Where the signature lies, according to its command; inside the file.
pub(in crate::macho) fn place(view: &View) -> Result<Range<usize>, Error> {
    let found = view.commands.iter().find_map(|command| match command.command {
        CommandVariant::CodeSignature(at) => Some((at.dataoff as usize, at.datasize as usize)),
        _ => None,
    });
    let (start, len) = found.ok_or_else(|| wrong(32, "no signature"))?;
    match start.checked_add(len).filter(|end| *end <= view.file.len()) {
        Some(end) => Ok(start..end),
        None => Err(wrong(start, "its signature lies outside the file")),
    }
}

/// Checks each page of `code` against its hash in `slots`: the first `hash_size` bytes of its SHA-256.
pub(in crate::macho) fn check_pages(
    code: &[u8],
    page_size: usize,
    slots: &[u8],
    hash_size: usize,
) -> Result<(), Error> {
    // The last page is as long as it is: not padded.
    for (index, (page, slot)) in code.chunks(page_size).zip(slots.chunks(hash_size)).enumerate() {
        if payload::sha256(page)[..hash_size] != *slot {
            return Err(wrong(index * page_size, "a page does not match its hash in the signature"));
        }
    }
    Ok(())
}
