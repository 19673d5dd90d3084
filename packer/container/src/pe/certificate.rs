//! Removing an Authenticode signature: no longer true once a section is added, and in the way of the next one.
//!
//! Data directory 4 is the only one that holds a file offset. The certificates lie at the end of the file, at a
//! multiple of eight bytes (PE format, "The Attribute Certificate Table").

use super::headers::{CERTIFICATES, Headers, broken, optional, put, u16_at};
use crate::Error;

/// `DllCharacteristics`: load this program only if its signature is right.
pub(super) const FORCE_INTEGRITY: u16 = 0x0080;

/// The bytes of `file` without its certificates.
///
/// # Errors
/// `Stub` when the certificates are not what the file ends with.
pub(super) fn without<'a>(file: &'a [u8], headers: &Headers) -> Result<&'a [u8], Error> {
    let place = headers.directory(file, CERTIFICATES);
    if place.is_empty() {
        return Ok(file);
    }
    // Up to seven zeros align the certificates.
    let end = u64::from(headers.raw_end);
    let padding = end..end.next_multiple_of(8);
    let zeros = || file[end as usize..place.start as usize].iter().all(|byte| *byte == 0);
    if !(padding.start..=padding.end).contains(&place.start) || place.end != file.len() as u64 || !zeros() {
        let what = format!("certificates at {:#x}..{:#x} are not at its end", place.start, place.end);
        return Err(broken((headers.optional + optional::DIRECTORIES + 8 * CERTIFICATES) as u64, &what));
    }
    Ok(&file[..end as usize])
}

/// Removes what the headers say of certificates.
pub(super) fn forget(file: &mut [u8], headers: &Headers) {
    put(file, headers.optional + optional::DIRECTORIES + 8 * CERTIFICATES, &[0; 8]);
    let at = headers.optional + optional::DLL_CHARACTERISTICS;
    let flags = u16_at(file, at).unwrap_or(0) & !FORCE_INTEGRITY;
    put(file, at, &flags.to_le_bytes());
}
