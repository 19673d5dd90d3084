//! Mach-O: the payload becomes a segment of its own before `__LINKEDIT`, and the file is signed again.
//!
//! ```text
//! stub:    __TEXT  __DATA_CONST  __DATA               __LINKEDIT [signature]
//! packed:  __TEXT  __DATA_CONST  __DATA  __WASMPACK  __LINKEDIT  signature
//! ```
//!
//! No byte may lie outside a segment or behind the signature, so appending is not enough. `__LINKEDIT` moves up,
//! in the file and in memory, by the size of the new segment; what changes before it are load commands and the
//! 32 bytes of the locator slot. The signature is ad-hoc, for both CPUs (see [`sign`]), and laid out so that
//! `codesign` can replace it. None of this has run on a Mac: what is written is checked field by field against
//! what is known of the system (see [`verify`]).

mod bytes;
pub(super) mod commands;
pub(super) mod finished;
mod layout;
mod plan;
mod segment;
mod sign;
mod signed;
#[cfg(test)]
pub(super) mod tests;
mod verify;

use goblin::mach::load_command::LC_SEGMENT_64;
use payload::{Locator, Target, locator::SIZE};

pub(super) use self::verify::verify;
use self::{
    bytes::name16,
    commands::Command,
    layout::Layout,
    plan::Plan,
    segment::{FILEOFF, INSERTED, Segment},
};
use crate::{Error, Kind};

/// The segment and section of the stub that hold the locator slot; the segment is mapped from the file.
const SLOT_SEGMENT: [u8; 16] = name16("__DATA");
const SLOT_SECTION: [u8; 16] = name16("__wasmpack");
/// The segment and section that the packer adds.
const PAYLOAD_SEGMENT: [u8; 16] = name16("__WASMPACK");
const PAYLOAD_SECTION: [u8; 16] = name16("__payload");
/// Where the payload and `__LINKEDIT` start in the file: a multiple of this many bytes, the page of Apple's CPUs.
const ALIGNMENT: u64 = 0x4000;

/// The executable made of `stub` and `payload`, signed as `identifier`.
///
/// `identifier` is the app's name; what follows a NUL in it is left out.
///
/// # Errors
/// `Stub`, with the offset, for a stub that is damaged, for another target, without room for more load commands,
/// or that carries a payload already; `TooLarge` from [`MAX_LEN`](super::MAX_LEN) bytes on.
pub(super) fn embed(stub: &[u8], target: Target, payload: &[u8], identifier: &str) -> Result<Vec<u8>, Error> {
    let layout = Layout::read(stub, target)?;
    let slot = slot_in(layout.segment(&SLOT_SEGMENT))?;
    if layout.segment(&PAYLOAD_SEGMENT).is_some() || locator(stub, slot)?.is_some() {
        return Err(broken(slot, "already a packed executable, not a stub"));
    }
    layout.check_room(stub)?;
    let identifier = until_nul(identifier);
    let plan = Plan::new(&layout, payload.len() as u64, identifier)?;

    let mut file = Vec::with_capacity(plan.end() as usize);
    file.extend_from_slice(&stub[..layout.data.start]);
    file.resize(plan.place.payload as usize, 0);
    file.extend_from_slice(payload);
    file.resize(plan.linkedit as usize, 0);
    file.extend_from_slice(&stub[layout.data.clone()]);
    file.resize(plan.signature as usize, 0);
    plan.write_commands(&mut file, &layout)?;
    let locator = Locator { offset: plan.place.payload, len: payload.len() as u64 };
    file[slot..slot + SIZE].copy_from_slice(&locator.to_bytes());
    // Last: it covers every byte above.
    let text = layout.segment(&layout::TEXT).expect("read() saw __TEXT");
    let signature = sign::signature(&file, text.fileoff..text.end(), identifier);
    file.extend_from_slice(&signature);
    Ok(file)
}

/// The target of a Mach-O file, bare or packed, and where its locator slot lies. Segments other than the slot's are not
/// looked at.
///
/// # Errors
/// `Stub`, with the offset, for a header or load commands that are damaged or of another kind or machine, and for a
/// slot that is missing or has the wrong size.
pub(super) fn target_and_slot(file: &[u8]) -> Result<(Target, usize), Error> {
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
fn slot_in(segment: Option<&Segment>) -> Result<usize, Error> {
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

/// The locator in the slot at `at`; `None` in a bare stub.
///
/// # Errors
/// `Stub` when what is there is no locator.
pub(super) fn locator(file: &[u8], at: usize) -> Result<Option<Locator>, Error> {
    Locator::parse(&bytes::array(file, at)?).map_err(|error| {
        let what = format!("section __DATA,__wasmpack is no locator of this version ({error})");
        broken(at + error.at as usize, &what)
    })
}

/// What a NUL-terminated field keeps of `identifier`.
fn until_nul(identifier: &str) -> &str {
    identifier.split('\0').next().unwrap_or_default()
}

fn broken(at: usize, what: &str) -> Error {
    Error::new(Kind::Stub, format!("stub at {at:#x}: {what}"))
}
