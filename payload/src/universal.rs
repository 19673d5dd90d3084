//! Universal files of macOS: a short header, and then one executable for each CPU, whole and at its own offsets.
//!
//! ```text
//! magic   ca fe ba be    4 bytes     the only big-endian numbers of an executable here, beside signatures
//! count                  4
//! slices                 20 each     CPU type and variant, offset, length, alignment as a power of two
//! ```
//!
//! Anybody may put packed files together, take them apart, or sign them (`lipo`, `codesign`). What lies in a slice does not
//! know where that is: a payload's offset in its locator is from the start of its slice. So packer and launcher find the
//! slice first. The layout is that of `<mach-o/fat.h>`, the rules are those by which macOS' kernel starts such a file.

use std::{fmt, ops::Range};

use crate::{Target, target::Cpu, target::Os};

/// A file's first four bytes.
pub const MAGIC: [u8; 4] = [0xca, 0xfe, 0xba, 0xbe];
/// The same of a file whose offsets have 64 bits, which the kernel does not start.
pub const MAGIC_WIDE: [u8; 4] = [0xca, 0xfe, 0xba, 0xbf];
/// Bytes before the list of slices.
pub const HEADER: usize = 8;
/// Bytes of an entry in that list.
pub const ENTRY: usize = 20;
/// The most slices: where their number stands, a Java class, which has the same magic, has its version, 45 or more.
pub const MOST: u32 = 44;
/// The most bytes that a header takes.
pub const MOST_HEAD: usize = HEADER + ENTRY * MOST as usize;
/// Where a slice starts that is written here: a multiple of two to the power of this, the page of Apple's CPUs.
pub const ALIGN: u32 = 14;

/// The part of a CPU's variant that names it; the rest are capability bits.
const VARIANT: u32 = 0x00ff_ffff;

/// A CPU as macOS knows it: type and variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// `cputype`.
    pub cpu: u32,
    /// `cpusubtype`, without capability bits.
    pub variant: u32,
}

impl Machine {
    /// Apple silicon.
    pub const ARM64: Machine = Machine { cpu: 0x0100_000c, variant: 0 };
    /// Intel.
    pub const X86_64: Machine = Machine { cpu: 0x0100_0007, variant: 3 };

    /// The machine of programs for `cpu`; `None` where macOS does not run on it.
    pub const fn of(cpu: Cpu) -> Option<Machine> {
        match cpu {
            Cpu::Arm64 => Some(Machine::ARM64),
            Cpu::X86_64 => Some(Machine::X86_64),
            Cpu::Riscv64 => None,
        }
    }

    /// The target whose executables it runs.
    pub fn target(self) -> Option<Target> {
        let is_it = |target: &Target| target.os() == Os::Macos && Machine::of(target.cpu()) == Some(self);
        Target::ALL.into_iter().find(is_it)
    }
}

impl fmt::Display for Machine {
    /// The name of its target's CPU, or its numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target() {
            Some(target) => f.write_str(target.name()),
            None => write!(f, "CPU {:#x} variant {}", self.cpu, self.variant),
        }
    }
}

/// One executable in a universal file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The machine that it is for.
    pub machine: Machine,
    /// Where it starts: bytes from the start of the file.
    pub offset: u64,
    /// Its bytes.
    pub len: u64,
    /// It starts at a multiple of two to the power of this.
    pub align: u32,
}

impl Slice {
    /// Where it lies in the file.
    pub fn place(&self) -> Range<u64> {
        self.offset..self.offset + self.len
    }
}

