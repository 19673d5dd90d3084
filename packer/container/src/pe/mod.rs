//! PE, for Windows: the payload in a section of its own, and what Windows shows of a program in another.
//!
//! ```text
//! stub       headers, .text, .data, … .wasmpck (the locator slot), .reloc: as they were, but for a few fields
//! .wpk       zeros up to a multiple of 64 KiB, then the payload
//! .rsrc      manifest, version information, icon
//! ```
//!
//! The edits are made in this order, each leaving a whole file: a certificate of the stub is removed
//! ([`certificate`]), the sections are appended ([`section`], [`resources`]), the subsystem and the locator slot
//! are set, and last, since it covers all else, the checksum ([`checksum`]). [`verify`] reads the result again.
//!
//! No byte of the file lies outside the headers and the sections, and none between them: the Authenticode
//! documentation and the tools that sign disagree on how such bytes are hashed. The payload is not the last
//! section, so that tools which replace an icon, and grow `.rsrc` for it, do not move the payload.

mod certificate;
pub(super) mod check;
mod checksum;
mod der;
mod headers;
mod icon;
mod options;
mod resources;
mod section;
mod signature;
mod slot;
#[cfg(test)]
pub(super) mod tests;
mod verify;
mod version;

use payload::{Locator, Target, locator::PE_ALIGNMENT};

pub use self::options::PeOptions;
pub(super) use self::slot::target_and_slot;
use self::{
    headers::{Headers, SUBSYSTEM_CONSOLE, SUBSYSTEM_GUI, broken, optional},
    resources::Resources,
    section::PAYLOAD_SECTION,
    slot::slot,
};
use crate::{Error, limit::layout, locator::locator};

/// The executable made of `stub` and `payload`.
///
/// # Errors
/// `Stub` when `stub` is no bare launcher for that target, has no room for two more sections, or resources of
/// its own while `options` asks for others; `Resource` for an icon or a text that cannot be used; `TooLarge`;
/// `Verify` when the result does not read back.
pub fn embed(stub: &[u8], target: Target, payload: &[u8], options: &PeOptions) -> Result<Vec<u8>, Error> {
    let at = slot(stub, target)?;
    if locator(stub, at)?.is_some() {
        return Err(broken(at as u64, "already a packed executable, not a stub"));
    }
    let bare = Headers::parse(stub)?;
    let own_resources = !bare.directory(stub, headers::RESOURCES).is_empty();
    let resources = Resources::collect(options, own_resources)?;
    // No fewer bytes than will follow the payload's start: two sections, each padded.
    let bound = payload.len() + resources.as_ref().map_or(0, Resources::bound) + 2 * PE_ALIGNMENT as usize;
    let start = layout(stub.len(), PE_ALIGNMENT, bound)?;

    let mut file = Vec::with_capacity(start as usize + bound);
    file.extend_from_slice(certificate::without(stub, &bare)?);
    certificate::forget(&mut file, &bare);
    let place = section::next(&file, PE_ALIGNMENT)?;
    section::append(&mut file, PAYLOAD_SECTION, place, payload)?;
    if let Some(resources) = resources {
        resources::append(&mut file, &resources)?;
    }

    let subsystem = if options.gui { SUBSYSTEM_GUI } else { SUBSYSTEM_CONSOLE };
    headers::put(&mut file, bare.optional + optional::SUBSYSTEM, &subsystem.to_le_bytes());
    let locator = Locator { offset: place.content_offset, len: payload.len() as u64 };
    headers::put(&mut file, at, &locator.to_bytes());
    let sum = checksum::of(&file, bare.optional + optional::CHECKSUM);
    headers::put(&mut file, bare.optional + optional::CHECKSUM, &sum.to_le_bytes());

    verify::verify(&file, stub, target, payload, options)?;
    Ok(file)
}
