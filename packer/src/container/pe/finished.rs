//! Checking a finished PE file without knowing what it was made of.

use payload::Target;

use super::{
    certificate, checksum,
    headers::{Headers, optional},
    signature, verify,
};

/// The rules of the loader and of this container; what it found.
///
/// # Errors
/// The first rule that is broken.
pub(in crate::container) fn structure(file: &[u8]) -> Result<String, String> {
    let headers = Headers::parse(file).map_err(|error| error.reason)?;
    let unsigned = certificate::without(file, &headers).map_err(|error| error.reason)?;
    let (optional, sections) = verify::read(file)?;
    verify::loads(unsigned.len(), &optional, &sections)?;
    verify::carried(file, Target::WindowsX86_64, &sections)?;
    let (found, expected) =
        (optional.windows_fields.check_sum, checksum::of(file, headers.optional + optional::CHECKSUM));
    if found != expected {
        return Err(format!("its checksum is {found:#x}, {expected:#x} expected: the file was changed"));
    }
    Ok(format!("{} sections, checksum {found:#x}", sections.len()))
}

/// What there is to say of the signature.
///
/// # Errors
/// Why it is none of this file's.
pub(in crate::container) fn signature(file: &[u8]) -> Result<String, String> {
    let headers = Headers::parse(file).map_err(|error| error.reason)?;
    signature::check(file, &headers)
}

/// Whether `file` is made of `stub`.
///
/// # Errors
/// Why that cannot be told.
pub(in crate::container) fn is_made_of(file: &[u8], stub: &[u8]) -> Result<bool, String> {
    verify::keeps(file, stub, Target::WindowsX86_64).map_err(|error| error.reason)
}
