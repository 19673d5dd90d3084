//! The headers of a PE file: where their fields lie, and the checks without which no edit would be safe.
//!
//! Field names and rules are those of Microsoft's "PE Format". Only files that every loader would take are
//! accepted; what is stranger than that is refused with the offset of the field.

use std::ops::Range;

use crate::{Error, Kind};

/// Offset of `e_lfanew`, which says where the PE header lies.
const E_LFANEW: usize = 0x3c;
/// `Subsystem` of a program with a console (PE format, "Windows Subsystem").
pub(super) const SUBSYSTEM_CONSOLE: u16 = 3;
/// `Subsystem` of a program without one.
pub(super) const SUBSYSTEM_GUI: u16 = 2;
const MACHINE_X86_64: u16 = 0x8664;
/// `Characteristics`: the file can be run.
const EXECUTABLE_IMAGE: u16 = 0x0002;
/// `Characteristics`: the file is a library.
const DLL: u16 = 0x2000;
/// The optional header's magic number for 64-bit programs.
const PE32_PLUS: u16 = 0x20b;
/// Size of an optional header with all its directories.
const OPTIONAL_SIZE: u16 = optional::DIRECTORIES as u16 + 16 * 8;
/// Pages of x86-64: sections are aligned to no less.
const PAGE: u32 = 4096;
/// Size of an entry in the section table.
pub(super) const SECTION_SIZE: usize = 40;
/// Sections that the loader of Windows XP takes at most; later ones take more.
const MAX_SECTIONS: usize = 96;

/// Offsets in the COFF header, from its start.
pub(super) mod coff {
    pub(crate) const MACHINE: usize = 0;
    pub(crate) const SECTION_COUNT: usize = 2;
    pub(crate) const SYMBOLS: usize = 8;
    pub(crate) const OPTIONAL_SIZE: usize = 16;
    pub(crate) const CHARACTERISTICS: usize = 18;
    pub(crate) const SIZE: usize = 20;
}

/// Offsets in the optional header, from its start.
pub(super) mod optional {
    pub(crate) const INITIALIZED_SIZE: usize = 8;
    pub(crate) const SECTION_ALIGNMENT: usize = 32;
    pub(crate) const FILE_ALIGNMENT: usize = 36;
    pub(crate) const IMAGE_SIZE: usize = 56;
    pub(crate) const HEADERS_SIZE: usize = 60;
    pub(crate) const CHECKSUM: usize = 64;
    pub(crate) const SUBSYSTEM: usize = 68;
    pub(crate) const DLL_CHARACTERISTICS: usize = 70;
    pub(crate) const DIRECTORY_COUNT: usize = 108;
    pub(crate) const DIRECTORIES: usize = 112;
}

/// Number of the data directory of resources.
pub(super) const RESOURCES: usize = 2;
/// Number of the data directory of certificates: the only one that holds a file offset.
pub(super) const CERTIFICATES: usize = 4;

/// The headers of a checked PE file. Offsets are in bytes from the start of the file, addresses from the start
/// of the loaded image.
#[derive(Debug)]
pub(super) struct Headers {
    /// Where the COFF header lies.
    pub(super) coff: usize,
    /// Where the optional header lies.
    pub(super) optional: usize,
    /// Where the section table lies.
    pub(super) table: usize,
    /// A power of two, from 512 to `section_alignment`.
    pub(super) file_alignment: u32,
    /// A power of two, 4096 at least.
    pub(super) section_alignment: u32,
    /// Bytes of headers, and of room for more, at the start of the file.
    pub(super) headers_size: u32,
    /// Sorted by address, which is the order of the table; they do not overlap.
    pub(super) sections: Vec<Section>,
    /// Where the last section's bytes end.
    pub(super) raw_end: u32,
}

/// A section, as far as we look at it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: [u8; 8],
    pub(super) virtual_size: u32,
    pub(super) address: u32,
    pub(super) raw_size: u32,
    pub(super) raw_offset: u32,
}

impl Headers {
    /// Reads the headers of an x86-64 executable.
    ///
    /// # Errors
    /// `Stub`, with the offset of the field, for everything that breaks a rule.
    pub(super) fn parse(file: &[u8]) -> Result<Headers, Error> {
        let mut headers = Headers::read(file)?;
        let symbols = headers.coff + coff::SYMBOLS;
        if u32_at(file, symbols)? != 0 {
            let what = "it has a table of symbols, which would be in the way; link it with -s, or strip it";
            return Err(broken(symbols as u64, what));
        }
        headers.check_alignments()?;
        headers.check_sections(file.len())?;
        headers.raw_end = headers.raw_ranges().last().map_or(headers.headers_size, |range| range.end);
        Ok(headers)
    }

