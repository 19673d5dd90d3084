//! The payload: what the packer adds to a launcher, and nothing else.
//!
//! ```text
//! executable = stub … locator{offset, length} …        the launcher, with one slot patched
//!              payload                                 found through the locator, never searched
//!
//! payload    = header          96 bytes    [`header`]   who wrote it, for which target, engine and CPU
//!              section table   40 bytes each [`section`] where each section lies and how it is stored
//!              manifest        section 1   [`manifest`] arguments, environment, grants
//!              metadata        section 3   [`image`]    what the engine must know, where the functions are
//!              code, memory    4 and 5                  the images, ready to be mapped
//!              unwind, frames  6 and 7     [`unwind`], [`frames`] tables for Windows and for traps
//!              tree, files     8 and 9     [`tree`]     names of the files that it carries, and their content
//!              module          10          the .wasm it came from, where it was kept
//!              programs        11          [`programs`] others that it may become, each a payload
//! ```
//!
//! Everything up to the end of the manifest is the *prefix*: small, read in one go, and guarded by a SHA-256
//! in the header. What follows is raw, or stored in independently compressed pieces ([`chunk`]), each guarded by a
//! checksum. All numbers are
//! little-endian. `docs/format.md` is the specification; this crate follows it to the byte, and `tests/golden`
//! holds the vectors that both must meet.
//!
//! This crate does no I/O and knows neither wasmer nor WASI. A reader here never trusts a length or an offset:
//! each is checked against the bytes at hand before it is used, and each error says at which byte it stands.
#![forbid(unsafe_code)]

mod bytes;
pub mod chunk;
mod codec;
mod error;
pub mod frames;
pub mod header;
pub mod image;
pub mod info;
mod json;
mod limits;
pub mod locator;
pub mod manifest;
mod prefix;
pub mod program;
pub mod programs;
pub mod section;
pub mod tree;
pub mod universal;
pub mod unix;
pub mod unwind;
mod varint;
mod writer;

pub use error::{Error, Kind};
pub use header::{Compiler, Engine, Header};
pub use locator::Locator;
pub use manifest::{About, Manifest};
pub use prefix::Prefix;
pub use section::{Encoding, Section, SectionKind};
pub use terms::{
    Connect, Count, CpuFeatures, Detail, DirGrant, FilesGrant, Grants, GuestName, Host, Listen, Mount,
    Target, Variable, cpu, grant, launchers, net, target,
};
pub use writer::Writer;

/// SHA-256 of `data`, as the format uses it.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(data).into()
}

/// [`sha256`] of what comes in pieces.
#[derive(Clone, Debug, Default)]
pub struct Hash(sha2::Sha256);

impl Hash {
    /// Adds what follows.
    pub fn update(&mut self, data: &[u8]) {
        sha2::Digest::update(&mut self.0, data);
    }

    /// The hash of all that was added.
    pub fn finish(self) -> [u8; 32] {
        sha2::Digest::finalize(self.0).into()
    }
}
