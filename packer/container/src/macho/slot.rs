//! The locator slot of a launcher, bare or packed.

use goblin::mach::load_command::LC_SEGMENT_64;
use payload::{Target, locator::SIZE};

use super::{
    bytes,
    commands::{self, Command},
    error::broken,
    names::{SLOT_SECTION, SLOT_SEGMENT},
    segment::Segment,
};
use crate::Error;

/// The target of a Mach-O file, bare or packed, and where its locator slot lies. Segments other than the slot's are not
/// looked at.
///
/// # Errors
/// `Stub`, with the offset, for a header or load commands that are damaged or of another kind or machine, and for a
/// slot that is missing or has the wrong size.
pub(crate) fn target_and_slot(file: &[u8]) -> Result<(Target, usize), Error> {
    let target = commands::target(file)?;
    let commands = commands::read(file, target)?;
    let is_slot = |command: &&Command| {
        command.number == LC_SEGMENT_64
            && bytes::array(file, command.at + 8).is_ok_and(|name| name == SLOT_SEGMENT)
    };
    let segment = commands.iter().find(is_slot).map(|command| Segment::read(file, command)).transpose()?;
    Ok((target, slot_in(segment.as_ref())?))
}

/// Where the locator slot lies in the segment that must hold it: bytes from the start of the file, inside the file.
///
/// # Errors
/// `Stub` for a slot that is missing or has the wrong size.
pub(super) fn slot_in(segment: Option<&Segment>) -> Result<usize, Error> {
    let missing = || broken(32, "it has no section __DATA,__wasmpack, which every launcher of wasmpack has");
    let segment = segment.ok_or_else(missing)?;
    let mut found = segment.sections.iter().filter(|section| section.name == SLOT_SECTION);
    let section = found.next().ok_or_else(missing)?;
    if found.next().is_some() {
        return Err(broken(segment.at, "it has two sections __DATA,__wasmpack"));
    }
    let at = u64::from(section.offset);
    if section.size != SIZE as u64 {
        let what = format!("section __DATA,__wasmpack has {} bytes, {SIZE} expected", section.size);
        return Err(broken(section.offset as usize, &what));
    }
    if section.is_zerofill() || at < segment.fileoff || at + section.size > segment.end() {
        return Err(broken(section.offset as usize, "section __DATA,__wasmpack lies outside its segment"));
    }
    Ok(section.offset as usize)
}
