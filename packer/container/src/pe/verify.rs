//! Reading a finished PE file as a stranger would: with goblin, which had no part in writing it.
//!
//! wine loads almost anything and Windows is not here, so the rules of its loader are checked one by one. A
//! field that is wrong by a page may sleep until a launcher grows.

use std::ops::Range;

use goblin::pe::{
    header::Header, optional_header::OptionalHeader, options::ParseOptions, resource::ResourceData,
    section_table::SectionTable,
};
use payload::{
    Locator, Target,
    locator::{PE_ALIGNMENT, SIZE},
};

use super::{
    certificate, checksum,
    headers::{
        CERTIFICATES, Headers, RESOURCES, SECTION_SIZE, SUBSYSTEM_CONSOLE, SUBSYSTEM_GUI, broken, coff,
        optional,
    },
    options::PeOptions,
    resources,
    section::{self, PAYLOAD_SECTION},
    slot::slot,
};
use crate::{Error, locator::locator, verify::mistake};

/// Checks that `file` is a program which Windows loads, made of `stub` and `payload` and what `options` says.
///
/// # Errors
/// `Verify`, saying what is wrong.
pub(super) fn verify(
    file: &[u8],
    stub: &[u8],
    target: Target,
    payload: &[u8],
    options: &PeOptions,
) -> Result<(), Error> {
    let (optional, sections) = read(file).map_err(|what| match read(stub) {
        // The stub cannot be read either, so the packer made no mistake.
        Err(what) => broken(0, &what),
        Ok(_) => mistake(&what),
    })?;
    loads(file.len(), &optional, &sections).map_err(mistake)?;
    fields(file, stub, &optional, &sections, options)?;
    let carried = carried(file, target, &sections).map_err(|what| mistake(&what))?;
    if file[carried] != *payload {
        return Err(mistake("its locator does not lead to the payload"));
    }
    if !keeps(file, stub, target)? {
        return Err(mistake("bytes of the stub other than its locator were changed"));
    }
    if Headers::parse(stub)?.directory(stub, RESOURCES).is_empty() {
        shows(file, &optional, &sections, options)?;
    }
    Ok(())
}

/// The optional header and the sections, as goblin reads them.
pub(super) fn read(file: &[u8]) -> Result<(OptionalHeader, Vec<SectionTable>), String> {
    let header = Header::parse(file).map_err(|error| error.to_string())?;
    let optional = header.optional_header.ok_or("it has no optional header")?;
    let size = usize::from(header.coff_header.size_of_optional_header);
    let mut table = header.dos_header.pe_pointer as usize + 4 + coff::SIZE + size;
    let sections = header.coff_header.sections(file, &mut table).map_err(|error| error.to_string())?;
    Ok((optional, sections))
}

/// The loader's rules: the order and alignment of sections, in the file and in memory, without gaps in
/// the file, and the sizes that follow from them.
///
/// `len` is that of the file without certificates, and `optional` has alignments that are powers of two.
pub(super) fn loads(
    len: usize,
    optional: &OptionalHeader,
    sections: &[SectionTable],
) -> Result<(), &'static str> {
    let fields = &optional.windows_fields;
    let mut memory = u64::from(fields.size_of_headers).next_multiple_of(fields.section_alignment.into());
    let mut raw: Vec<Range<u64>> = Vec::new();
    for section in sections {
        let address = u64::from(section.virtual_address);
        if address < memory || !address.is_multiple_of(fields.section_alignment.into()) {
            return Err("its sections are misplaced in memory");
        }
        memory =
            (address + u64::from(section.virtual_size)).next_multiple_of(fields.section_alignment.into());
        if section.size_of_raw_data > 0 {
            let start = u64::from(section.pointer_to_raw_data);
            raw.push(start..start + u64::from(section.size_of_raw_data));
        }
    }
    raw.sort_by_key(|range| range.start);
    let aligned = raw
        .iter()
        .flat_map(|range| [range.start, range.end])
        .all(|at| at.is_multiple_of(fields.file_alignment.into()));
    let joined = raw.windows(2).all(|pair| pair[0].end == pair[1].start);
    let whole = raw.first().is_some_and(|first| first.start == u64::from(fields.size_of_headers))
        && raw.last().is_some_and(|last| last.end == len as u64);
    if !(aligned && joined && whole) {
        return Err("its sections do not fill the file");
    }
    if memory != u64::from(fields.size_of_image) || memory >= crate::MAX_LEN {
        return Err("SizeOfImage is not where its last section ends in memory");
    }
    Ok(())
}

/// The fields that were set.
fn fields(
    file: &[u8],
    stub: &[u8],
    optional: &OptionalHeader,
    sections: &[SectionTable],
    options: &PeOptions,
) -> Result<(), Error> {
    let fields = &optional.windows_fields;
    let before = Headers::parse(stub)?;
    let added = sections.get(before.sections.len()..).unwrap_or_default();
    let own_resources = !before.directory(stub, RESOURCES).is_empty();
    if added.len() != if own_resources { 1 } else { 2 } || added[0].name != PAYLOAD_SECTION {
        return Err(mistake("it has other sections than it should"));
    }
    if !added.iter().all(is_plain_data) {
        return Err(mistake("a new section is not plain data"));
    }
    let raw: u64 = added.iter().map(|section| u64::from(section.size_of_raw_data)).sum();
    let initialized = super::headers::u32_at(stub, before.optional + optional::INITIALIZED_SIZE)?;
    if optional.standard_fields.size_of_initialized_data != u64::from(initialized) + raw {
        return Err(mistake("SizeOfInitializedData does not fit its sections"));
    }
    if fields.subsystem != if options.gui { SUBSYSTEM_GUI } else { SUBSYSTEM_CONSOLE } {
        return Err(mistake("its subsystem is wrong"));
    }
    let certificates = optional.data_directories.get_certificate_table();
    let flags = super::headers::u16_at(stub, before.optional + optional::DLL_CHARACTERISTICS)?;
    if certificates.is_some_and(|place| place.virtual_address != 0 || place.size != 0)
        || fields.dll_characteristics != flags & !certificate::FORCE_INTEGRITY
    {
        return Err(mistake("a certificate of its launcher is left"));
    }
    if fields.check_sum != checksum::of(file, before.optional + optional::CHECKSUM) {
        return Err(mistake("its checksum is wrong"));
    }
    Ok(())
}

