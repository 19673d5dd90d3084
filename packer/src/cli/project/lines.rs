//! The lines of a description in which options stand, for what turns out to be wrong with them later.

use std::path::{Path, PathBuf};

use payload::info::printable;

use crate::{Error, cli::option::Row};

/// A value of a description.
#[derive(Clone, Debug)]
struct Value {
    line: usize,
    /// The name of its option; `module` for the program.
    name: &'static str,
    key: String,
    /// The file of this machine that it names, if it names one.
    file: Option<PathBuf>,
}

/// The values of one description that count: what was typed took the place of the others.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Lines {
    config: PathBuf,
    values: Vec<Value>,
}

impl Lines {
    pub(super) fn new(config: &Path) -> Lines {
        Lines { config: config.to_owned(), values: Vec::new() }
    }

    /// Adds the program, which stands in `line`.
    pub(super) fn add_module(&mut self, line: usize, file: &Path) {
        let (name, key) = ("module", "module".to_owned());
        self.values.push(Value { line, name, key, file: Some(file.to_owned()) });
    }

    /// Adds a value of `row`, which names `file`.
    pub(super) fn add(&mut self, line: usize, row: &'static Row, key: &str, file: Option<&Path>) {
        let file = file.map(|file| match file.to_string_lossy().split_once("::") {
            Some((host, _)) => PathBuf::from(host),
            None => file.to_owned(),
        });
        self.values.push(Value { line, name: row.name, key: key.to_owned(), file });
    }

    /// Those of the options for which `counts` is true, and the program.
    pub(super) fn filter(mut self, counts: impl Fn(&str) -> bool) -> Lines {
        self.values.retain(|value| value.name == "module" || counts(value.name));
        self
    }

    /// Whether an option is described, and was not typed.
    pub(super) fn has(&self, option: &str) -> bool {
        self.values.iter().any(|value| value.name == option)
    }

    fn before(&self, value: &Value) -> String {
        format!("{}: line {}: {}: ", printable(&self.config.to_string_lossy()), value.line, value.key)
    }

    /// `reason`, with the line of the last value of `options` before it, if one of these is described.
    pub(in crate::cli) fn of(&self, options: &[&str], reason: &str) -> String {
        let value = self.values.iter().rev().find(|value| options.contains(&value.name));
        value.map_or_else(|| reason.to_owned(), |value| self.before(value) + reason)
    }

    /// What to say before `error`: the line of the file that it is about, if that is named here and is not there.
    pub(in crate::cli) fn of_missing(&self, error: &Error) -> String {
        let missing = error.file.as_deref().filter(|file| file.symlink_metadata().is_err());
        let value =
            missing.and_then(|file| self.values.iter().find(|value| value.file.as_deref() == Some(file)));
        value.map_or_else(String::new, |value| self.before(value))
    }
}