    /// Reads the headers of an x86-64 executable and nothing but them: where the sections lie is not checked, and
    /// `raw_end` is 0.
    ///
    /// # Errors
    /// `Stub`, with the offset of the field, for a file of another kind or machine, and when it ends in its headers.
    pub(super) fn read(file: &[u8]) -> Result<Headers, Error> {
        if file.get(..2) != Some(b"MZ") {
            return Err(broken(0, "not a PE file"));
        }
        let pe = u32_at(file, E_LFANEW)? as usize;
        if file.get(pe..).and_then(|rest| rest.get(..4)) != Some(b"PE\0\0") {
            return Err(broken(pe as u64, "no PE header"));
        }
        let coff = pe + 4;
        let optional = coff + coff::SIZE;
        check_kind(file, coff, optional)?;
        let table = optional + usize::from(OPTIONAL_SIZE);
        let count = usize::from(u16_at(file, coff + coff::SECTION_COUNT)?);
        Ok(Headers {
            coff,
            optional,
            table,
            file_alignment: u32_at(file, optional + optional::FILE_ALIGNMENT)?,
            section_alignment: u32_at(file, optional + optional::SECTION_ALIGNMENT)?,
            headers_size: u32_at(file, optional + optional::HEADERS_SIZE)?,
            sections: (0..count)
                .map(|n| section(file, table + n * SECTION_SIZE))
                .collect::<Result<_, _>>()?,
            raw_end: 0,
        })
    }

    /// Where the section table ends.
    pub(super) fn table_end(&self) -> usize {
        self.table + self.sections.len() * SECTION_SIZE
    }

    /// Where the image ends once it is loaded: the next section's address.
    ///
    /// # Errors
    /// `Stub` when it would end beyond 32 bits.
    pub(super) fn image_end(&self) -> Result<u32, Error> {
        let end = self.sections.last().map_or(u64::from(self.headers_size), Section::end);
        let end = end.next_multiple_of(self.section_alignment.into());
        u32::try_from(end).map_err(|_| broken(self.table as u64, "its sections leave no room in memory"))
    }

    /// Address (or file offset, for certificates) and size in data directory `number`.
    pub(super) fn directory(&self, file: &[u8], number: usize) -> Range<u64> {
        let at = self.optional + optional::DIRECTORIES + number * 8;
        // Checked when the headers were parsed; edits leave the file no shorter than its headers.
        let [start, len] = [at, at + 4].map(|at| u64::from(u32_at(file, at).unwrap_or(0)));
        start..start + len
    }

    /// Room for further entries of the section table ends here.
    pub(super) fn room_end(&self) -> usize {
        let first = self.raw_ranges().first().map_or(self.headers_size, |range| range.start);
        first.min(self.headers_size) as usize
    }

    /// The bytes of each section that has some, in the order of the file. Ends beyond 32 bits are cut there, which
    /// is outside of any file that is accepted.
    fn raw_ranges(&self) -> Vec<Range<u32>> {
        let filled = self.sections.iter().filter(|section| section.raw_size > 0);
        let mut ranges: Vec<_> = filled
            .map(|section| section.raw_offset..section.raw_offset.saturating_add(section.raw_size))
            .collect();
        ranges.sort_by_key(|range| range.start);
        ranges
    }

    fn check_alignments(&self) -> Result<(), Error> {
        let (file, section) = (self.file_alignment, self.section_alignment);
        if !file.is_power_of_two() || !(512..=65536).contains(&file) {
            let what = format!("file alignment {file} must be a power of two from 512 to 65536");
            return Err(broken((self.optional + optional::FILE_ALIGNMENT) as u64, &what));
        }
        if !section.is_power_of_two() || section < PAGE.max(file) {
            let what =
                format!("section alignment {section} must be a power of two, at least {}", PAGE.max(file));
            return Err(broken((self.optional + optional::SECTION_ALIGNMENT) as u64, &what));
        }
        Ok(())
    }

