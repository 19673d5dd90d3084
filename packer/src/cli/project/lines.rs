//! The lines of a description in which options stand, for what turns out to be wrong with them later.

use std::path::{Path, PathBuf};

use payload::info::printable;

use crate::{
    Error, Kind,
    cli::{option::Row, unfit::Unfit},
    error::Causes,
};

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
    /// In the order in which they were given.
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
    pub(super) fn add(&mut self, line: usize, row: &'static Row, key: &str, file: Option<PathBuf>) {
        self.values.push(Value { line, name: row.name, key: key.to_owned(), file });
    }

    /// Those of the options for which `counts` is true, and the program.
    pub(super) fn filter(mut self, counts: impl Fn(&str) -> bool) -> Lines {
        self.values.retain(|value| value.name == "module" || counts(value.name));
        self
    }

    /// Whether an option is described, and was not typed.
    pub(in crate::cli) fn has(&self, option: &str) -> bool {
        self.values.iter().any(|value| value.name == option)
    }

    /// The reason, with the line of the option that it is about before it, if that is described.
    pub(in crate::cli) fn unfit(&self, unfit: &Unfit) -> String {
        self.before(self.cause(&unfit.causes), unfit.reason.clone())
    }

    /// The error, with the line before it of the option that it comes of, or that names its file.
    pub(in crate::cli) fn error(&self, error: &Error) -> String {
        self.before(self.cause(&error.causes).or_else(|| self.naming(error)), error.to_string())
    }

    /// A note on what is described.
    pub(in crate::cli) fn note(&self, note: &str) -> String {
        format!("{}: {note}", printable(&self.config.to_string_lossy()))
    }

    fn before(&self, value: Option<&Value>, reason: String) -> String {
        let Some(Value { line, key, .. }) = value else { return reason };
        let reason = reason.strip_prefix(&format!("{key}: ")).unwrap_or(&reason);
        self.note(&format!("line {line}: {key}: {reason}"))
    }

    /// The first of the causes that is described.
    fn cause(&self, causes: &Causes) -> Option<&Value> {
        causes.iter().find_map(|(options, number)| {
            let mut values = self.values.iter().filter(|value| options.contains(&value.name));
            match number {
                // Those that were typed come behind.
                Some(number) => values.nth(number),
                None => values.next_back(),
            }
        })
    }

    /// The value that names the file of `error`, or a folder that has it, if it is wrong to name that.
    fn naming(&self, error: &Error) -> Option<&Value> {
        let file = error.file.as_deref()?;
        let is_missing = file.symlink_metadata().is_err();
        let is_there = |value: &&Value| {
            let Some(named) = value.file.as_deref().filter(|named| file.starts_with(named)) else {
                return false;
            };
            let is_of_output =
                matches!(error.kind, Kind::OutputPlace | Kind::OutputIsInput | Kind::NoSpace | Kind::Write);
            match value.name {
                "output" => is_of_output,
                // A mistake in the program itself is none of the description.
                "module" => {
                    is_missing
                        || matches!(
                            error.kind,
                            Kind::Read | Kind::Empty | Kind::NotWasm | Kind::NotPacked | Kind::NoModule
                        )
                }
                _ => file == named || matches!(error.kind, Kind::Files | Kind::OutputIsInput),
            }
        };
        let there = self.values.iter().rev().filter(is_there);
        there.max_by_key(|value| value.file.as_ref().map(|file| file.components().count()))
    }
}
