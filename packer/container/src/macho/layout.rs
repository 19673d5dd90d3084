//! The shape that a launcher must have before anything is inserted: where its parts lie, and that nothing lies
//! where no segment says so.
//!
//! Each rule is the system's or `codesign`'s: a launcher that breaks one would be killed at start or could not be
//! signed again, and its maker is told here which one and where.

use std::ops::Range;

use goblin::mach::{
    header::SIZEOF_HEADER_64,
    load_command::{LC_BUILD_VERSION, LC_CODE_SIGNATURE, LC_MAIN, LC_SEGMENT_64, LC_UUID},
};
use payload::Target;

use super::{
    bytes::{name16, spoken_name, u32_at},
    commands::{self, Command, page},
    error::broken,
    segment::{INSERTED, Segment},
};
use crate::Error;

pub(super) const TEXT: [u8; 16] = name16("__TEXT");
pub(super) const LINKEDIT: [u8; 16] = name16("__LINKEDIT");

/// Length of `linkedit_data_command`, which the command of a signature is.
pub(super) const SIGNATURE_COMMAND: usize = 16;

/// Where the parts of an executable lie. All offsets are in bytes from the start of the file.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) commands: Vec<Command>,
    pub(super) segments: Vec<Segment>,
    /// The command of its signature, if it has one.
    pub(super) signature: Option<Command>,
    /// The content of `__LINKEDIT`, up to its signature.
    pub(super) data: Range<usize>,
}

impl Layout {
    /// The layout of an executable for `target`, bare or packed.
    ///
    /// # Errors
    /// `Stub`, with the offset, for everything that is not as macOS and this packer want it.
    pub(super) fn read(file: &[u8], target: Target) -> Result<Layout, Error> {
        let commands = commands::read(file, target)?;
        let of = |number: u32| commands.iter().filter(move |command| command.number == number);
        let segments: Vec<Segment> =
            of(LC_SEGMENT_64).map(|command| Segment::read(file, command)).collect::<Result<_, Error>>()?;
        check_segments(file, target, &segments)?;
        // dyld refuses files without a UUID since macOS 26 (golang/go#75725).
        for (number, name) in
            [(LC_UUID, "LC_UUID"), (LC_BUILD_VERSION, "LC_BUILD_VERSION"), (LC_MAIN, "LC_MAIN")]
        {
            let count = of(number).count();
            if count != 1 {
                return Err(broken(SIZEOF_HEADER_64, &format!("it has {count} commands {name}, 1 expected")));
            }
        }
        let linkedit = segments.last().expect("check_segments saw __LINKEDIT");
        let mut data = linkedit.fileoff as usize..file.len();
        let mut signatures = of(LC_CODE_SIGNATURE).copied();
        let signature = signatures.next();
        if let Some(command) = signature {
            data.end = signature_at(file, &command, &data)?;
        }
        if let Some(second) = signatures.next() {
            return Err(broken(second.at, "it has two signatures"));
        }
        Ok(Layout { signature, data, segments, commands })
    }

    /// The segment with the file's tables for dyld, which is the last.
    pub(super) fn linkedit(&self) -> &Segment {
        self.segments.last().expect("read() saw __LINKEDIT")
    }