/// Why a universal file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It ends inside of its header.
    Cut,
    /// It holds none, or more than [`MOST`].
    Count(u32),
    /// Its offsets have 64 bits.
    Wide,
    /// A slice begins in the header, or ends behind the file.
    Outside(Machine),
    /// A slice starts at no multiple of what the header says, or that is more than 32 KiB.
    Align(Machine),
    /// Two slices share bytes.
    Overlap(Machine, Machine),
    /// Two slices are for one CPU.
    Twice(Machine),
    /// No slice is for this CPU.
    Missing(Machine),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Cut => write!(f, "the header of the universal file is cut short"),
            Fault::Count(count) => {
                write!(f, "the universal file is said to hold {count} executables, 1 to {MOST} expected")
            }
            Fault::Wide => write!(f, "a universal file with offsets of 64 bits, which macOS does not start"),
            Fault::Outside(one) => write!(f, "the executable for {one} lies outside of the universal file"),
            Fault::Align(one) => write!(f, "the executable for {one} starts at no multiple of its alignment"),
            Fault::Overlap(one, other) => write!(f, "the executables for {one} and {other} overlap"),
            Fault::Twice(one) => write!(f, "the universal file has two executables for {one}"),
            Fault::Missing(one) => write!(f, "the universal file has no executable for {one}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Whether a file that starts with `head`, eight bytes at least, is a universal file. A Java class is none.
pub fn is_universal(head: &[u8]) -> bool {
    match head.first_chunk() {
        Some(&MAGIC) => u32_at(head, 4).is_none_or(|count| count <= MOST),
        Some(magic) => *magic == MAGIC_WIDE,
        None => false,
    }
}

/// The executables in a universal file of `file_len` bytes that starts with `head`: all of it, or [`MOST_HEAD`] bytes.
///
/// # Errors
/// The first rule that is broken, all of which the kernel has, too.
pub fn slices(head: &[u8], file_len: u64) -> Result<Vec<Slice>, Fault> {
    if head.first_chunk() == Some(&MAGIC_WIDE) {
        return Err(Fault::Wide);
    }
    let count = u32_at(head, 4).filter(|_| head.starts_with(&MAGIC)).ok_or(Fault::Cut)?;
    if count == 0 || count > MOST {
        return Err(Fault::Count(count));
    }
    let end = (HEADER + ENTRY * count as usize) as u64;
    let mut slices: Vec<Slice> = Vec::with_capacity(count as usize);
    for index in 0..count as usize {
        let slice = entry(head, HEADER + ENTRY * index).ok_or(Fault::Cut)?;
        let machine = slice.machine;
        if slice.offset < end || slice.len == 0 || slice.place().end > file_len {
            return Err(Fault::Outside(machine));
        }
        // MAXSECTALIGN of lipo.
        if slice.align > 15 || !slice.offset.is_multiple_of(1 << slice.align) {
            return Err(Fault::Align(machine));
        }
        for other in &slices {
            if other.machine == machine {
                return Err(Fault::Twice(machine));
            }
            if slice.offset < other.place().end && other.offset < slice.place().end {
                return Err(Fault::Overlap(other.machine, machine));
            }
        }
        slices.push(slice);
    }
    Ok(slices)
}

/// Where the executable for `cpu` lies in a file of `file_len` bytes that starts with `head`: all of it, or [`MOST_HEAD`]
/// bytes. In a file that is not universal it is the whole file.
///
/// # Errors
/// As [`slices`]; `Missing` where none is for that CPU.
pub fn slice(head: &[u8], file_len: u64, cpu: Cpu) -> Result<Range<u64>, Fault> {
    let Some(machine) = Machine::of(cpu).filter(|_| is_universal(head)) else { return Ok(0..file_len) };
    let slices = slices(head, file_len)?;
    let own = slices.iter().find(|slice| slice.machine == machine).ok_or(Fault::Missing(machine))?;
    Ok(own.place())
}

/// The header of a universal file with these slices.
///
/// Their offsets and lengths fit 32 bits.
pub fn header(slices: &[Slice]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let mut put = |field: u32| bytes.extend_from_slice(&field.to_be_bytes());
    put(slices.len() as u32);
    for Slice { machine, offset, len, align } in slices {
        debug_assert!(*offset <= u32::MAX.into() && *len <= u32::MAX.into());
        [machine.cpu, machine.variant, *offset as u32, *len as u32, *align].into_iter().for_each(&mut put);
    }
    bytes
}

fn entry(head: &[u8], at: usize) -> Option<Slice> {
    let field = |index: usize| u32_at(head, at + 4 * index);
    Some(Slice {
        machine: Machine { cpu: field(0)?, variant: field(1)? & VARIANT },
        offset: field(2)?.into(),
        len: field(3)?.into(),
        align: field(4)?,
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|bytes| u32::from_be_bytes(*bytes))
}
