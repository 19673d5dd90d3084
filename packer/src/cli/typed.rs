//! The options as they were typed or described. Each value is parsed and checked alone. No file is opened, and no default is
//! chosen.

use std::path::PathBuf;

use payload::{About, Compiler};

use super::wanted::Wanted;
use crate::{
    compile::cpu::Raise,
    input::files::choice::Choice,
    pack::{Grant, Told, With},
    release::{Installer, Installers},
};

/// The options of a pack, as they were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) output: Option<PathBuf>,
    pub(super) force: bool,
    pub(super) targets: Vec<Wanted>,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) about: About,
    pub(super) archive: bool,
    pub(super) include: Vec<PathBuf>,
    pub(super) description: Option<String>,
    pub(super) installers: Vec<Installer>,
    /// What only installers need.
    pub(super) release: Installers,
    /// The file of a secret key.
    pub(super) sign: Option<PathBuf>,
    pub(super) keep_module: bool,
    /// Directories and carried files, in the order in which they were given.
    pub(super) grants: Vec<Grant>,
    pub(super) with: Vec<With>,
    pub(super) choice: Choice,
    /// Options for the launcher.
    pub(super) told: Told,
    pub(super) strict: bool,
    /// In bytes.
    pub(super) max_memory: Option<u64>,
    pub(super) compiler: Option<Compiler>,
    pub(super) level: Option<i32>,
    pub(super) no_compress: bool,
    pub(super) profile: Option<Vec<String>>,
    pub(super) no_trial: bool,
    pub(super) use_profile: Vec<PathBuf>,
    pub(super) save_profile: Option<PathBuf>,
    pub(super) cache: Option<PathBuf>,
    pub(super) no_cache: bool,
    pub(super) cpu: Option<Raise>,
    pub(super) stub: Option<PathBuf>,
    pub(super) gui: bool,
    pub(super) icon: Option<PathBuf>,
    pub(super) version_info: Vec<(String, String)>,
    pub(super) quiet: bool,
    pub(super) json: bool,
    pub(super) verbose: bool,
}
