//! Putting a payload into a launcher: bytes in, bytes out, the same on every host.
//!
//! The launcher's format is told from its first bytes. Each format has a file of its own here; whatever one
//! writes is read again by `verify`, independently of the writer. [`find`] and [`check`] need only the file, which may
//! be old, or signed since.
//!
//! Every format keeps two words apart: **verify** compares the file with its launcher and payload, and fails a pack; **check**
//! needs only the file, and reports findings.
#![forbid(unsafe_code)]

pub mod check;
mod elf;
mod error;
mod find;
mod format;
mod limit;
mod locator;
mod macho;
pub mod pe;
pub mod testing;
#[cfg(test)]
mod tests;
pub mod universal;
pub mod unix;
mod verify;

pub use error::{Error, Kind};
pub use find::{Found, find, is_executable, is_packed};
pub use format::Format;
pub use limit::MAX_LEN;
use payload::Target;

/// Makes an executable of `stub`, a launcher for `target`, and `payload`. `options` set its appearance on Windows; the app's
/// name in them also identifies it in a macOS signature.
///
/// # Errors
/// `Stub` if `stub` is not a launcher for that target, or already has a payload; `OtherVersion` if it reads another format than
/// is written here; `TooLarge` from [`MAX_LEN`] bytes on;
/// `Verify` if the result fails its verification.
pub fn embed(stub: &[u8], target: Target, payload: &[u8], options: &pe::PeOptions) -> Result<Vec<u8>, Error> {
    let file = match Format::of(stub) {
        Some(Format::Elf) => {
            let file = elf::embed(stub, target, payload)?;
            verify::verify(&file, stub, target, payload)?;
            return Ok(file);
        }
        Some(Format::Pe) => pe::embed(stub, target, payload, options)?,
        Some(Format::MachO) => {
            let file = macho::embed(stub, target, payload, &options.app)?;
            macho::verify(&file, stub, target, payload, &options.app)?;
            file
        }
        None => return Err(Error::new(Kind::Stub, "not an executable, so not a launcher of wasmpack")),
    };
    verify::read_payload(payload, target)?;
    Ok(file)
}
