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
pub(super) mod check;
pub(super) mod commands;
mod error;
mod layout;
mod names;
mod plan;
mod segment;
mod sign;
mod signed;
mod slot;
#[cfg(test)]
pub(super) mod tests;
mod verify;

use payload::{Locator, Target, locator::SIZE};

use self::{
    error::broken,
    layout::Layout,
    names::{PAYLOAD_SEGMENT, SLOT_SEGMENT, until_nul},
    plan::Plan,
    slot::slot_in,
};
pub(super) use self::{slot::target_and_slot, verify::verify};
use crate::{Error, locator::locator};

/// The executable made of `stub` and `payload`, signed as `identifier`.
///
/// `identifier` is the app's name; what follows a NUL in it is left out.
///
/// # Errors
/// `Stub`, with the offset, for a stub that is damaged, for another target, without room for more load commands,
/// or that carries a payload already; `TooLarge` from [`MAX_LEN`](crate::MAX_LEN) bytes on.
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
