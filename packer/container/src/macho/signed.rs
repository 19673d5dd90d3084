//! Reading a code signature that anybody may have made: which hashes it holds, and whether they are this file's.
//!
//! ```text
//! SuperBlob      magic, length, count, then type and offset of each blob
//!   0            code directory: hashes of the pages, and of the other blobs in special slots
//!   2, 5, 7 …    requirements, entitlements …
//!   0x1000 …     the same directory with other kinds of hash
//!   0x10000      a signature of the first directory with a certificate; empty where there is none
//! ```

use std::{fmt, ops::Range};

use super::{
    error::wrong,
    sign::{CODE_DIRECTORY, SHA256, SUPER_BLOB},
    verify::signature::check_pages,
};
use crate::Error;

/// More parts than there are kinds of them; each may take a look at every page.
const MAX_BLOBS: u32 = 32;
/// `CSSLOT_ALTERNATE_CODEDIRECTORIES`, the first of five.
const ALTERNATES: Range<u32> = 0x1000..0x1005;
/// `CSSLOT_SIGNATURESLOT`.
const CERTIFICATE: u32 = 0x1_0000;
/// `CS_HASHTYPE_SHA256_TRUNCATED`: 20 bytes.
const SHA256_TRUNCATED: u8 = 3;
/// `CS_ADHOC`.
const AD_HOC: u32 = 2;
/// `CS_LINKER_SIGNED`.
const BY_LINKER: u32 = 0x2_0000;

/// A signature whose hashes are right.
pub(super) struct Signed {
    /// The program's name in it.
    pub(super) identifier: String,
    /// It says that a linker made it, or has no more in it than linkers write.
    pub(super) by_linker: bool,
    certificate: bool,
    pages: usize,
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.certificate { "with a certificate, which was not verified" } else { "ad hoc" };
        write!(f, "signed {how}, as {:?}, {} pages", self.identifier, self.pages)
    }
}

/// Reads the signature at `place` in `file`, which lies inside, and checks every hash of a kind that is known here.
///
/// # Errors
/// `Verify`, saying where, for a signature that is none, and a hash that is not right.
pub(super) fn read(file: &[u8], place: Range<usize>) -> Result<Signed, Error> {
    let blobs = blobs(file, place.clone())?;
    let directories: Vec<Directory> = blobs
        .iter()
        .filter(|(number, _)| *number == 0 || ALTERNATES.contains(number))
        .map(|(_, range)| Directory::read(file, range.clone()))
        .collect::<Result<_, _>>()?;
    let known = |directory: &&Directory| [SHA256, SHA256_TRUNCATED].contains(&directory.kind);
    let Some(first) = directories.iter().find(known) else {
        return Err(wrong(place.start, "its signature has no hashes of SHA-256"));
    };
    for directory in directories.iter().filter(known) {
        directory.check(file, place.start, &blobs)?;
    }
    // An empty one has a head of eight bytes.
    let certificate = blobs.iter().any(|(number, range)| *number == CERTIFICATE && range.len() > 8);
    if certificate == (first.flags & AD_HOC != 0) {
        return Err(wrong(first.place.start + 12, "its signature's flags and certificate do not match"));
    }
    Ok(Signed {
        identifier: first.identifier.clone(),
        by_linker: first.flags & BY_LINKER != 0 || blobs.len() == 1,
        certificate,
        pages: first.count,
    })
}

/// The blobs in the signature at `place`: the number of each, and where it lies.
fn blobs(file: &[u8], place: Range<usize>) -> Result<Vec<(u32, Range<usize>)>, Error> {
    let start = place.start;
    let signature = &file[place];
    let (magic, len, count) = (u32_at(signature, 0), u32_at(signature, 4), u32_at(signature, 8));
    let (Some(SUPER_BLOB), Some(len), Some(count)) = (magic, len, count) else {
        return Err(wrong(start, "its signature has an invalid header"));
    };
    let signature =
        signature.get(..len as usize).ok_or_else(|| wrong(start + 4, "its signature is cut short"))?;
    if count > MAX_BLOBS {
        return Err(wrong(
            start + 8,
            &format!("its signature has {count} parts, {MAX_BLOBS} at most expected"),
        ));
    }
    let mut blobs = Vec::new();
    for index in 0..count as usize {
        let entry = 12 + 8 * index;
        let blob = || {
            let number = u32_at(signature, entry)?;
            let at = u32_at(signature, entry + 4)? as usize;
            let len = u32_at(signature, at.checked_add(4)?)? as usize;
            signature.get(at..at.checked_add(len)?).filter(|blob| blob.len() >= 8)?;
            Some((number, start + at..start + at + len))
        };
        blobs.push(blob().ok_or_else(|| wrong(start + entry, "a part of its signature lies outside of it"))?);
    }
    Ok(blobs)
}

