//! Reading a packed Mach-O file as a stranger would: by goblin's reader and the rules of the system, with nothing
//! of what the writer knew.
//!
//! Every rule here is one that macOS, dyld or `codesign` is known to keep. It proves that the file has the form
//! that they accept, not that they start it.

pub(super) mod signature;
pub(super) mod structure;
pub(super) mod unchanged;

use std::ops::Range;

use payload::{Locator, Target, locator};

use self::structure::View;
use super::{
    error::wrong,
    names::{ALIGNMENT, PAYLOAD_SECTION, SLOT_SECTION, SLOT_SEGMENT, until_nul},
};
use crate::Error;

/// Checks that `file` is `stub` plus `payload`, signed as `identifier`, and nothing else.
///
/// # Errors
/// `Verify`, saying where and what differs.
pub fn verify(
    file: &[u8],
    stub: &[u8],
    target: Target,
    payload: &[u8],
    identifier: &str,
) -> Result<(), Error> {
    let view = View::read(file, target)?;
    view.check_segments()?;
    view.check_commands()?;
    let signature = signature::check(&view, until_nul(identifier))?;
    let slot = slot(&view)?;
    let found = payload_in(&view, &slot)?;
    if file[found.clone()] != *payload {
        return Err(wrong(found.start, "its payload differs"));
    }
    unchanged::check(&view, &View::read(stub, target)?, &slot, signature)
}

/// The bytes of the locator slot.
pub(super) fn slot(view: &View) -> Result<Range<usize>, Error> {
    let found: Vec<_> = view
        .sections()
        .filter(|(segment, section)| segment.segname == SLOT_SEGMENT && section.sectname == SLOT_SECTION)
        .collect();
    let [(_, section)] = found[..] else {
        return Err(wrong(0, &format!("{} sections __DATA,__wasmpack, 1 expected", found.len())));
    };
    let start = section.offset as usize;
    if section.size != locator::SIZE as u64 || !structure::in_file(section) {
        return Err(wrong(start, "section __DATA,__wasmpack is not a locator in the file"));
    }
    Ok(start..start + locator::SIZE)
}

/// Where the payload lies: checks that the locator leads to its section, and that its segment holds it and zeros.
/// `view` has passed [`View::check_segments`].
pub(super) fn payload_in(view: &View, slot: &Range<usize>) -> Result<Range<usize>, Error> {
    let read = view.file.get(slot.clone()).and_then(|slot| slot.first_chunk()).map(Locator::parse);
    let Some(Ok(Some(found))) = read else {
        return Err(wrong(slot.start, "its locator is empty or damaged"));
    };
    let segment = view.payload_segment();
    let mut sections = view.sections().filter(|(of, _)| of.segname == segment.segname);
    let (Some((_, section)), None) = (sections.next(), sections.next()) else {
        return Err(wrong(0, "the payload's segment has not one section"));
    };
    let start = u64::from(section.offset);
    if section.sectname != PAYLOAD_SECTION
        || (found.offset, found.len) != (start, section.size)
        || !structure::in_file(section)
    {
        return Err(wrong(slot.start, "its locator does not name the payload's section"));
    }
    if !start.is_multiple_of(ALIGNMENT) || start - segment.fileoff >= ALIGNMENT {
        return Err(wrong(section.offset as usize, "its payload is not where its segment starts"));
    }
    let (start, len) = (section.offset as usize, section.size as usize);
    let segment = segment.fileoff as usize..(segment.fileoff + segment.filesize) as usize;
    let zeros = [segment.start..start, start + len..segment.end];
    let used = zeros.into_iter().flatten().find(|at| view.file[*at] != 0);
    used.map_or(Ok(start..start + len), |at| {
        Err(wrong(at, "a byte of the payload's segment is neither payload nor zero"))
    })
}
