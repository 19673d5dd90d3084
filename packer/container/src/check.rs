//! Checking a finished executable without knowing what it was made of: the container's part.
//!
//! A check has a name and an outcome. If one fails, the others are still made. The content of the payload is checked elsewhere;
//! here only its place in the file matters.

use super::{Format, Found, elf, macho, pe};

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The check's name, a word or two.
    pub what: String,
    /// The finding, such as `131 chunks`, or the fault.
    pub result: Result<String, String>,
}

impl Check {
    /// A check and its outcome.
    pub fn new(what: impl Into<String>, result: Result<String, String>) -> Check {
        Check { what: what.into(), result }
    }
}

/// The rules of the container, and the signature. `app` is the name in the payload's manifest, if that can be read.
pub fn checks(file: &[u8], found: &Found, app: Option<&str>) -> Vec<Check> {
    let (structure, signature) = match found.format {
        Format::Elf => {
            (elf::check::structure(file, &found.payload), Ok("none, as in all ELF files".to_owned()))
        }
        Format::MachO => {
            (macho::check::structure(file, found.target), macho::check::signature(file, found.target, app))
        }
        Format::Pe => (pe::check::structure(file), pe::check::signature(file)),
    };
    vec![Check::new(format!("{} file", found.format.name()), structure), Check::new("signature", signature)]
}

/// Whether `file` is made of the launcher `stub`: no byte differs but those that packing changes.
///
/// # Errors
/// The difference, where it is known, or the reason why it is not.
pub fn is_made_of(file: &[u8], found: &Found, stub: &[u8]) -> Result<bool, String> {
    match found.format {
        Format::Elf => Ok(elf::keeps(file, stub, found.slot, found.payload.start)),
        Format::MachO => macho::check::is_made_of(file, found.target, stub),
        Format::Pe => pe::check::is_made_of(file, stub),
    }
}