    pub(super) fn segment(&self, name: &[u8; 16]) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.name == *name)
    }

    /// Where the load commands end.
    pub(super) fn commands_end(&self) -> usize {
        self.commands.last().map_or(SIZEOF_HEADER_64, |command| command.at + command.len)
    }

    /// Checks that the commands which are to be added fit between the load commands and the first section.
    ///
    /// # Errors
    /// `Stub`, saying how much room there is and how to link a launcher with more.
    pub(super) fn check_room(&self, file: &[u8]) -> Result<(), Error> {
        let needed = INSERTED + if self.signature.is_some() { 0 } else { SIGNATURE_COMMAND };
        let sections = self.segments.iter().flat_map(|segment| &segment.sections);
        let first = sections
            .filter(|section| !section.is_zerofill() && section.size > 0)
            .map(|section| section.offset as usize)
            .min()
            .unwrap_or(self.data.start);
        let end = self.commands_end();
        let free = first.saturating_sub(end);
        let room = file.get(end..end + needed).filter(|_| free >= needed).ok_or_else(|| {
            let what = format!(
                "{needed} bytes are needed between its load commands and its first section, {free} are there; link \
                 the launcher with -Wl,-headerpad,0x400"
            );
            broken(end, &what)
        })?;
        if let Some(used) = room.iter().position(|byte| *byte != 0) {
            return Err(broken(
                end + used,
                "a byte is in use between its load commands and its first section",
            ));
        }
        Ok(())
    }
}

/// Checks that the segments follow each other in the file and in memory, from the header to the file's end, and
/// that `__LINKEDIT` is the last (LIEF#386). A segment may end inside a page (zig's linker leaves it so); then
/// zeros fill the page, and nothing else lies outside a segment (llvm#117723).
fn check_segments(file: &[u8], target: Target, segments: &[Segment]) -> Result<(), Error> {
    let (mut file_end, mut memory_end) = (0u64, 0u64);
    for segment in segments {
        let named =
            |what: &str| broken(segment.at, &format!("segment {} {what}", spoken_name(&segment.name)));
        if segments.iter().filter(|other| other.name == segment.name).count() > 1 {
            return Err(named("is there twice"));
        }
        let start = file_end.next_multiple_of(page(target));
        if segment.filesize > 0 && segment.fileoff != start {
            return Err(named(&format!("starts at {:#x}, but {start:#x} is expected", segment.fileoff)));
        }
        if segment.filesize > 0 && file[file_end as usize..start as usize].iter().any(|byte| *byte != 0) {
            return Err(named("has bytes before it that belong to no segment"));
        }
        if segment.filesize > 0 && segment.vmsize < segment.filesize {
            return Err(named("is smaller in memory than in the file"));
        }
        if segment.vmaddr < memory_end {
            return Err(named("overlaps the one before it in memory"));
        }
        if !segment.vmaddr.is_multiple_of(page(target)) || !segment.fileoff.is_multiple_of(page(target)) {
            return Err(named("does not start at a page boundary"));
        }
        if segment.filesize > 0 {
            file_end = segment.end();
        }
        memory_end = segment.vmaddr.checked_add(segment.vmsize).ok_or_else(|| named("is too large"))?;
    }
    // macOS kills a program whose __TEXT does not hold its header (mach#1717).
    let text = segments.iter().find(|segment| segment.filesize > 0);
    if text.is_none_or(|text| text.name != TEXT) {
        return Err(broken(SIZEOF_HEADER_64, "its first segment in the file is not __TEXT"));
    }
    let last = segments.last().filter(|last| last.name == LINKEDIT && last.filesize > 0);
    let Some(last) = last else {
        return Err(broken(SIZEOF_HEADER_64, "its last segment is not __LINKEDIT"));
    };
    if last.end() != file.len() as u64 {
        let what = format!("its last segment ends here, but the file at {:#x}", file.len());
        return Err(broken(last.end() as usize, &what));
    }
    Ok(())
}

/// Where the signature starts that `command` names: inside `linkedit`, and up to its end.
fn signature_at(file: &[u8], command: &Command, linkedit: &Range<usize>) -> Result<usize, Error> {
    if command.len != SIGNATURE_COMMAND {
        return Err(broken(command.at + 4, &format!("a signature's command of {} bytes", command.len)));
    }
    let (start, len) = (u32_at(file, command.at + 8)? as usize, u32_at(file, command.at + 12)? as usize);
    if start < linkedit.start || start.checked_add(len) != Some(linkedit.end) {
        return Err(broken(command.at + 8, "its signature is not the last thing in the file"));
    }
    Ok(start)
}
