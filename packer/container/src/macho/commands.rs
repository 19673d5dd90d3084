//! The header and the load commands: which there are, and which of their fields point into `__LINKEDIT`.
//!
//! Layouts and numbers are those of `<mach-o/loader.h>`. A command that is not in the table here may hold a file
//! offset nobody would shift, so it is an error and not passed through.

use goblin::mach::{
    header::{MH_DYLDLINK, MH_EXECUTE, MH_MAGIC_64, MH_PIE, SIZEOF_HEADER_64},
    load_command::*,
};
use payload::{
    Target,
    target::{Cpu, Os},
    universal::{self, Machine as Known},
};

use super::{
    bytes::{array, u32_at},
    error::broken,
    names::ALIGNMENT,
};
use crate::Error;

// Newer than goblin's list: <mach-o/loader.h> of Xcode 26.
const LC_ATOM_INFO: u32 = 0x36;
const LC_FUNCTION_VARIANTS: u32 = 0x37;
const LC_FUNCTION_VARIANT_FIXUPS: u32 = 0x38;
const LC_TARGET_TRIPLE: u32 = 0x39;

/// Offsets of fields in `mach_header_64`, in bytes from the start of the file.
pub(super) const NCMDS: usize = 16;
pub(super) const SIZEOFCMDS: usize = 20;
const CPUTYPE: usize = 4;
const CPUSUBTYPE: usize = 8;
const FILETYPE: usize = 12;
const FLAGS: usize = 24;

/// A CPU as Mach-O knows it.
struct Machine {
    cpu: Cpu,
    known: Known,
    /// The alignment of segments, in bytes.
    page: u64,
}

const MACHINES: [Machine; 2] = [
    Machine { cpu: Cpu::Arm64, known: Known::ARM64, page: ALIGNMENT },
    Machine { cpu: Cpu::X86_64, known: Known::X86_64, page: 0x1000 },
];

/// The part of `cpusubtype` that names a CPU; the rest are capability bits.
const SUBTYPE_MASK: u32 = 0x00ff_ffff;

/// One load command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command {
    /// Where it starts: bytes from the start of the file.
    pub(super) at: usize,
    /// Its `LC_` number.
    pub(super) number: u32,
    /// Its length in bytes, a multiple of eight. All of it lies in the file.
    pub(super) len: usize,
}

/// The load commands of an executable for `target`, in order.
///
/// # Errors
/// `Stub`, with the offset, for a header that is damaged or of another kind or machine, and for commands that do
/// not fill their area exactly.
pub(super) fn read(file: &[u8], target: Target) -> Result<Vec<Command>, Error> {
    check_header(file, target)?;
    let count = u32_at(file, NCMDS)?;
    let end = SIZEOF_HEADER_64 + u32_at(file, SIZEOFCMDS)? as usize;
    if end > file.len() {
        return Err(broken(SIZEOFCMDS, "its load commands reach beyond the file"));
    }
    let (mut commands, mut at) = (Vec::new(), SIZEOF_HEADER_64);
    for index in 0..count {
        if end - at < 8 {
            return Err(broken(
                at,
                &format!("{count} load commands expected, but there is room for {index}"),
            ));
        }
        let (number, len) = (u32_at(file, at)?, u32_at(file, at + 4)? as usize);
        // 64-bit files pad commands to eight bytes (loader.h, "struct load_command").
        if len < 8 || !len.is_multiple_of(8) || len > end - at {
            return Err(broken(at + 4, &format!("load command {number:#x} has an invalid length, {len}")));
        }
        commands.push(Command { at, number, len });
        at += len;
    }
    if at != end {
        let what = format!("its load commands end at {at:#x}, but {end:#x} is expected");
        return Err(broken(SIZEOFCMDS, &what));
    }
    Ok(commands)
}

/// The target whose CPU the header names.
///
/// # Errors
/// `Stub` when the file is too short, and for other CPUs.
pub(super) fn target(file: &[u8]) -> Result<Target, Error> {
    let found = u32_at(file, CPUTYPE)?;
    let machine = MACHINES.iter().find(|machine| machine.known.cpu == found);
    let target = machine.and_then(|machine| Target::of(Os::Macos, machine.cpu));
    target.ok_or_else(|| broken(CPUTYPE, &format!("CPU {found:#x} is not supported")))
}

/// The page that segments are aligned to: what the CPU's kernel maps by.
pub(super) fn page(target: Target) -> u64 {
    machine(target).map_or(ALIGNMENT, |machine| machine.page)
}

fn machine(target: Target) -> Option<&'static Machine> {
    MACHINES.iter().find(|machine| target.os() == Os::Macos && machine.cpu == target.cpu())
}