    fn check_sections(&self, file_len: usize) -> Result<(), Error> {
        if self.sections.len() > MAX_SECTIONS {
            let what = format!("{} sections, at most {MAX_SECTIONS} allowed", self.sections.len());
            return Err(broken((self.coff + coff::SECTION_COUNT) as u64, &what));
        }
        if self.table_end() > self.headers_size as usize {
            return Err(broken(self.table as u64, "its section table is longer than its headers"));
        }
        let mut free = u64::from(self.headers_size);
        for (number, section) in self.sections.iter().enumerate() {
            let at = (self.table + number * SECTION_SIZE) as u64;
            if u64::from(section.address) < free || !section.address.is_multiple_of(self.section_alignment) {
                let what = format!("section {number} at address {:#x} is misplaced", section.address);
                return Err(broken(at, &what));
            }
            let aligned = |at: u32| at.is_multiple_of(self.file_alignment);
            if section.raw_size > 0 && !(aligned(section.raw_offset) && aligned(section.raw_size)) {
                let what = format!("section {number} at offset {:#x} is not aligned", section.raw_offset);
                return Err(broken(at, &what));
            }
            free = section.end();
        }
        // Linkers leave no gaps; a packed file must have none, see the story in mod.rs.
        let mut free = self.headers_size;
        for Range { start, end } in self.raw_ranges() {
            if start != free || end as usize > file_len {
                let what =
                    format!("the section at {start:#x}..{end:#x} leaves a gap, overlaps or lies outside");
                return Err(broken(start.into(), &what));
            }
            free = end;
        }
        Ok(())
    }
}

impl Section {
    /// Where it ends in memory, in bytes. Of a section without a virtual size all bytes are loaded.
    fn end(&self) -> u64 {
        let size = if self.virtual_size == 0 { self.raw_size } else { self.virtual_size };
        u64::from(self.address) + u64::from(size)
    }
}

/// Checks that this is a 64-bit x86 program with headers of the usual shape.
fn check_kind(file: &[u8], coff: usize, optional: usize) -> Result<(), Error> {
    let machine = u16_at(file, coff + coff::MACHINE)?;
    if machine != MACHINE_X86_64 {
        let what = format!(
            "machine {MACHINE_X86_64:#x} expected, {machine:#x} found: a launcher for another target"
        );
        return Err(broken((coff + coff::MACHINE) as u64, &what));
    }
    let characteristics = u16_at(file, coff + coff::CHARACTERISTICS)?;
    if characteristics & (EXECUTABLE_IMAGE | DLL) != EXECUTABLE_IMAGE {
        return Err(broken((coff + coff::CHARACTERISTICS) as u64, "a library or an object, not a program"));
    }
    let size = u16_at(file, coff + coff::OPTIONAL_SIZE)?;
    let magic = u16_at(file, optional)?;
    let directories = u32_at(file, optional + optional::DIRECTORY_COUNT)?;
    if (size, magic, directories) != (OPTIONAL_SIZE, PE32_PLUS, 16) {
        let what = format!("an optional header of {size} bytes, kind {magic:#x}, {directories} directories");
        return Err(broken(optional as u64, &what));
    }
    Ok(())
}

fn section(file: &[u8], at: usize) -> Result<Section, Error> {
    let name = file.get(at..).and_then(|rest| rest.first_chunk()).copied();
    Ok(Section {
        name: name.ok_or_else(|| short(at))?,
        virtual_size: u32_at(file, at + 8)?,
        address: u32_at(file, at + 12)?,
        raw_size: u32_at(file, at + 16)?,
        raw_offset: u32_at(file, at + 20)?,
    })
}

/// A section's name as the table has it. `name` has eight bytes at most.
pub(super) fn name(name: &str) -> [u8; 8] {
    let mut field = [0; 8];
    field[..name.len()].copy_from_slice(name.as_bytes());
    field
}

pub(super) fn u16_at(file: &[u8], at: usize) -> Result<u16, Error> {
    let bytes = file.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map(|bytes| u16::from_le_bytes(*bytes)).ok_or_else(|| short(at))
}

pub(super) fn u32_at(file: &[u8], at: usize) -> Result<u32, Error> {
    let bytes = file.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(|| short(at))
}

/// Writes `bytes` over those at `at`, which lies inside checked headers or a checked section.
pub(super) fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn short(at: usize) -> Error {
    broken(at as u64, "it is cut short")
}

pub(super) fn broken(at: u64, what: &str) -> Error {
    Error::at(Kind::Stub, at, what)
}
