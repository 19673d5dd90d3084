//! Checking a finished ELF file without knowing what it was made of.

use std::ops::Range;

use goblin::{
    container::{Container, Ctx, Endian},
    elf::{ProgramHeader, program_header::PT_LOAD, section_header::SHT_NOBITS},
};
use payload::locator::ELF_ALIGNMENT;

use super::{header, sections};

/// The rules of the kernel and of this container, for the payload at `payload`; what it found.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn structure(file: &[u8], payload: &Range<usize>) -> Result<String, String> {
    if !(payload.start as u64).is_multiple_of(ELF_ALIGNMENT) {
        return Err(format!("its payload at {:#x} is not aligned to {ELF_ALIGNMENT} bytes", payload.start));
    }
    let claimed = claimed(file)?;
    for (what, range) in &claimed {
        if range.start < payload.end as u64 && range.end > payload.start as u64 {
            return Err(format!("{what} at {:#x} overlaps the payload at {:#x}", range.start, payload.start));
        }
    }
    let before = claimed.iter().map(|(_, range)| range.end).filter(|end| *end <= payload.start as u64);
    let end = before.max().unwrap_or(0) as usize;
    if let Some(used) = (end..payload.start).find(|at| file[*at] != 0) {
        return Err(format!("the byte at {used:#x} is neither the launcher's nor the payload's"));
    }
    let behind = file.len() - payload.end;
    let behind = if behind == 0 { String::new() } else { format!(", {behind} unknown bytes after it") };
    Ok(format!("payload at {:#x}{behind}", payload.start))
}

/// Which bytes of the file its headers claim, with what for: tables, sections and segments.
fn claimed(file: &[u8]) -> Result<Vec<(String, Range<u64>)>, String> {
    let header = header(file).map_err(|error| error.to_string())?;
    let context = Ctx::new(Container::Big, Endian::Little);
    let segments = usize::try_from(header.e_phoff)
        .ok()
        .and_then(|at| ProgramHeader::parse(file, at, header.e_phnum.into(), context).ok())
        .ok_or("its program headers lie outside the file")?;
    let sections = sections(file, &header).ok_or("its section table lies outside the file")?;
    let table = |at: u64, count: u16, size: u16| (at, u64::from(count) * u64::from(size));
    let mut claimed = vec![
        ("the header".to_owned(), (0, u64::from(header.e_ehsize))),
        ("the program headers".to_owned(), table(header.e_phoff, header.e_phnum, header.e_phentsize)),
        ("the section table".to_owned(), table(header.e_shoff, header.e_shnum, header.e_shentsize)),
    ];
    for (index, segment) in segments.iter().enumerate() {
        if segment.p_type == PT_LOAD && segment.p_memsz < segment.p_filesz {
            return Err(format!("segment {index} is smaller in memory than in the file"));
        }
        claimed.push((format!("segment {index}"), (segment.p_offset, segment.p_filesz)));
    }
    let filled = sections.iter().enumerate().filter(|(_, section)| section.sh_type != SHT_NOBITS);
    claimed.extend(filled.map(|(index, one)| (format!("section {index}"), (one.sh_offset, one.sh_size))));
    let inside = |(what, (at, len)): (String, (u64, u64))| match at.checked_add(len) {
        // What has no bytes may be said to lie anywhere.
        _ if len == 0 => Ok((what, 0..0)),
        Some(end) if end <= file.len() as u64 => Ok((what, at..end)),
        _ => Err(format!("{what} at {at:#x} reaches beyond the file")),
    };
    claimed.into_iter().map(inside).collect()
}
