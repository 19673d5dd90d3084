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
mod checksum;
mod der;
pub(super) mod finished;
mod headers;
mod icon;
mod resources;
mod section;
mod signature;
#[cfg(test)]
pub(super) mod tests;
mod verify;
mod version;

use payload::{
    Locator, Target,
    locator::{PE_ALIGNMENT, PE_SECTION, SIZE},
};

use self::{
    headers::{Headers, broken, optional},
    resources::Resources,
};
use super::layout;
use crate::Error;

/// `Subsystem` of a program with a console (PE format, "Windows Subsystem").
const SUBSYSTEM_CONSOLE: u16 = 3;
/// `Subsystem` of a program without one.
const SUBSYSTEM_GUI: u16 = 2;
/// The name of the section with the payload.
const PAYLOAD_SECTION: [u8; 8] = *b".wpk\0\0\0\0";

/// What a Windows executable shows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeOptions {
    /// The app's name, for the texts of the version information that are not in `version_info`.
    pub app: String,
    /// True for a program that opens no console window.
    pub gui: bool,
    /// The bytes of an .ico file.
    pub icon: Option<Vec<u8>>,
    /// Texts of the version information, such as (`FileVersion`, `1.2.3`).
    pub version_info: Vec<(String, String)>,
    /// The application manifest, XML; `None` for the usual one.
    pub manifest: Option<String>,
}

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

/// Where the locator slot of a PE file for `target` lies: bytes from its start. The slot is inside the file.
///
/// # Errors
/// `Stub`, with the offset, for headers that are damaged or of another machine, and for a slot that is missing
/// or too small.
pub(super) fn slot(file: &[u8], target: Target) -> Result<usize, Error> {
    if target != Target::WindowsX86_64 {
        return Err(broken(0, &format!("a PE file cannot be a launcher for {}", target.name())));
    }
    slot_in(file, &Headers::parse(file)?)
}

/// The target of a PE file, bare or packed, and where its locator slot lies. Where other sections lie is not looked at.
///
/// # Errors
/// As [`slot`], but for what is not looked at.
pub(super) fn target_and_slot(file: &[u8]) -> Result<(Target, usize), Error> {
    Ok((Target::WindowsX86_64, slot_in(file, &Headers::read(file)?)?))
}

fn slot_in(file: &[u8], headers: &Headers) -> Result<usize, Error> {
    let name = headers::name(PE_SECTION);
    let mut found = headers.sections.iter().filter(|section| section.name == name);
    let table = headers.table as u64;
    let section = found.next().ok_or_else(|| {
        broken(table, &format!("it has no section {PE_SECTION}, which every launcher of wasmpack has"))
    })?;
    if found.next().is_some() {
        return Err(broken(table, &format!("it has two sections {PE_SECTION}")));
    }
    // The linker may have filled it up.
    if (section.virtual_size.min(section.raw_size) as usize) < SIZE {
        let what = format!("section {PE_SECTION} has {} bytes, {SIZE} expected", section.virtual_size);
        return Err(broken(section.raw_offset.into(), &what));
    }
    let at = section.raw_offset as usize;
    let inside = file.get(at..).is_some_and(|rest| rest.len() >= SIZE);
    let outside = || broken(at as u64, &format!("section {PE_SECTION} lies outside the file"));
    inside.then_some(at).ok_or_else(outside)
}

/// The locator in the slot at `at`; `None` in a bare stub.
///
/// # Errors
/// `Stub`, with the offset, for a slot of another version.
pub(super) fn locator(file: &[u8], at: usize) -> Result<Option<Locator>, Error> {
    let slot = file.get(at..).and_then(|rest| rest.first_chunk()).expect("slot() returns a place inside");
    Locator::parse(slot).map_err(|error| {
        let what = format!("section {PE_SECTION} is no locator of this version ({error})");
        broken(at as u64 + error.at, &what)
    })
}
