//! What there is to say of an option.

use std::ffi::OsString;

use crate::cli::typed::Typed;

/// One option.
#[derive(Debug)]
pub(in crate::cli) struct Row {
    /// What stands behind `--`.
    pub(in crate::cli) name: &'static str,
    /// What stands behind `-`.
    pub(in crate::cli) short: Option<char>,
    /// How it is called in a wasmpack.toml.
    pub(in crate::cli) key: Key,
    /// The heading below which `--help` shows it.
    pub(in crate::cli) section: Option<&'static str>,
    /// What it does, for `--help`.
    pub(in crate::cli) text: &'static str,
    pub(in crate::cli) takes: Takes,
    /// The values that there are, if they can be listed.
    pub(in crate::cli) values: &'static [&'static str],
    /// The value that holds when none is given.
    pub(in crate::cli) default: Option<&'static str>,
    /// Whether a comma in a value separates two.
    pub(in crate::cli) is_list: bool,
    /// Whether a value may begin with a dash.
    pub(in crate::cli) may_be_dashed: bool,
    /// Whether a value is, or begins with, a path on this machine. In a wasmpack.toml it is relative to that.
    pub(in crate::cli) is_path: bool,
    /// Whether a table in a wasmpack.toml gives values `KEY=VALUE`.
    pub(in crate::cli) is_table: bool,
    /// The options that it cannot stand beside.
    pub(in crate::cli) conflicts: &'static [&'static str],
    /// A value with which it can be tried; a test does.
    pub(in crate::cli) example: &'static str,
    /// Notes a value, which is empty where it takes none. The error is what is wrong with the value.
    pub(in crate::cli) set: fn(&mut Typed, OsString) -> Result<(), String>,
}

/// How an option is called in a wasmpack.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Key {
    /// As on the command line.
    Same,
    /// Otherwise.
    Other(&'static str),
    /// It is for one build, and not for the project.
    None,
}

/// What an option takes; the text is what `--help` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Takes {
    Nothing,
    /// One value, given once.
    One(&'static str),
    /// One value each time that it is given.
    Each(&'static str),
    /// All that stands behind `--`; it is no option.
    Rest(&'static str),
}

/// What most rows have in common.
pub(super) const ROW: Row = Row {
    name: "",
    short: None,
    key: Key::Same,
    section: None,
    text: "",
    takes: Takes::Nothing,
    values: &[],
    default: None,
    is_list: false,
    may_be_dashed: false,
    is_path: false,
    is_table: false,
    conflicts: &[],
    example: "",
    set: |_, _| Ok(()),
};

impl Row {
    /// Its key in a wasmpack.toml, if it can stand there.
    pub(in crate::cli) fn key(&self) -> Option<&'static str> {
        match self.key {
            Key::Same => Some(self.name),
            Key::Other(key) => Some(key),
            Key::None => None,
        }
    }

    /// Whether the two cannot stand side by side.
    pub(in crate::cli) fn excludes(&self, other: &Row) -> bool {
        self.conflicts.contains(&other.name) || other.conflicts.contains(&self.name)
    }
}
