//! Segments and sections: reading their commands, and writing the one that carries the payload.
//!
//! Layouts are those of `segment_command_64` and `section_64` in `<mach-o/loader.h>`.

use goblin::mach::{
    constants::{S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL, S_ZEROFILL, SECTION_TYPE},
    load_command::LC_SEGMENT_64,
};

use super::{
    bytes::{array, put_u32, put_u64, spoken_name, u32_at, u64_at},
    commands::Command,
    error::broken,
    names::{PAYLOAD_SECTION, PAYLOAD_SEGMENT},
};
use crate::Error;

/// Length of `segment_command_64` without its sections.
pub(super) const SEGMENT_SIZE: usize = 72;
/// Length of `section_64`.
pub(super) const SECTION_SIZE: usize = 80;
/// Length of the command that carries the payload: a segment with one section.
pub(super) const INSERTED: usize = SEGMENT_SIZE + SECTION_SIZE;

/// `VM_PROT_READ` and nothing else.
pub(super) const READ: u32 = 1;

// Offsets of fields in bytes from the start of the command.
pub(super) const VMADDR: usize = 24;
pub(super) const VMSIZE: usize = 32;
pub(super) const FILEOFF: usize = 40;
pub(super) const FILESIZE: usize = 48;
const NSECTS: usize = 64;

/// A segment: a run of the file that the system maps as one. Offsets and sizes are in bytes.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Where its command starts in the file.
    pub(super) at: usize,
    pub(super) name: [u8; 16],
    pub(super) vmaddr: u64,
    pub(super) vmsize: u64,
    pub(super) fileoff: u64,
    pub(super) filesize: u64,
    pub(super) sections: Vec<Section>,
}

/// A part of a segment.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) name: [u8; 16],
    /// Its length in memory; in the file, too, unless it is [zero-filled](Section::is_zerofill).
    pub(super) size: u64,
    /// Where it starts in the file.
    pub(super) offset: u32,
    flags: u32,
}

impl Segment {
    /// The segment that `command`, an `LC_SEGMENT_64`, describes. Its bytes lie in the file.
    ///
    /// # Errors
    /// `Stub` when the command is too short, or the segment reaches beyond the file.
    pub(super) fn read(file: &[u8], command: &Command) -> Result<Segment, Error> {
        let at = command.at;
        if command.len < SEGMENT_SIZE {
            return Err(broken(at + 4, &format!("a segment's command of {} bytes", command.len)));
        }
        let count = u32_at(file, at + NSECTS)?;
        if (command.len - SEGMENT_SIZE) as u64 != u64::from(count) * SECTION_SIZE as u64 {
            return Err(broken(at + NSECTS, &format!("{count} sections do not fill their command")));
        }
        let sections = (0..count as usize)
            .map(|index| Section::read(file, at + SEGMENT_SIZE + index * SECTION_SIZE))
            .collect::<Result<_, Error>>()?;
        let segment = Segment {
            at,
            name: array(file, at + 8)?,
            vmaddr: u64_at(file, at + VMADDR)?,
            vmsize: u64_at(file, at + VMSIZE)?,
            fileoff: u64_at(file, at + FILEOFF)?,
            filesize: u64_at(file, at + FILESIZE)?,
            sections,
        };
        if segment.fileoff.checked_add(segment.filesize).is_none_or(|end| end > file.len() as u64) {
            let what = format!("segment {} reaches beyond the file", spoken_name(&segment.name));
            return Err(broken(at + FILEOFF, &what));
        }
        Ok(segment)
    }

    /// Where it ends in the file.
    pub(super) fn end(&self) -> u64 {
        self.fileoff + self.filesize
    }
}

impl Section {
    fn read(file: &[u8], at: usize) -> Result<Section, Error> {
        Ok(Section {
            name: array(file, at)?,
            size: u64_at(file, at + 40)?,
            offset: u32_at(file, at + 48)?,
            flags: u32_at(file, at + 64)?,
        })
    }

    /// Whether it takes no bytes in the file.
    pub(super) fn is_zerofill(&self) -> bool {
        [S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL].contains(&(self.flags & SECTION_TYPE))
    }
}

/// Where the payload's segment lies. Offsets and sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) fileoff: u64,
    /// In the file and in memory alike.
    pub(super) size: u64,
    pub(super) vmaddr: u64,
    /// Where the payload starts in the file, inside the segment.
    pub(super) payload: u64,
    pub(super) payload_len: u64,
}

impl Place {
    /// The segment's command.
    ///
    /// It is readable and never more, and has no flags: dyld refuses a second `SG_READ_ONLY` segment (mach#2175).
    /// The section tells tools where in the segment the payload lies; nothing is relocated in it.
    pub(super) fn command(&self) -> [u8; INSERTED] {
        let mut command = [0; INSERTED];
        put_u32(&mut command, 0, LC_SEGMENT_64);
        put_u32(&mut command, 4, INSERTED as u32);
        command[8..24].copy_from_slice(&PAYLOAD_SEGMENT);
        put_u64(&mut command, VMADDR, self.vmaddr);
        put_u64(&mut command, VMSIZE, self.size);
        put_u64(&mut command, FILEOFF, self.fileoff);
        put_u64(&mut command, FILESIZE, self.size);
        put_u32(&mut command, 56, READ); // maxprot
        put_u32(&mut command, 60, READ); // initprot
        put_u32(&mut command, NSECTS, 1);
        let section = &mut command[SEGMENT_SIZE..];
        section[..16].copy_from_slice(&PAYLOAD_SECTION);
        section[16..32].copy_from_slice(&PAYLOAD_SEGMENT);
        put_u64(section, 32, self.vmaddr + (self.payload - self.fileoff));
        put_u64(section, 40, self.payload_len);
        put_u32(section, 48, self.payload as u32);
        put_u32(section, 52, 12); // log2 of its alignment in memory: at least an Intel page
        command
    }
}
