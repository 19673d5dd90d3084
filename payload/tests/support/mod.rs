//! What the test files of this crate share: the sample payloads, a reader of whole files, and hex texts.
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of this")]

pub mod hex;
pub mod layout;
pub mod reader;
pub mod samples;

use std::path::PathBuf;

use payload::{Error, Kind};

/// The folder of the golden vectors.
pub fn golden_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// True when the vectors shall be rewritten instead of compared.
pub fn blessing() -> bool {
    std::env::var_os("WASMPACK_BLESS").is_some_and(|value| value == "1")
}

/// Reads a text with the line ends that the repository has, whatever the checkout made of them.
pub fn read_text(path: &std::path::Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}

/// The class of an error: the name of its kind, as the vectors and docs/format.md write it.
pub fn class(error: &Error) -> &'static str {
    match error.kind {
        Kind::NotAPayload => "NotAPayload",
        Kind::Truncated { .. } => "Truncated",
        Kind::Version { .. } => "Version",
        Kind::Value { .. } => "Value",
        Kind::Mismatch { .. } => "Mismatch",
        Kind::Digest => "Digest",
        Kind::Text { .. } => "Text",
        Kind::Chunk { .. } => "Chunk",
        _ => panic!("a new class: name it here, in CLASSES, in docs/format.md, and give it a vector"),
    }
}

/// Every class there is.
pub const CLASSES: [&str; 8] =
    ["NotAPayload", "Truncated", "Version", "Value", "Mismatch", "Digest", "Text", "Chunk"];