fn check_header(file: &[u8], target: Target) -> Result<(), Error> {
    let magic: [u8; 4] = array(file, 0)?;
    if [universal::MAGIC, universal::MAGIC_WIDE].contains(&magic) {
        let what = format!(
            "a universal file, with executables for several CPUs; take the one for {} out of it (lipo -thin)",
            target.name()
        );
        return Err(broken(0, &what));
    }
    if magic != MH_MAGIC_64.to_le_bytes() {
        return Err(broken(0, "not a 64-bit little-endian Mach-O file"));
    }
    let machine = machine(target)
        .ok_or_else(|| broken(0, &format!("a Mach-O file cannot be a launcher for {}", target.name())))?;
    let Known { cpu, variant: subtype } = machine.known;
    let found = u32_at(file, CPUTYPE)?;
    if found != cpu {
        let what = format!(
            "CPU {cpu:#x} expected for {}, {found:#x} found: a launcher for another target",
            target.name()
        );
        return Err(broken(CPUTYPE, &what));
    }
    // arm64e would be refused by the system in programs that are not Apple's; x86_64h runs on some Macs only.
    let found = u32_at(file, CPUSUBTYPE)? & SUBTYPE_MASK;
    if found != subtype {
        return Err(broken(CPUSUBTYPE, &format!("CPU variant {subtype} expected, {found} found")));
    }
    let kind = u32_at(file, FILETYPE)?;
    if kind != MH_EXECUTE {
        return Err(broken(FILETYPE, &format!("Mach-O type {kind} is not an executable's")));
    }
    // macOS starts executables through dyld only, and on arm64 only position-independent ones.
    if u32_at(file, FLAGS)? & (MH_PIE | MH_DYLDLINK) != MH_PIE | MH_DYLDLINK {
        return Err(broken(FLAGS, "not a position-independent, dynamically linked executable"));
    }
    Ok(())
}

/// The file offsets of a command.
pub(super) enum Offsets {
    /// It holds none, or none that inserting a segment before `__LINKEDIT` changes.
    None,
    /// 32-bit fields at these places, in bytes from the start of the command, point into `__LINKEDIT`; 0 points
    /// nowhere.
    Linkedit(&'static [usize]),
    /// The same, but they may point at something before `__LINKEDIT`, too, which stays.
    Anywhere(&'static [usize]),
    /// The same with one 64-bit field.
    AnywhereWide(usize),
}

/// Where `command` keeps its file offsets.
///
/// # Errors
/// `Stub` for a command that an executable has no business to have or that nobody here knows.
pub(super) fn offsets(command: &Command) -> Result<Offsets, Error> {
    Ok(match command.number {
        // Segments are seen to by themselves; LC_MAIN's entry offset points into __TEXT, which stays.
        LC_SEGMENT_64
        | LC_MAIN
        | LC_UUID
        | LC_BUILD_VERSION
        | LC_VERSION_MIN_MACOSX
        | LC_SOURCE_VERSION
        | LC_TARGET_TRIPLE
        | LC_LINKER_OPTION
        | LC_LOAD_DYLINKER
        | LC_DYLD_ENVIRONMENT
        | LC_LOAD_DYLIB
        | LC_LOAD_WEAK_DYLIB
        | LC_REEXPORT_DYLIB
        | LC_LOAD_UPWARD_DYLIB
        | LC_LAZY_LOAD_DYLIB
        | LC_RPATH => Offsets::None,
        // symoff, stroff
        LC_SYMTAB => Offsets::Linkedit(&[8, 16]),
        // tocoff, modtaboff, extrefsymoff, indirectsymoff, extreloff, locreloff
        LC_DYSYMTAB => Offsets::Linkedit(&[32, 40, 48, 56, 64, 72]),
        // rebase, bind, weak_bind, lazy_bind, export
        LC_DYLD_INFO | LC_DYLD_INFO_ONLY => Offsets::Linkedit(&[8, 16, 24, 32, 40]),
        // linkedit_data_command: dataoff
        LC_CODE_SIGNATURE
        | LC_SEGMENT_SPLIT_INFO
        | LC_FUNCTION_STARTS
        | LC_DATA_IN_CODE
        | LC_DYLIB_CODE_SIGN_DRS
        | LC_LINKER_OPTIMIZATION_HINT
        | LC_ATOM_INFO
        | LC_FUNCTION_VARIANTS
        | LC_FUNCTION_VARIANT_FIXUPS
        | LC_DYLD_EXPORTS_TRIE
        | LC_DYLD_CHAINED_FIXUPS => Offsets::Linkedit(&[8]),
        LC_TWOLEVEL_HINTS => Offsets::Linkedit(&[8]),
        LC_ENCRYPTION_INFO_64 => Offsets::Anywhere(&[8]),
        LC_NOTE => Offsets::AnywhereWide(24),
        number => {
            let what = format!(
                "load command {number:#x} is unknown to wasmpack, which cannot tell whether it holds a file offset; \
                 link the launcher without it"
            );
            return Err(broken(command.at, &what));
        }
    })
}
