//! Errors: what a component is or has that cannot become an executable.

use std::fmt;

/// A component that cannot become a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Why it cannot.
    pub kind: Kind,
    /// The problem and the way out, in one line.
    pub reason: String,
}

/// Why a component cannot become a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It breaks the rules of the component model or of WebAssembly.
    Invalid,
    /// It is no command: an http proxy, a library, or a program for another version of WASI.
    NotACommand,
    /// It imports something that is no part of WASI.
    Import,
    /// It has something that cannot be merged into one module.
    Unsupported,
    /// It has more parts than can be merged.
    TooLarge,
}

impl Error {
    pub(crate) fn new(kind: Kind, reason: impl Into<String>) -> Self {
        // A validator's message may have several lines.
        let reason = reason.into().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { kind, reason }
    }

    pub(crate) fn invalid(what: impl fmt::Display) -> Self {
        Self::new(Kind::Invalid, format!("not a valid component: {what}"))
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, what)
    }
}

impl From<wasmparser::Error> for Error {
    fn from(error: wasmparser::Error) -> Self {
        Self::invalid(format_args!("at {:#x}: {}", error.offset(), error.message()))
    }
}

impl From<wasm_encoder::reencode::Error> for Error {
    fn from(error: wasm_encoder::reencode::Error) -> Self {
        match error {
            wasm_encoder::reencode::Error::ParseError(error) => error.into(),
            other => Self::invalid(other),
        }
    }
}

impl From<wasm_encoder::reencode::Error<Error>> for Error {
    fn from(error: wasm_encoder::reencode::Error<Error>) -> Self {
        match error {
            wasm_encoder::reencode::Error::ParseError(error) => error.into(),
            wasm_encoder::reencode::Error::UserError(error) => error,
            other => Self::invalid(other),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}
