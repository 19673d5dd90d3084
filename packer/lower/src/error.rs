//! Errors: constructs that cannot be lowered, and where they are.

use std::fmt;

/// A module that cannot be lowered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Why it cannot.
    pub kind: Kind,
    /// The thing, by its index or name; for [`Kind::Invalid`] what is wrong.
    pub what: String,
    /// The function that it is in, by its index.
    pub function: Option<u32>,
    /// Bytes from the start of the module.
    pub offset: u64,
}

/// Why a module cannot be lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It breaks the rules of WebAssembly with all its proposals.
    Invalid,
    /// A tag of another module: nobody knows how that module throws and catches it.
    ImportedTag,
    /// An import that takes, gives or is an exception reference.
    ImportedReference,
    /// An exception reference in a table, a segment, a structure or an array, which hold references only.
    StoredReference,
    /// A reference to an exception whose payload does not fit what a lowered reference is.
    WidePayload,
    /// An instruction that has no lowered form.
    Instruction,
    /// A function that may throw has a result that cannot be made up.
    Result,
    /// Two function types that are told apart by a call through a table would become the same.
    Types,
    /// A module whose offsets do not fit what maps them.
    Size,
}

impl Kind {
    /// The problem and the way out.
    fn reason(self) -> &'static str {
        match self {
            Self::Invalid => "build the module again, or check it with a validator",
            Self::ImportedTag => {
                "exceptions of another module cannot be lowered; link the modules into one that defines the tag"
            }
            Self::ImportedReference => {
                "exception references cannot cross a module's border; keep the exception inside the module"
            }
            Self::StoredReference => {
                "exception references lie in locals and globals only; keep an index there, and the reference in a global"
            }
            Self::WidePayload => {
                "the payload of an exception that is caught by reference must fit 96 bits of numbers; throw the \
                 address of a larger one, or catch it by value"
            }
            Self::Instruction => "it cannot be lowered together with exceptions; build the module without it",
            Self::Result => {
                "a function that may throw must have results that can be null; make the reference nullable"
            }
            Self::Types => {
                "they differ in nothing but exception references, which become numbers; change one of them"
            }
            Self::Size => {
                "modules of 2 GiB and more are not lowered; split it, or build it without exceptions"
            }
        }
    }
}

impl Error {
    pub(crate) fn new(kind: Kind, what: impl Into<String>, offset: u64) -> Self {
        // Some of the validator's messages have several lines.
        let what = what.into().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { kind, what, function: None, offset }
    }

    pub(crate) fn in_function(self, index: u32) -> Self {
        Self { function: Some(index), ..self }
    }
}

impl From<wasmparser::Error> for Error {
    fn from(error: wasmparser::Error) -> Self {
        Self::new(Kind::Invalid, error.message(), error.offset())
    }
}

impl From<wasm_encoder::reencode::Error> for Error {
    fn from(error: wasm_encoder::reencode::Error) -> Self {
        match error {
            wasm_encoder::reencode::Error::ParseError(error) => error.into(),
            // What the encoder cannot express: nothing that a module validated as a whole has.
            other => Self::new(Kind::Invalid, other.to_string(), 0),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.kind.reason();
        if self.kind == Kind::Invalid {
            write!(out, "not a valid wasm module: ")?;
        }
        write!(out, "{}", self.what)?;
        if let Some(function) = self.function {
            write!(out, " in function {function}")?;
        }
        write!(out, " at {:#x}: {reason}", self.offset)
    }
}

impl std::error::Error for Error {}
