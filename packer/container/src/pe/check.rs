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
pub(crate) fn structure(file: &[u8]) -> Result<String, String> {
    let headers = Headers::parse(file).map_err(|error| error.to_string())?;
    let unsigned = certificate::without(file, &headers).map_err(|error| error.to_string())?;
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

/// The finding about the signature.
///
/// # Errors
/// Why it is none of this file's.
pub(crate) fn signature(file: &[u8]) -> Result<String, String> {
    let headers = Headers::parse(file).map_err(|error| error.to_string())?;
    signature::check(file, &headers)
}

/// Whether `file` is made of `stub`.
///
/// # Errors
/// Why that cannot be told.
pub(crate) fn is_made_of(file: &[u8], stub: &[u8]) -> Result<bool, String> {
    verify::keeps(file, stub, Target::WindowsX86_64).map_err(|error| error.to_string())
}
