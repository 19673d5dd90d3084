//! Small launchers of every format, which launch nothing: for tests and fuzzers, here and in other crates.

pub mod elf;
pub mod macho;
pub mod pe;
