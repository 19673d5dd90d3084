//! The description of an option.

use std::ffi::{OsStr, OsString};

use crate::cli::typed::Typed;

/// One option.
#[derive(Debug)]
pub(in crate::cli) struct Row {
    /// Its long name, without `--`.
    pub(in crate::cli) name: &'static str,
    /// Its letter, without `-`.
    pub(in crate::cli) short: Option<char>,
    /// Its key in a wasmpack.toml.
    pub(in crate::cli) key: Key,
    /// The heading below which `--help` shows it.
    pub(in crate::cli) section: Option<&'static str>,
    /// Its text in `--help`.
    pub(in crate::cli) text: &'static str,
    pub(in crate::cli) takes: Takes,
    /// All values, if they can be listed.
    pub(in crate::cli) values: &'static [&'static str],
    /// Values that packers built otherwise have. The error for one tells why this packer does not have it.
    pub(in crate::cli) elsewhere: &'static [&'static str],
    /// The value when the option is not given.
    pub(in crate::cli) default: Option<&'static str>,
    /// Whether a comma in a value separates two.
    pub(in crate::cli) is_list: bool,
    /// Whether a value may begin with a dash.
    pub(in crate::cli) may_be_dashed: bool,
    /// Whether a value is, or begins with, a path on this machine. In a wasmpack.toml it is relative to that.
    pub(in crate::cli) is_path: bool,
    /// Whether a table in a wasmpack.toml gives values `KEY=VALUE`.
    pub(in crate::cli) is_table: bool,
    /// The options that it cannot be combined with.
    pub(in crate::cli) conflicts: &'static [&'static str],
    /// Whether it changes what `wasmpack run` does, where nothing is written.
    pub(in crate::cli) in_run: bool,
    /// A value that is valid; a test uses it.
    pub(in crate::cli) example: &'static str,
    /// Stores a value, which is empty if the option takes none. The error says why the value is invalid.
    pub(in crate::cli) set: fn(&mut Typed, OsString) -> Result<(), String>,
}

/// The key of an option in a wasmpack.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Key {
    /// The same as on the command line.
    Same,
    /// Another.
    Other(&'static str),
    /// No key: the option is for one build, not for the project.
    None,
}

/// The values that an option takes; the text is their name in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Takes {
    Nothing,
    /// One value; the option can be given once.
    One(&'static str),
    /// One value or none; a value is attached to the option with `=`.
    Maybe(&'static str),
    /// One value; the option can be given several times.
    Each(&'static str),
    /// All arguments after `--`; this is not an option.
    Rest(&'static str),
}

/// The defaults of a row.
pub(super) const ROW: Row = Row {
    name: "",
    short: None,
    key: Key::Same,
    section: None,
    text: "",
    takes: Takes::Nothing,
    values: &[],
    elsewhere: &[],
    default: None,
    is_list: false,
    may_be_dashed: false,
    is_path: false,
    is_table: false,
    conflicts: &[],
    in_run: true,
    example: "",
    set: |_, _| Ok(()),
};

/// Checks a value, `is_path` or not, of which this is an example, for what no option takes.
///
/// # Errors
/// The fault of the value.
pub(in crate::cli) fn check_text(value: &OsStr, is_path: bool, example: &str) -> Result<(), String> {
    if value.as_encoded_bytes().contains(&0) {
        return Err("it has a NUL, which no system takes".to_owned());
    }
    if is_path && value.is_empty() {
        return Err(format!("it names nothing; such as {example}"));
    }
    Ok(())
}

impl Row {
    /// Its key in a wasmpack.toml, if it has one.
    pub(in crate::cli) fn key(&self) -> Option<&'static str> {
        match self.key {
            Key::Same => Some(self.name),
            Key::Other(key) => Some(key),
            Key::None => None,
        }
    }

    /// Checks a value, as it was typed or written.
    ///
    /// # Errors
    /// The fault of the value.
    pub(in crate::cli) fn check(&self, value: OsString) -> Result<(), String> {
        check_text(&value, self.is_path, self.example)?;
        (self.set)(&mut Typed::default(), value)
    }

    /// Whether the two cannot be combined.
    pub(in crate::cli) fn excludes(&self, other: &Row) -> bool {
        self.conflicts.contains(&other.name) || other.conflicts.contains(&self.name)
    }
}
