//! The formats of executables, told from a file's first bytes.

use payload::{Target, universal};

use super::{elf, macho, pe};
use crate::{Error, Kind};

/// A container: what kind of executable a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Linux.
    Elf,
    /// macOS.
    MachO,
    /// Windows.
    Pe,
}

impl Format {
    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Format::Elf => "ELF",
            Format::MachO => "Mach-O",
            Format::Pe => "PE",
        }
    }

    /// The format that a file with these first bytes has; four are enough, and eight tell a Java class apart.
    pub(crate) fn of(head: &[u8]) -> Option<Format> {
        match head {
            [0x7f, b'E', b'L', b'F', ..] => Some(Format::Elf),
            [b'M', b'Z', ..] => Some(Format::Pe),
            // Mach-O of 64 and of 32 bits.
            [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] => Some(Format::MachO),
            _ if universal::is_universal(head) => Some(Format::MachO),
            _ => None,
        }
    }
}

/// The target of the launcher `stub` and where its slot starts, whatever its format.
///
/// # Errors
/// `Stub` for what is no launcher.
pub(super) fn target_and_slot(stub: &[u8]) -> Result<(Target, usize), Error> {
    match Format::of(stub) {
        Some(Format::Elf) => elf::target_and_slot(stub),
        Some(Format::MachO) => macho::target_and_slot(stub),
        Some(Format::Pe) => pe::target_and_slot(stub),
        None => Err(Error::new(Kind::Stub, "not an executable, so not a launcher of wasmpack")),
    }
}
