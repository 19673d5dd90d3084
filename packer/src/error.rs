//! Why a pack failed: a kind to match on, and one sentence for people.
//!
//! The sentence names the file, the problem and the way out, if one is known. It begins in lower case and has no final stop;
//! the command puts its own name before it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use payload::{Target, info};

/// A pack that failed. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// The class of the failure.
    pub kind: Kind,
    /// The file that failed, if it was a file.
    pub file: Option<PathBuf>,
    /// The target that the reason names, if it names one.
    pub target: Option<Target>,
    /// The problem and the way out, without the file's name.
    pub reason: String,
    /// The options that it comes of.
    pub(crate) causes: Causes,
}

/// The classes of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A file could not be read.
    Read,
    /// The input has no bytes.
    Empty,
    /// The input is neither a wasm module nor WebAssembly text.
    NotWasm,
    /// The input is WebAssembly text with a syntax error.
    Text,
    /// The input is a component with something that cannot be merged into one module.
    Component,
    /// The input is a module that is cut short or breaks the rules of WebAssembly.
    Invalid,
    /// The module uses a proposal that the compiler lacks.
    Proposal,
    /// The module is not a WASI command: a library, a reactor, or with a wrong `_start`.
    NotACommand,
    /// The module imports something that is not provided.
    Import,
    /// The module starts with more memory than `--max-memory` allows.
    Memory,
    /// The compiler failed on a valid module.
    Compile,
    /// A file or folder cannot be carried.
    Files,
    /// The module of an executable was needed, and the executable was packed without keeping it.
    NoModule,
    /// The program could not be run to see what its start touches.
    Profile,
    /// There is no launcher for the target.
    NoStub,
    /// The launcher is damaged, for another target, or not a launcher.
    Stub,
    /// The file is not an executable made by wasmpack, or its payload was cut off.
    NotPacked,
    /// An executable made by wasmpack whose payload is damaged.
    Damaged,
    /// The executable or the launcher is of another version of wasmpack.
    OtherVersion,
    /// A file cannot be stored in an archive under the name it was given.
    Archive,
    /// An installer lacks something that it has to know, or cannot have it.
    Installer,
    /// A key or a signature that cannot be used.
    Sign,
    /// A name or version cannot be part of a file's name.
    Name,
    /// An icon, a version text or a manifest that Windows could not use.
    Resource,
    /// The executable would be larger than the format allows.
    TooLarge,
    /// The finished executable failed its verification: a bug in wasmpack.
    Verify,
    /// The output cannot be created: its folder is missing or read-only, or OUT is not a file.
    OutputPlace,
    /// The output is also an input.
    OutputIsInput,
    /// No space is left for the output.
    NoSpace,
    /// Writing the output failed for another reason.
    Write,
    /// An [`Observer`](crate::progress::Observer) wanted it to stop.
    Cancelled,
}

/// The options that something wrong comes of: those are meant that come first and were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes(Vec<(Vec<&'static str>, Option<usize>)>);

impl Causes {
    /// Adds options by their long names, and the number, from 0, of one of their values, in the order in which those were given.
    /// Without it, the last value is meant.
    pub(crate) fn add(&mut self, options: &[&'static str], number: Option<usize>) {
        self.0.push((options.to_vec(), number));
    }

    /// Those options, and the number of the value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[&'static str], Option<usize>)> {
        self.0.iter().map(|(options, number)| (options.as_slice(), *number))
    }
}

impl Error {
    /// An error that is not (or not yet) about a certain file.
    pub fn new(kind: Kind, reason: impl Into<String>) -> Error {
        Error { kind, file: None, target: None, reason: reason.into(), causes: Causes::default() }
    }

    /// The same error, about `file` unless it is about another already.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Error {
        self.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// The same error, which comes of one of these options, or of others if none of these was given.
    #[must_use]
    pub(crate) fn of(mut self, options: &[&'static str]) -> Error {
        self.causes.add(options, None);
        self
    }

    /// The same error, which comes of the value with this number, from 0, of all values of these options.
    #[must_use]
    pub(crate) fn of_value(mut self, options: &[&'static str], number: usize) -> Error {
        self.causes.add(options, Some(number));
        self
    }

    /// The same error, whose reason names `target`.
    #[must_use]
    pub fn naming(self, target: Target) -> Error {
        Error { target: Some(target), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", info::printable(&file.to_string_lossy()))?;
        }
        // The lines of a text are shown with its mistake. Everything else is one line.
        match self.kind {
            Kind::Text => f.write_str(&info::printable_lines(&self.reason)),
            _ => f.write_str(&info::printable(&self.reason)),
        }
    }
}

impl std::error::Error for Error {}

impl From<container::Error> for Error {
    fn from(error: container::Error) -> Error {
        let kind = match error.kind {
            container::Kind::Stub => Kind::Stub,
            container::Kind::Foreign | container::Kind::NotPacked => Kind::NotPacked,
            container::Kind::OtherVersion => Kind::OtherVersion,
            container::Kind::Icon | container::Kind::Version | container::Kind::Manifest => Kind::Resource,
            container::Kind::TooLarge => Kind::TooLarge,
            container::Kind::Verify => Kind::Verify,
        };
        Error::new(kind, error.to_string())
    }
}

/// The operating system's words for `error`, lower-case and without the number that Rust adds.
pub(crate) fn spoken(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_never_control_a_terminal() {
        let error = Error::new(Kind::Empty, "the file is empty").in_file(Path::new("a\x1b[2Jb"));
        assert_eq!(error.to_string(), "a\\u{1b}[2Jb: the file is empty");
    }

    #[test]
    fn one_line_stays_one() {
        let error = Error::new(Kind::Import, "imports a\nwasmpack: done");
        assert_eq!(error.to_string(), "imports a\\nwasmpack: done");
        let error = Error::new(Kind::Text, "expected `)`\n 1 | \x1b(");
        assert_eq!(error.to_string(), "expected `)`\n 1 | \\u{1b}(");
    }

    #[test]
    fn the_first_file_named_stays() {
        let error = Error::new(Kind::Read, "gone").in_file(Path::new("a")).in_file(Path::new("b"));
        assert_eq!(error.to_string(), "a: gone");
    }

    #[test]
    fn system_errors_are_spoken_without_numbers() {
        let error = std::io::Error::from_raw_os_error(2);
        assert!(!spoken(&error).contains("os error"), "{}", spoken(&error));
    }
}
