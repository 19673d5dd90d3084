//! Putting a payload into a launcher: bytes in, bytes out, the same on every host.
//!
//! The launcher's format is told from its first bytes. Each format has a file of its own here; whatever one
//! writes is read again by `verify`, as somebody who knows nothing of how it was made. What was packed long ago, and
//! perhaps signed since, [`find`] finds again and [`finished`] checks.

mod elf;
mod find;
pub mod finished;
mod macho;
pub mod pe;
#[cfg(test)]
pub(crate) mod tests;
mod verify;

pub use find::{Format, Found, find, is_executable};
use payload::Target;

use crate::{Error, Kind};

/// The longest executable, in bytes, less one: above it, offsets in some containers (and in tools that read
/// them) turn negative.
pub const MAX_LEN: u64 = 1 << 31;

/// The executable made of `stub`, a launcher for `target`, and `payload`. `options` say what Windows shows of it; the
/// app's name in them also identifies it in a macOS signature.
///
/// # Errors
/// `Stub` when `stub` is no launcher for that target, or one that carries a payload already; `TooLarge` from
/// [`MAX_LEN`] bytes on; `Verify` when the result does not read back.
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

/// Where the payload goes and where the file ends: checked against [`MAX_LEN`].
fn layout(stub_len: usize, alignment: u64, payload_len: usize) -> Result<u64, Error> {
    let start = (stub_len as u64).next_multiple_of(alignment);
    let end = start + payload_len as u64;
    if end < MAX_LEN {
        return Ok(start);
    }
    let reason = format!("the executable would take {end} bytes; {} is the most", MAX_LEN - 1);
    Err(Error::new(Kind::TooLarge, reason))
}
