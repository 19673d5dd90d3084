//! Data that all targets of a pack share.

use std::path::PathBuf;

use payload::{Manifest, Target};

use super::twins::Twins;
use crate::{
    Error,
    cache::Cache,
    container::pe::PeOptions,
    input::program::Program,
    store::{Once, Stored},
    targets::stubs,
};

/// Data that all targets share.
pub(super) struct Shared {
    /// The module as it is compiled.
    pub(super) program: Program,
    /// Its hash.
    pub(super) wasm_sha256: [u8; 32],
    pub(super) manifest: Manifest,
    /// Sections that are the same for every target.
    pub(super) sections: Vec<Stored>,
    /// Programs that are carried beside this one.
    pub(super) others: Others,
    pub(super) shown: PeOptions,
    /// The launcher that is used instead of those in this packer.
    pub(super) own_stub: Option<Vec<u8>>,
    /// The files in each archive behind the executable: names and bytes.
    pub(super) included: Vec<(String, Vec<u8>)>,
    /// What one target compiles for others.
    pub(super) twins: Twins,
    /// What one target stores for others.
    pub(super) once: Once,
    /// What earlier packs made.
    pub(super) cache: Option<Cache>,
}

/// Programs that are ready to be compiled.
#[derive(Default)]
pub(super) struct Others {
    /// Each with its file.
    pub(super) all: Vec<(PathBuf, Shared)>,
    /// Notes about them.
    pub(super) notes: Vec<String>,
    /// Whether one starts copies of its process.
    pub(super) starts_copies: bool,
}

/// The launcher for `target`: `own_stub`, or one of those in this packer.
pub(super) fn launcher(target: Target, own_stub: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    own_stub.map_or_else(|| stubs::get(target), |stub| Ok(stub.to_vec()))
}
