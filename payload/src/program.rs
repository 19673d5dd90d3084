//! Programs that the app may become or start: their names, and where they are.
//!
//! Number 0 is the app itself. The others are payloads of their own ([`crate::programs`]).

use crate::bytes::{Cursor, text};
use crate::{Error, Kind};

/// The longest name of a program, in bytes: that of a file on Linux.
pub const MAX_NAME: usize = 255;

/// How many names there are at most.
pub const MOST_NAMES: usize = 4096;

/// A name in the app's directory of programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Which program it is of: 0 is the app itself, any other the so-many-th payload in the section *programs*.
    pub number: u32,
    /// The name.
    pub name: String,
}

impl Carried {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        [&self.number.to_le_bytes(), self.name.as_bytes()].concat()
    }
}

/// True if a program can have this name.
pub fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= MAX_NAME && !name.contains(['/', '\0'])
}

/// How many payloads `carried` needs in the section *programs*.
pub fn count(carried: &[Carried]) -> u32 {
    carried.iter().map(|carried| carried.number).max().unwrap_or_default()
}

/// Reads the record of one that stands behind those in `before`.
pub(crate) fn record(content: &[u8], at: u64, before: &[Carried]) -> Result<Carried, Error> {
    let number = Cursor::new(content, at).u32()?;
    let name = text(&content[4..], at + 4, "program name")?;
    let is_taken = before.iter().any(|other| other.name == name);
    if !is_name(&name) || is_taken {
        return Err(Error::new(at + 4, Kind::Text { field: "program name" }));
    }
    if before.len() >= MOST_NAMES {
        let found = before.len() as u64 + 1;
        return Err(Error::new(at, Kind::Value { field: "number of program names", found }));
    }
    match number <= count(before) + 1 {
        true => Ok(Carried { number, name }),
        false => Err(Error::new(at, Kind::Value { field: "program", found: number.into() })),
    }
}
