//! ELF: the payload is appended at a 64 KiB boundary, and the locator slot in the stub says where.
//!
//! Not one byte of the stub changes but the 32 of its slot. The kernel maps what program headers name, so the
//! appended bytes cost nothing at start. They belong to no section: `strip` drops them, and a launcher that
//! finds them missing says so.

pub(super) mod check;

use std::ops::Range;

use goblin::{
    container::{Container, Ctx, Endian},
    elf::{
        Elf, Header, SectionHeader,
        header::{
            EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, EM_AARCH64, EM_RISCV, EM_X86_64, ET_DYN, ET_EXEC,
        },
        section_header::SHT_NOBITS,
    },
};
use payload::{
    Locator, Target,
    locator::{ELF_ALIGNMENT, ELF_SECTION, SIZE},
    target::{Cpu, Os},
};

use crate::{Error, Kind, limit::layout, locator::locator};

/// Offset of `e_machine` in the header (System V ABI, "ELF Header").
const E_MACHINE: u64 = 0x12;
/// Offset of `e_type` in the header.
const E_TYPE: u64 = 0x10;

/// `e_machine` of each CPU.
const MACHINES: [(Cpu, u16); 3] =
    [(Cpu::X86_64, EM_X86_64), (Cpu::Arm64, EM_AARCH64), (Cpu::Riscv64, EM_RISCV)];

/// The executable made of `stub` and `payload`.
///
/// # Errors
/// `Stub` as [`slot`] says, and for a stub that carries a payload already; `TooLarge`.
pub(super) fn embed(stub: &[u8], target: Target, payload: &[u8]) -> Result<Vec<u8>, Error> {
    let at = slot(stub, target)?;
    if locator(stub, at)?.is_some() {
        return Err(broken(at as u64, "already a packed executable, not a stub"));
    }
    let offset = layout(stub.len(), ELF_ALIGNMENT, payload.len())?;
    let mut file = Vec::with_capacity(offset as usize + payload.len());
    file.extend_from_slice(stub);
    file.resize(offset as usize, 0);
    file.extend_from_slice(payload);
    let locator = Locator { offset, len: payload.len() as u64 };
    file[at..at + SIZE].copy_from_slice(&locator.to_bytes());
    Ok(file)
}

/// Where the locator slot of an ELF file for `target` lies: bytes from its start. The slot is inside the file.
///
/// # Errors
/// `Stub`, with the offset, for a header that is damaged or of another machine, and for a slot that is missing
/// or has the wrong size.
pub(super) fn slot(file: &[u8], target: Target) -> Result<usize, Error> {
    let header = header(file)?;
    check_header(&header, target)?;
    slot_in(file, &header)
}

/// The target of an ELF file, bare or packed, and where its locator slot lies, as [`slot`] has it.
///
/// # Errors
/// As [`slot`].
pub(super) fn target_and_slot(file: &[u8]) -> Result<(Target, usize), Error> {
    let header = header(file)?;
    let cpu = MACHINES.iter().find(|(_, machine)| *machine == header.e_machine).map(|(cpu, _)| *cpu);
    let target = cpu
        .and_then(|cpu| Target::of(Os::Linux, cpu))
        .ok_or_else(|| broken(E_MACHINE, &format!("machine {} is not supported", header.e_machine)))?;
    check_header(&header, target)?;
    Ok((target, slot_in(file, &header)?))
}

fn header(file: &[u8]) -> Result<Header, Error> {
    Elf::parse_header(file).map_err(|error| broken(0, &format!("no ELF header ({error})")))
}

/// The section table that `header` names; `None` when it does not lie in the file.
fn sections(file: &[u8], header: &Header) -> Option<Vec<SectionHeader>> {
    let context = Ctx::new(Container::Big, Endian::Little);
    let at = usize::try_from(header.e_shoff).ok()?;
    SectionHeader::parse(file, at, header.e_shnum.into(), context).ok()
}

fn slot_in(file: &[u8], header: &Header) -> Result<usize, Error> {
    let sections = sections(file, header)
        .ok_or_else(|| broken(header.e_shoff, "its section table lies outside the file"))?;
    let names = sections
        .get(usize::from(header.e_shstrndx))
        .and_then(|section| content(file, section))
        .ok_or_else(|| broken(header.e_shoff, "it has no section names; a stub must keep its sections"))?;
    let mut found = sections.iter().filter(|section| name(names, section) == Some(ELF_SECTION.as_bytes()));
    let section = found.next().ok_or_else(|| {
        broken(
            header.e_shoff,
            &format!("it has no section {ELF_SECTION}, which every launcher of wasmpack has"),
        )
    })?;
    if found.next().is_some() {
        return Err(broken(header.e_shoff, &format!("it has two sections {ELF_SECTION}")));
    }
    if section.sh_size != SIZE as u64 {
        let what = format!("section {ELF_SECTION} has {} bytes, {SIZE} expected", section.sh_size);
        return Err(broken(section.sh_offset, &what));
    }
    let inside = content(file, section).map(|_| section.sh_offset as usize);
    inside.ok_or_else(|| broken(section.sh_offset, &format!("section {ELF_SECTION} lies outside the file")))
}

/// Whether `file` is `stub` but for the slot at `at`, with nothing but zeros up to the payload at `start`.
pub(super) fn keeps(file: &[u8], stub: &[u8], at: usize, start: usize) -> bool {
    let same = |range: Range<usize>| file.get(range.clone()).is_some_and(|now| Some(now) == stub.get(range));
    let zeros = file.get(stub.len()..start).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
    same(0..at) && same(at + SIZE..stub.len()) && zeros
}

fn check_header(header: &Header, target: Target) -> Result<(), Error> {
    if header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB {
        return Err(broken(EI_CLASS as u64, "not a 64-bit little-endian ELF file"));
    }
    if ![ET_EXEC, ET_DYN].contains(&header.e_type) {
        let what = format!("ELF type {} is not an executable's", header.e_type);
        return Err(broken(E_TYPE, &what));
    }
    let (_, expected) = *MACHINES
        .iter()
        .find(|(cpu, _)| target.os() == Os::Linux && *cpu == target.cpu())
        .ok_or_else(|| broken(0, &format!("an ELF file cannot be a launcher for {}", target.name())))?;
    if header.e_machine != expected {
        let what = format!(
            "machine {expected} expected for {}, {} found: a launcher for another target",
            target.name(),
            header.e_machine
        );
        return Err(broken(E_MACHINE, &what));
    }
    Ok(())
}

/// The bytes of a section, or `None` when they do not lie in the file.
fn content<'a>(file: &'a [u8], section: &SectionHeader) -> Option<&'a [u8]> {
    if section.sh_type == SHT_NOBITS {
        return None;
    }
    let start = usize::try_from(section.sh_offset).ok()?;
    let len = usize::try_from(section.sh_size).ok()?;
    file.get(start..start.checked_add(len)?)
}

fn name<'a>(names: &'a [u8], section: &SectionHeader) -> Option<&'a [u8]> {
    names.get(section.sh_name..)?.split(|byte| *byte == 0).next()
}

fn broken(at: u64, what: &str) -> Error {
    Error::at(Kind::Stub, at, what)
}
