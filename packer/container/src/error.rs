//! Why an executable could not be made, or is not one of ours: data; the sentence is made when it is shown.

use std::fmt;

/// An error in a launcher, in an executable, or in a resource for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The class of the failure.
    pub kind: Kind,
    /// Where: bytes from the start of the file that the kind names, if it is about one place.
    pub at: Option<u64>,
    /// The problem and the way out, without the place.
    pub what: String,
}

/// The classes of failure, each about one kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The launcher is damaged, for another target, or not a launcher.
    Stub,
    /// The file is another program, or not an executable.
    Foreign,
    /// A file that was to be read back carries no payload, though it may be ours.
    NotPacked,
    /// The launcher, or the executable that has it, is of another version of wasmpack.
    OtherVersion,
    /// The icon cannot be used.
    Icon,
    /// The version information cannot be used.
    Version,
    /// The application manifest cannot be used.
    Manifest,
    /// The executable would be larger than the format allows.
    TooLarge,
    /// The finished executable failed its verification: a bug in wasmpack.
    Verify,
}

impl Error {
    /// An error that is about no one place.
    pub(crate) fn new(kind: Kind, what: impl Into<String>) -> Error {
        Error { kind, at: None, what: what.into() }
    }

    /// An error about the byte at `at`.
    pub(crate) fn at(kind: Kind, at: u64, what: impl Into<String>) -> Error {
        Error { kind, at: Some(at), what: what.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error { kind, at, what } = self;
        match (kind, at) {
            (Kind::Stub, Some(at)) => write!(f, "stub at {at:#x}: {what}"),
            (Kind::Foreign, Some(at)) => write!(f, "not an executable made by wasmpack: {what} (at {at:#x})"),
            (Kind::Foreign, None) => write!(f, "not an executable made by wasmpack: {what}"),
            (Kind::Verify, Some(at)) => write!(f, "executable at {at:#x}: {what}"),
            (Kind::Verify, None) => write!(
                f,
                "the finished executable does not read back: {what}; this is a mistake in wasmpack, please report it"
            ),
            (Kind::Icon, at) => unusable(f, "icon", *at, what),
            (Kind::Version, at) => unusable(f, "version information", *at, what),
            (Kind::Manifest, at) => unusable(f, "manifest", *at, what),
            (Kind::Stub | Kind::NotPacked | Kind::OtherVersion | Kind::TooLarge, _) => f.write_str(what),
        }
    }
}

fn unusable(f: &mut fmt::Formatter<'_>, part: &str, at: Option<u64>, what: &str) -> fmt::Result {
    match at {
        Some(at) => write!(f, "the {part} cannot be used, at {at:#x}: {what}"),
        None => write!(f, "the {part} cannot be used: {what}"),
    }
}

impl std::error::Error for Error {}
