//! The options of a pack, a row for each. The command line, its help, completions and man pages are made of these rows, and
//! the keys of a wasmpack.toml are them as well: an option is added by adding its row.

mod code;
mod grants;
mod output;
mod talk;
mod windows;

use std::ffi::OsString;

use super::typed::Typed;

/// One option.
#[derive(Debug)]
pub(super) struct Row {
    /// What stands behind `--`.
    pub(super) name: &'static str,
    /// What stands behind `-`.
    pub(super) short: Option<char>,
    /// How it is called in a wasmpack.toml.
    pub(super) key: Key,
    /// The heading below which `--help` shows it.
    pub(super) section: Option<&'static str>,
    /// What it does, for `--help`.
    pub(super) text: &'static str,
    pub(super) takes: Takes,
    /// The values that there are, if they can be listed.
    pub(super) values: &'static [&'static str],
    /// The value that holds when none is given.
    pub(super) default: Option<&'static str>,
    /// Whether a comma in a value separates two.
    pub(super) is_list: bool,
    /// Whether a value may begin with a dash.
    pub(super) may_be_dashed: bool,
    /// Whether a value is, or begins with, a path on this machine. In a wasmpack.toml it is relative to that.
    pub(super) is_path: bool,
    /// Whether a table in a wasmpack.toml gives values `KEY=VALUE`.
    pub(super) is_table: bool,
    /// The options that it cannot stand beside.
    pub(super) conflicts: &'static [&'static str],
    /// A value with which it can be tried; a test does.
    pub(super) example: &'static str,
    /// Notes a value, which is empty where it takes none. The error is what is wrong with the value.
    pub(super) set: fn(&mut Typed, OsString) -> Result<(), String>,
}

/// How an option is called in a wasmpack.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// As on the command line.
    Same,
    /// Otherwise.
    Other(&'static str),
    /// It is for one build, and not for the project.
    None,
}

/// What an option takes; the text is what `--help` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// One value, given once.
    One(&'static str),
    /// One value each time that it is given.
    Each(&'static str),
    /// All that stands behind `--`; it is no option.
    Rest(&'static str),
}

/// What most rows have in common.
const ROW: Row = Row {
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

/// All options, in the order in which `--help` shows them.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [output::ROWS, grants::ROWS, code::ROWS, windows::ROWS, talk::ROWS].into_iter().flatten()
}

impl Row {
    /// Its key in a wasmpack.toml, if it can stand there.
    pub(super) fn key(&self) -> Option<&'static str> {
        match self.key {
            Key::Same => Some(self.name),
            Key::Other(key) => Some(key),
            Key::None => None,
        }
    }

    /// Whether the two cannot stand side by side.
    pub(super) fn excludes(&self, other: &Row) -> bool {
        self.conflicts.contains(&other.name) || other.conflicts.contains(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole() {
        let names: Vec<&str> = all().map(|row| row.name).collect();
        for (at, row) in all().enumerate() {
            assert!(!row.text.is_empty() && !names[..at].contains(&row.name), "{}", row.name);
            assert!(row.conflicts.iter().all(|other| names.contains(other)), "{}", row.name);
            assert_eq!(row.takes == Takes::Nothing, row.example.is_empty(), "{}", row.name);
        }
        let mut keys: Vec<&str> = all().filter_map(Row::key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all().filter(|row| row.key != Key::None).count(), "two have one key");
    }

    #[test]
    fn every_row_notes_its_example_and_nothing_else_does_the_same() {
        let mut seen = vec![format!("{:?}", Typed::default())];
        for row in all() {
            let mut typed = Typed::default();
            (row.set)(&mut typed, row.example.into()).unwrap();
            let noted = format!("{typed:?}");
            assert!(!seen.contains(&noted), "{}: {noted}", row.name);
            seen.push(noted);
        }
    }
}
