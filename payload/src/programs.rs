//! The section *programs*: payloads one after the other, each at a multiple of [`IMAGE_ALIGNMENT`] bytes, so that it can be mapped as
//! it could alone.

use crate::bytes::equal;
use crate::program::{Carried, count};
use crate::section::IMAGE_ALIGNMENT;
use crate::{Error, Kind, Manifest, Prefix, SectionKind, header};

/// The section *programs*: these payloads, each where it can be mapped.
pub fn join<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut section = Vec::new();
    for payload in payloads {
        section.resize(section.len().next_multiple_of(IMAGE_ALIGNMENT as usize), 0);
        section.extend_from_slice(payload);
    }
    section
}

/// The payload that begins at `at` in `section`, the content of a section *programs*: its prefix and bytes. `at` is 0, or a place
/// behind one ([`behind`]).
///
/// # Errors
/// As those of a payload. Places are from its start.
pub fn read(section: &[u8], at: usize) -> Result<(Prefix, &[u8]), Error> {
    let rest = section.get(at..).unwrap_or_default();
    let need = header::payload_len(rest)?;
    let bytes = usize::try_from(need).ok().and_then(|len| rest.get(..len));
    let bytes = bytes.ok_or(Error::new(0, Kind::Truncated { need, have: rest.len() as u64 }))?;
    let prefix = Prefix::parse(bytes.get(..Prefix::len(bytes, need)?).unwrap_or(bytes), need)?;
    Ok((prefix, bytes))
}

/// Where the next payload begins, behind one of `len` bytes at `at`.
pub fn behind(at: usize, len: usize) -> usize {
    at.saturating_add(len).next_multiple_of(IMAGE_ALIGNMENT as usize)
}

/// The programs that `payload` carries, whose prefix this is: none if it has no such section.
///
/// # Errors
/// As [`all`].
pub fn of<'a>(payload: &'a [u8], prefix: &Prefix) -> Result<Vec<(Prefix, &'a [u8])>, Error> {
    let Some(section) = prefix.section(SectionKind::Programs) else { return Ok(Vec::new()) };
    let place = section.offset as usize..(section.offset + section.stored_len) as usize;
    all(payload.get(place).unwrap_or_default(), &prefix.manifest.programs)
}

/// All payloads in `section`, with the places where they begin. `carried` are those that the manifest names.
///
/// # Errors
/// As [`read`]; `Value` for one whose manifest says more than whose it is, or that has programs of its own; `Mismatch` if there are
/// others than those that are named.
fn all<'a>(section: &'a [u8], carried: &[Carried]) -> Result<Vec<(Prefix, &'a [u8])>, Error> {
    let (mut all, mut at) = (Vec::new(), 0);
    while at < section.len() {
        let (prefix, bytes) = read(section, at)?;
        let Manifest { producer, app, module_sha256, content, .. } = prefix.manifest.clone();
        let alone = Manifest { producer, app, module_sha256, content, ..Manifest::default() };
        if prefix.manifest != alone || prefix.section(SectionKind::Code).is_none() {
            return Err(Error::new(header::SIZE as u64, Kind::Value { field: "program", found: 0 }));
        }
        at = behind(at, bytes.len());
        all.push((prefix, bytes));
    }
    equal(0, "number of programs", count(carried).into(), all.len() as u64)?;
    Ok(all)
}