/// True for a section with no flags but those of data, and none of the fields that only object files use.
fn is_plain_data(section: &SectionTable) -> bool {
    let of_objects = [section.pointer_to_relocations, section.pointer_to_linenumbers];
    let counts = [section.number_of_relocations, section.number_of_linenumbers];
    section.characteristics == section::CHARACTERISTICS && of_objects == [0; 2] && counts == [0; 2]
}

/// Where the payload lies: the way to it from the slot, and nothing but zeros around it in its section.
pub(super) fn carried(
    file: &[u8],
    target: Target,
    sections: &[SectionTable],
) -> Result<Range<usize>, String> {
    let at = slot(file, target).map_err(|error| error.to_string())?;
    let found = locator(file, at).map_err(|error| error.to_string())?;
    let Locator { offset, len } = found.ok_or("its locator is empty")?;
    let section = sections.iter().find(|section| section.name == PAYLOAD_SECTION);
    let section = section.ok_or("it has no section for its payload")?;
    let start = u64::from(section.pointer_to_raw_data);
    if offset < start || offset + len != start + u64::from(section.virtual_size) {
        return Err("its locator does not lead to the end of its section".to_owned());
    }
    if !offset.is_multiple_of(PE_ALIGNMENT) {
        return Err("its payload is not aligned".to_owned());
    }
    let [start, offset, end] = [start, offset, offset + len].map(|at| at as usize);
    let section_end = start + section.size_of_raw_data as usize;
    if section_end > file.len() || end > section_end {
        return Err("its payload is longer than its section".to_owned());
    }
    if [start..offset, end..section_end].into_iter().flatten().any(|at| file[at] != 0) {
        return Err("a byte of its payload's section is neither payload nor zero".to_owned());
    }
    Ok(offset..end)
}

/// Whether every byte of the stub is in `file` that is not meant to change.
///
/// # Errors
/// `Stub` when `stub` is none.
pub(super) fn keeps(file: &[u8], stub: &[u8], target: Target) -> Result<bool, Error> {
    let headers = Headers::parse(stub)?;
    let field = |at: usize, len: usize| at..at + len;
    let directory = |number: usize| field(headers.optional + optional::DIRECTORIES + 8 * number, 8);
    let touched = [
        field(headers.coff + coff::SECTION_COUNT, 2),
        field(headers.optional + optional::INITIALIZED_SIZE, 4),
        field(headers.optional + optional::IMAGE_SIZE, 4),
        field(headers.optional + optional::CHECKSUM, 4),
        field(headers.optional + optional::SUBSYSTEM, 2),
        field(headers.optional + optional::DLL_CHARACTERISTICS, 2),
        directory(RESOURCES),
        directory(CERTIFICATES),
        field(headers.table_end(), 2 * SECTION_SIZE),
        field(slot(stub, target)?, SIZE),
    ];
    let mut at = 0;
    let mut untouched: Vec<Range<usize>> = Vec::new();
    let mut touched = Vec::from(touched);
    touched.sort_by_key(|range| range.start);
    for range in touched {
        untouched.push(at..range.start.max(at));
        at = range.end;
    }
    untouched.push(at..headers.raw_end as usize);
    Ok(untouched.into_iter().all(|range| file.get(range.clone()) == stub.get(range)))
}

/// The resources, as a reader of them sees them.
fn shows(
    file: &[u8],
    optional: &OptionalHeader,
    sections: &[SectionTable],
    options: &PeOptions,
) -> Result<(), Error> {
    let wrong = |error: goblin::error::Error| mistake(&format!("its resources: {error}"));
    let place = optional.data_directories.get_resource_table().copied();
    let place = place.ok_or_else(|| mistake("it has no resources"))?;
    let section = sections.iter().find(|section| section.name == resources::SECTION);
    let found = section.map(|own| (own.virtual_address, own.virtual_size));
    if found != Some((place.virtual_address, place.size)) {
        return Err(mistake("its resources are not where they should be"));
    }
    let alignment = optional.windows_fields.file_alignment;
    let found = ResourceData::parse_with_opts(file, place, sections, alignment, &ParseOptions::default());
    let found = found.map_err(wrong)?;
    let expected = options.manifest.as_deref().unwrap_or(resources::MANIFEST);
    if found.manifest_data.is_none_or(|manifest| manifest.data != expected.as_bytes()) {
        return Err(mistake("its manifest differs"));
    }
    let version = found.version_info.ok_or_else(|| mistake("it has no version information"))?;
    let given =
        |name: &str| options.version_info.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str());
    let shown = [
        ("FileVersion", version.string_info.file_version()),
        ("FileDescription", version.string_info.file_description()),
        ("ProductName", version.string_info.product_name()),
    ];
    for (name, text) in shown {
        if given(name).is_some_and(|given| text.as_deref() != Some(given)) {
            return Err(mistake(&format!("its {name} is {text:?}")));
        }
    }
    Ok(())
}
