//! The locator slot of a launcher, bare or packed.

use payload::{
    Target,
    locator::{PE_SECTION, SIZE},
};

use super::headers::{self, Headers, broken};
use crate::Error;

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
pub(crate) fn target_and_slot(file: &[u8]) -> Result<(Target, usize), Error> {
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
