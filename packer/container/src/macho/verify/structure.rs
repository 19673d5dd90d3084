//! The rules for header, load commands, segments and sections.

use goblin::{
    container::{Container, Ctx, Endian},
    mach::{
        load_command::{CommandVariant, LoadCommand, SegmentCommand64},
        segment::{Section, Segment},
    },
};
use payload::Target;

use super::super::{error::wrong, names::PAYLOAD_SEGMENT};
use crate::Error;

/// The page of Apple's CPUs, which Rosetta uses, too.
const PAGE: u64 = 0x4000;
/// Protections: `VM_PROT_READ | VM_PROT_EXECUTE`, and `VM_PROT_WRITE`.
const READ_EXECUTE: u32 = 5;
const WRITE_EXECUTE: u32 = 6;
/// `PLATFORM_MACOS`.
const MACOS: u32 = 1;

/// A Mach-O file as goblin reads its commands.
pub(in crate::macho) struct View<'a> {
    pub(in crate::macho) file: &'a [u8],
    page: u64,
    pub(in crate::macho) commands: Vec<LoadCommand>,
    pub(in crate::macho) commands_end: usize,
    pub(in crate::macho) segments: Vec<(SegmentCommand64, Vec<Section>)>,
}

impl<'a> View<'a> {
    /// Reads `file`, whose header must be that of an executable for `target`.
    pub(in crate::macho) fn read(file: &'a [u8], target: Target) -> Result<View<'a>, Error> {
        let field = |at: usize| {
            let bytes = file.get(at..).and_then(|rest| rest.first_chunk());
            bytes
                .map(|bytes| u32::from_le_bytes(*bytes))
                .ok_or_else(|| wrong(at, "the file ends in its header"))
        };
        // mach_header_64: magic, cputype, cpusubtype (arm64: all, x86_64: all), filetype MH_EXECUTE.
        let (cpu, subtype, page) = match target {
            Target::MacosArm64 => (0x0100_000c, 0, PAGE),
            Target::MacosX86_64 => (0x0100_0007, 3, 0x1000),
            _ => return Err(wrong(0, "no executable for macOS was asked for")),
        };
        let found = [field(0)?, field(4)?, field(8)? & 0x00ff_ffff, field(12)?];
        if found != [0xfeed_facf, cpu, subtype, 2] {
            return Err(wrong(0, &format!("a header of another kind: {found:x?}")));
        }
        // MH_PIE and MH_DYLDLINK.
        if field(24)? & 0x20_0004 != 0x20_0004 {
            return Err(wrong(24, "not position-independent, or not linked dynamically"));
        }
        let end = field(20)? as usize + 32;
        let (mut commands, mut at) = (Vec::new(), 32);
        let area = file.get(..end).ok_or_else(|| wrong(20, "load commands reach beyond the file"))?;
        for _ in 0..field(16)? {
            let start = at;
            let command = LoadCommand::parse(area, &mut at, Endian::Little)
                .map_err(|error| wrong(start, &error.to_string()))?;
            if at < start + 8 || !at.is_multiple_of(8) || at > end {
                return Err(wrong(start, "a load command of an invalid length"));
            }
            commands.push(command);
        }
        if at != end {
            return Err(wrong(20, "load commands do not fill their area"));
        }
        let segments = segments(file, &commands)?;
        Ok(View { file, page, commands, commands_end: end, segments })
    }

    /// Every section with its segment, in order.
    pub(in crate::macho) fn sections(&self) -> impl Iterator<Item = (&SegmentCommand64, &Section)> {
        self.segments
            .iter()
            .flat_map(|(segment, sections)| sections.iter().map(move |section| (segment, section)))
    }

    /// The last segment but one, which [`check_segments`](View::check_segments) found to be the payload's.
    pub(in crate::macho) fn payload_segment(&self) -> &SegmentCommand64 {
        &self.segments[self.segments.len() - 2].0
    }

    /// Where the first byte lies that a section claims.
    pub(in crate::macho) fn first_section(&self) -> usize {
        let claimed = self.sections().filter(|(_, section)| in_file(section));
        claimed.map(|(_, section)| section.offset as usize).min().unwrap_or(self.file.len())
    }

    /// Segments: their order and neighbourhood, in the file and in memory, their protection, their sections.
    pub(in crate::macho) fn check_segments(&self) -> Result<(), Error> {
        let names: Vec<&[u8; 16]> = self.segments.iter().map(|(segment, _)| &segment.segname).collect();
        let [zero, text, .., payload, linkedit] = names[..] else {
            return Err(wrong(32, "too few segments"));
        };
        let expected = [b"__PAGEZERO\0\0\0\0\0\0", b"__TEXT\0\0\0\0\0\0\0\0\0\0", &PAYLOAD_SEGMENT];
        if [zero, text, payload] != expected || linkedit != b"__LINKEDIT\0\0\0\0\0\0" {
            return Err(wrong(32, "segments are not __PAGEZERO, __TEXT, …, __WASMPACK, __LINKEDIT"));
        }
        let (mut file_end, mut memory_end) = (0, 0);
        for (index, (segment, sections)) in self.segments.iter().enumerate() {
            let wrong = |what: &str| wrong(0, &format!("segment {index}: {what}"));
            if (segment.filesize == 0) != (index == 0) {
                return Err(wrong("only __PAGEZERO takes no bytes in the file"));
            }
            let start = segment.fileoff as usize;
            if segment.fileoff != round(file_end, self.page) || segment.vmaddr < memory_end {
                return Err(wrong("does not follow the one before it"));
            }
            if self.file[file_end as usize..start].iter().any(|byte| *byte != 0) {
                return Err(wrong("bytes before it lie in no segment"));
            }
            if segment.vmsize < segment.filesize || segment.vmaddr % self.page != 0 {
                return Err(wrong("its place in memory is too small or no page boundary"));
            }
            if segment.initprot & !segment.maxprot != 0 || segment.initprot & WRITE_EXECUTE == WRITE_EXECUTE {
                return Err(wrong("its protection"));
            }
            check_sections(segment, sections).map_err(wrong)?;
            file_end = segment.fileoff + segment.filesize;
            memory_end =
                segment.vmaddr.checked_add(segment.vmsize).ok_or_else(|| wrong("reaches too far"))?;
        }
        if file_end != self.file.len() as u64 {
            return Err(wrong(file_end as usize, "bytes lie behind the last segment"));
        }
        let protections = |index: usize| (self.segments[index].0.initprot, self.segments[index].0.maxprot);
        let last = self.segments.len() - 1;
        if (protections(0), protections(1)) != ((0, 0), (READ_EXECUTE, READ_EXECUTE))
            || (protections(last - 1), protections(last)) != ((1, 1), (1, 1))
        {
            return Err(wrong(32, "protection of __PAGEZERO, __TEXT, __WASMPACK or __LINKEDIT"));
        }
        self.check_payload_and_linkedit()
    }

    fn check_payload_and_linkedit(&self) -> Result<(), Error> {
        let (payload, linkedit) = (self.payload_segment(), &self.segments[self.segments.len() - 1].0);
        if payload.flags != 0 || payload.vmsize != payload.filesize {
            return Err(wrong(0, "the payload's segment has flags, or another size in memory"));
        }
        if payload.vmaddr + payload.vmsize != linkedit.vmaddr || linkedit.fileoff % PAGE != 0 {
            return Err(wrong(0, "__LINKEDIT is not where the payload's segment ends, at 16 KiB"));
        }
        if linkedit.vmsize != round(linkedit.filesize, PAGE) || linkedit.flags != 0 {
            return Err(wrong(0, "__LINKEDIT is not a whole number of pages in memory, or has flags"));
        }
        Ok(())
    }

    /// Load commands that must be there once, and what they say.
    pub(in crate::macho) fn check_commands(&self) -> Result<(), Error> {
        let (text, memory) = (&self.segments[1].0, self.commands_end);
        let first = self.first_section();
        if memory > first || text.filesize < first as u64 {
            return Err(wrong(memory, "load commands reach into a section"));
        }
        let count = |is: fn(&CommandVariant) -> bool| {
            self.commands.iter().filter(|command| is(&command.command)).count()
        };
        let once = [
            ("LC_UUID", count(|c| matches!(c, CommandVariant::Uuid(uuid) if uuid.uuid != [0; 16]))),
            (
                "LC_BUILD_VERSION",
                count(|c| matches!(c, CommandVariant::BuildVersion(version) if version.platform == MACOS)),
            ),
            ("LC_MAIN", count(|c| matches!(c, CommandVariant::Main(_)))),
            ("LC_LOAD_DYLINKER", count(|c| matches!(c, CommandVariant::LoadDylinker(_)))),
            ("LC_SYMTAB", count(|c| matches!(c, CommandVariant::Symtab(_)))),
            ("LC_DYSYMTAB", count(|c| matches!(c, CommandVariant::Dysymtab(_)))),
            ("LC_CODE_SIGNATURE", count(|c| matches!(c, CommandVariant::CodeSignature(_)))),
        ];
        if let Some((name, count)) = once.iter().find(|(_, count)| *count != 1) {
            return Err(wrong(32, &format!("{count} valid {name}, 1 expected")));
        }
        for command in &self.commands {
            if let CommandVariant::Main(main) = &command.command
                && !(first as u64..text.filesize).contains(&main.entryoff)
            {
                return Err(wrong(command.offset, "the entry point is not in __TEXT"));
            }
        }
        Ok(())
    }
}

/// The segments, each with its sections, checked to fill their commands.
fn segments(file: &[u8], commands: &[LoadCommand]) -> Result<Vec<(SegmentCommand64, Vec<Section>)>, Error> {
    let context = Ctx::new(Container::Big, Endian::Little);
    let mut segments = Vec::new();
    for command in commands {
        let CommandVariant::Segment64(segment) = &command.command else { continue };
        if u64::from(segment.cmdsize) != 72 + 80 * u64::from(segment.nsects) {
            return Err(wrong(command.offset, "sections do not fill their segment's command"));
        }
        let sections = Segment::from_64(file, segment, command.offset, context)
            .and_then(|segment| segment.sections())
            .map_err(|error| wrong(command.offset, &error.to_string()))?;
        let sections = sections.into_iter().map(|(section, _)| section).collect();
        segments.push((*segment, sections));
    }
    Ok(segments)
}

/// Whether the section takes bytes in the file: it has some, and its type is none of the zero-filled ones.
pub(in crate::macho) fn in_file(section: &Section) -> bool {
    section.size > 0 && ![0x1, 0xc, 0x12].contains(&(section.flags & 0xff))
}

fn check_sections(segment: &SegmentCommand64, sections: &[Section]) -> Result<(), &'static str> {
    for section in sections {
        let inside = section.addr.checked_sub(segment.vmaddr);
        let end = inside.and_then(|start| start.checked_add(section.size));
        if section.segname != segment.segname || end.is_none_or(|end| end > segment.vmsize) {
            return Err("a section lies outside it");
        }
        if in_file(section)
            && (u64::from(section.offset).checked_sub(segment.fileoff) != inside
                || end.is_none_or(|end| end > segment.filesize))
        {
            return Err("a section lies outside it in the file");
        }
        if section.nreloc != 0 {
            return Err("a section has relocations");
        }
    }
    Ok(())
}

fn round(value: u64, to: u64) -> u64 {
    value.div_ceil(to) * to
}
