//! The program that is packed, opened: read once, because it may be a pipe, and looked at once.

use std::path::Path;

use payload::Manifest;

use crate::{Error, Kind, container, executable::Executable, input, read};

/// The content of the input of a pack.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Opened {
    /// A module, or WebAssembly text, not yet known to be valid.
    Module(Vec<u8>),
    /// An executable, whose header and manifest are whole.
    Executable(Box<Executable>),
}

impl Opened {
    /// Opens the program at `path`.
    ///
    /// # Errors
    /// `Read` and `TooLarge`; for an executable as [`Executable::from_bytes`].
    pub fn read(path: &Path) -> Result<Opened, Error> {
        Opened::from_bytes(read::program(path)?, path)
    }

    /// The program in `bytes`, which comes from `path`.
    ///
    /// # Errors
    /// As [`Executable::from_bytes`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Result<Opened, Error> {
        input::check_len(bytes.len() as u64).map_err(|error| error.in_file(path))?;
        if !container::is_executable(&bytes) {
            return Ok(Opened::Module(bytes));
        }
        let executable = Executable::from_bytes(bytes).map_err(|error| {
            let reason = match error.kind {
                Kind::NotPacked => format!("not a wasm module, and {}", error.reason),
                _ => error.reason,
            };
            Error { reason, ..error }.in_file(path)
        })?;
        Ok(Opened::Executable(Box::new(executable)))
    }

    /// The manifest of an executable.
    pub fn manifest(&self) -> Option<&Manifest> {
        match self {
            Opened::Module(_) => None,
            Opened::Executable(executable) => Some(executable.manifest()),
        }
    }
}