/// A code directory.
struct Directory {
    place: Range<usize>,
    flags: u32,
    identifier: String,
    /// How many pages it has hashes of.
    count: usize,
    /// How many special slots lie before these hashes.
    special: usize,
    /// Where the hashes of pages start, from the start of the directory.
    hashes: usize,
    hash_size: usize,
    kind: u8,
    page_size: usize,
    limit: u64,
}

impl Directory {
    fn read(file: &[u8], place: Range<usize>) -> Result<Directory, Error> {
        let start = place.start;
        let short = || wrong(start, "a code directory in its signature is damaged");
        let blob = &file[place.clone()];
        let fields: Option<Vec<usize>> =
            (0..11).map(|index| u32_at(blob, 4 * index).map(|field| field as usize)).collect();
        let [magic, _, version, flags, hashes, name, special, count, limit, kinds, _] =
            fields.ok_or_else(short)?[..]
        else {
            return Err(short());
        };
        if magic != CODE_DIRECTORY as usize {
            return Err(short());
        }
        let [hash_size, kind, _, page_log2] = (kinds as u32).to_be_bytes();
        let name =
            blob.get(name..).and_then(|rest| rest.split(|byte| *byte == 0).next()).ok_or_else(short)?;
        // Since version 0x20300 there is a limit of 64 bits, used where 32 do not do.
        let wide =
            if version < 0x2_0300 { None } else { blob.get(56..64).and_then(|wide| wide.first_chunk()) };
        let wide = wide.map_or(0, |wide| u64::from_be_bytes(*wide));
        Ok(Directory {
            flags: flags as u32,
            identifier: String::from_utf8_lossy(name).into_owned(),
            count,
            special,
            hashes,
            hash_size: hash_size.into(),
            kind,
            // None at all: the file is hashed as one.
            page_size: if page_log2 == 0 { file.len() } else { 1 << page_log2.min(31) },
            limit: if wide == 0 { limit as u64 } else { wide },
            place,
        })
    }

    /// Checks the hash of each page of the file, which ends at `end`, and of each of `blobs`.
    fn check(&self, file: &[u8], end: usize, blobs: &[(u32, Range<usize>)]) -> Result<(), Error> {
        let at = self.place.start;
        if self.hash_size != if self.kind == SHA256 { 32 } else { 20 } {
            return Err(wrong(at + 36, "hashes of an invalid length in its signature"));
        }
        if self.limit != end as u64 || self.count != end.div_ceil(self.page_size) {
            return Err(wrong(at + 28, "its signature is for a file of another length"));
        }
        let blob = &file[self.place.clone()];
        // Neither product wraps: each factor fits 32 bits.
        let slots = self.hashes..self.hashes + self.count * self.hash_size;
        let first = self.hashes.checked_sub(self.special * self.hash_size);
        let (Some(slots), Some(first)) = (blob.get(slots), first) else {
            return Err(wrong(at + 16, "hashes lie outside its signature"));
        };
        check_pages(&file[..end], self.page_size, slots, self.hash_size)?;
        let special = |number: u32| {
            let back = (number as usize).checked_mul(self.hash_size)?;
            let start = self.hashes.checked_sub(back).filter(|start| *start >= first)?;
            blob.get(start..start + self.hash_size)
        };
        let stored = |number: u32| special(number).filter(|hash| hash.iter().any(|byte| *byte != 0));
        for (number, range) in blobs.iter().filter(|(number, _)| *number > 0 && *number < ALTERNATES.start) {
            let hash = payload::sha256(&file[range.clone()]);
            if stored(*number) != Some(&hash[..self.hash_size]) {
                return Err(wrong(range.start, "a part of its signature does not match its hash in it"));
            }
        }
        // Requirements and entitlements lie in the signature; what the other slots are for lies in other files.
        let lost = |number: &u32| stored(*number).is_some() && !blobs.iter().any(|(one, _)| one == number);
        match [2, 5, 7].iter().find(|number| lost(number)) {
            Some(number) => Err(wrong(at, &format!("part {number} of its signature is missing"))),
            None => Ok(()),
        }
    }
}

/// The big-endian number at `at`.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| u32::from_be_bytes(*bytes))
}
