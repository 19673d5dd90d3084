//! Where everything will lie in the packed file, and the load commands that say so.
//!
//! All numbers are known before a byte is copied: the length of a signature depends on the length of what it
//! covers and on nothing else.

use goblin::mach::load_command::LC_CODE_SIGNATURE;

use super::{
    bytes::{put_u32, put_u64, u32_at, u64_at},
    commands::{self, Command, NCMDS, Offsets, SIZEOFCMDS},
    error::broken,
    layout::{Layout, SIGNATURE_COMMAND},
    names::ALIGNMENT,
    segment::{FILEOFF, FILESIZE, INSERTED, Place, VMADDR, VMSIZE},
    sign,
};
use crate::{
    Error,
    limit::{MAX_LEN, too_long},
};

/// The layout of a packed file. Offsets are in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) place: Place,
    /// Where `__LINKEDIT` starts.
    pub(super) linkedit: u64,
    /// Where the signature starts.
    pub(super) signature: u64,
    signature_len: u64,
}

impl Plan {
    /// The plan for a payload of `payload_len` bytes.
    ///
    /// The new segment takes the place of `__LINKEDIT`, which moves up by its size. On Intel a linker may put
    /// `__LINKEDIT` at a 4 KiB boundary: then zeros come first in the segment, so that the payload starts at 16
    /// KiB on both CPUs.
    ///
    /// # Errors
    /// `TooLarge` from [`MAX_LEN`] bytes on.
    pub(super) fn new(layout: &Layout, payload_len: u64, identifier: &str) -> Result<Plan, Error> {
        let old = layout.linkedit();
        let payload = old.fileoff.next_multiple_of(ALIGNMENT);
        let linkedit = (payload + payload_len).next_multiple_of(ALIGNMENT);
        let size = linkedit - old.fileoff;
        let place = Place { fileoff: old.fileoff, size, vmaddr: old.vmaddr, payload, payload_len };
        let signature = (linkedit + layout.data.len() as u64).next_multiple_of(sign::ALIGNMENT);
        let plan = Plan { place, linkedit, signature, signature_len: sign::size(signature, identifier) };
        if plan.end() >= MAX_LEN {
            return Err(too_long(plan.end()));
        }
        if old.vmaddr.checked_add(size).and_then(|at| at.checked_add(MAX_LEN)).is_none() {
            return Err(broken(old.at + VMADDR, "__LINKEDIT lies at the end of all memory"));
        }
        Ok(plan)
    }

    /// Where the file ends, which is where the signature ends.
    pub(super) fn end(&self) -> u64 {
        self.signature + self.signature_len
    }

    /// Brings the load commands of the stub, at the start of `file`, up to date. `layout` is the stub's, and has
    /// [room](Layout::check_room).
    ///
    /// # Errors
    /// `Stub` for a command that holds, or may hold, an offset that cannot be shifted.
    pub(super) fn write_commands(&self, file: &mut [u8], layout: &Layout) -> Result<(), Error> {
        for command in &layout.commands {
            self.shift(file, layout, command)?;
        }
        self.move_linkedit(file, layout);
        let (at, mut end) = (layout.linkedit().at, layout.commands_end());
        file.copy_within(at..end, at + INSERTED);
        file[at..at + INSERTED].copy_from_slice(&self.place.command());
        end += INSERTED;
        let signature = layout.signature.map(|old| if old.at > at { old.at + INSERTED } else { old.at });
        let signature = signature.unwrap_or_else(|| {
            put_u32(file, end, LC_CODE_SIGNATURE);
            put_u32(file, end + 4, SIGNATURE_COMMAND as u32);
            end += SIGNATURE_COMMAND;
            end - SIGNATURE_COMMAND
        });
        put_u32(file, signature + 8, self.signature as u32);
        put_u32(file, signature + 12, self.signature_len as u32);

        let added = 1 + u32::from(layout.signature.is_none());
        put_u32(file, NCMDS, layout.commands.len() as u32 + added);
        put_u32(file, SIZEOFCMDS, (end - goblin::mach::header::SIZEOF_HEADER_64) as u32);
        Ok(())
    }

    fn move_linkedit(&self, file: &mut [u8], layout: &Layout) {
        let old = layout.linkedit();
        let len = self.end() - self.linkedit;
        put_u64(file, old.at + VMADDR, old.vmaddr + self.place.size);
        put_u64(file, old.at + FILEOFF, self.linkedit);
        put_u64(file, old.at + FILESIZE, len);
        // A whole number of pages, unlike the length in the file (pyinstaller#6042).
        put_u64(file, old.at + VMSIZE, len.next_multiple_of(ALIGNMENT));
    }

    /// Shifts the file offsets in `command`.
    fn shift(&self, file: &mut [u8], layout: &Layout, command: &Command) -> Result<(), Error> {
        let (fields, anywhere) = match commands::offsets(command)? {
            Offsets::None => return Ok(()),
            Offsets::Linkedit(fields) => (fields, false),
            Offsets::Anywhere(fields) => (fields, true),
            Offsets::AnywhereWide(field) => {
                let at = field_at(command, field, 8)?;
                let new = self.shifted(layout, at, u64_at(file, at)?, true)?;
                put_u64(file, at, new);
                return Ok(());
            }
        };
        for field in fields {
            let at = field_at(command, *field, 4)?;
            let new = self.shifted(layout, at, u32_at(file, at)?.into(), anywhere)?;
            put_u32(file, at, new as u32);
        }
        Ok(())
    }

    /// Where what the stub has at `offset` will lie; `at` is the field that says so. 0 is no offset. The result
    /// fits the field that `offset` came from, since the packed file is shorter than 2 GiB.
    fn shifted(&self, layout: &Layout, at: usize, offset: u64, anywhere: bool) -> Result<u64, Error> {
        let linkedit = layout.linkedit();
        if offset == 0 || (anywhere && offset < linkedit.fileoff) {
            return Ok(offset);
        }
        if offset < linkedit.fileoff || offset > linkedit.end() {
            return Err(broken(at, &format!("offset {offset:#x} does not point into __LINKEDIT")));
        }
        Ok(offset + (self.linkedit - linkedit.fileoff))
    }
}

/// Where the field of `len` bytes that starts `field` bytes into `command` lies in the file.
fn field_at(command: &Command, field: usize, len: usize) -> Result<usize, Error> {
    if field + len > command.len {
        let what = format!("load command {:#x} is too short: {} bytes", command.number, command.len);
        return Err(broken(command.at + 4, &what));
    }
    Ok(command.at + field)
}
