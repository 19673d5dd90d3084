//! Installers for a program that was built for several systems.
//!
//! ```text
//! meta      what is known of the program; what of it each installer needs
//! check     names and versions, as npm, PyPI and Homebrew allow them; pep440 makes Python's version of a version
//! quote     texts in shells and Ruby
//! known     all of it, checked
//! fill      templates, whose places are filled once
//! script    install.sh and install.ps1
//! npm, pypi packages with the executables in them
//! brew, scoop   manifests that name archives
//! plan      all of that, in one piece
//! bundle    tar.gz and zip archives that are the same on every machine
//! ```
//!
//! Whatever comes from outside is either refused or written so that it stays a text: no name becomes code in any of the seven
//! languages that are written here. This crate does no I/O.
#![forbid(unsafe_code)]

mod brew;
pub mod bundle;
mod check;
mod fill;
mod known;
mod machine;
mod meta;
mod npm;
mod pep440;
mod plan;
mod pypi;
mod quote;
mod scoop;
mod script;

pub use meta::{Fault, Kind, Meta};
pub use plan::Plan;

use terms::Target;

/// The program, built for one target.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// The machine it is for. Several may share one archive.
    pub target: Target,
    /// The name of the archive that is downloaded.
    pub archive: &'a str,
    /// The archive's hash.
    pub sha256: [u8; 32],
    /// The executable's name in the archive.
    pub program: &'a str,
    /// The executable.
    pub bytes: &'a [u8],
}

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path, with `/` between folders.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it is to be started.
    pub executable: bool,
}
