//! What is published beside archives: their hashes, installers, and signatures.
//!
//! Everything is checked before anything is built, and made before anything is written. The hashes are written last: where they
//! are, everything is.

mod beside;
mod left;
pub(crate) mod machine;
pub mod sign;

use std::path::{Path, PathBuf};

pub use installers::Kind as Installer;
use installers::{Fault, Meta, Plan};
use payload::{About, Manifest, Target, info::printable};

pub(crate) use self::beside::Beside;
use crate::{Error, Kind, container::MAX_LEN, notices, output::archive, read, targets::platform::Platform};

/// Installers to make, and what only they need to know of a program.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Installers {
    /// Which.
    pub kinds: Vec<Installer>,
    /// The address below which archives are to be had; `{name}` and `{version}` stand for what they name.
    pub download_url: Option<String>,
    /// The package's name on npm; `None`: the program's.
    pub npm_name: Option<String>,
    /// The package's name on PyPI; `None`: the program's.
    pub pypi_name: Option<String>,
}

impl Installers {
    /// Installers of these kinds, for packages that are called as the program.
    pub fn new(kinds: impl IntoIterator<Item = Installer>) -> Installers {
        Installers { kinds: kinds.into_iter().collect(), ..Installers::default() }
    }

    /// What is known of a program.
    pub(crate) fn meta(
        &self,
        name: &str,
        version: Option<&str>,
        about: &About,
        description: Option<&str>,
    ) -> Meta {
        Meta {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            description: description.map(str::to_owned),
            homepage: about.homepage.clone(),
            license: about.license.clone(),
            author: about.author.clone(),
            download_url: self.download_url.clone(),
            npm_name: self.npm_name.clone(),
            pypi_name: self.pypi_name.clone(),
        }
    }

    /// The plan for a program with this manifest, whose packages have the files `extra`.
    ///
    /// # Errors
    /// `Installer`, if something is missing or cannot be used.
    pub(crate) fn plan(
        &self,
        manifest: &Manifest,
        description: Option<&str>,
        targets: &[Target],
        extra: &[(String, Vec<u8>)],
        time: Option<u64>,
    ) -> Result<Plan, Error> {
        let meta = self.meta(&manifest.app, manifest.version.as_deref(), &manifest.about, description);
        planned(&meta, &self.kinds, targets, extra, time)
    }
}

/// The plan of installers of `kinds`.
///
/// # Errors
/// `Installer`, if something is missing in `meta` or cannot be used.
pub(crate) fn planned(
    meta: &Meta,
    kinds: &[Installer],
    targets: &[Target],
    extra: &[(String, Vec<u8>)],
    time: Option<u64>,
) -> Result<Plan, Error> {
    let plan = Plan::new(meta, kinds, targets).and_then(|plan| plan.with(extra, time));
    plan.map_err(|fault| {
        let error = Error::new(Kind::Installer, fault.to_string());
        let error = match fault {
            // What gives the package its name where it has none of its own.
            Fault::Unusable { key: key @ ("npm-name" | "pypi-name"), .. } => error.of(&[key]).of(&["name"]),
            Fault::Unusable { key: "version", .. } => error.of(&["app-version"]),
            Fault::Unusable { key, .. } => error.of(&[key]),
            Fault::Missing { keys, .. } if keys.iter().any(|(key, _)| *key == "version") => {
                let reason = format!("{}; the option for version is --app-version", error.reason);
                Error { reason, ..error }
            }
            Fault::Missing { .. } => error,
        };
        error.of(&["installers"])
    })
}

/// The files that go into archives for `platforms`, signed with `key`, beside the executable: names and bytes.
///
/// # Errors
/// `Read`, and others of a file that cannot be read; `Archive` for two of one name, one that an archive cannot have, and the key.
pub(crate) fn included(
    files: &[PathBuf],
    platforms: impl Iterator<Item = Platform> + Clone,
    key: Option<&sign::Key>,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let read = |(at, file): (usize, &PathBuf)| {
        if file.is_dir() {
            let reason = "it is a folder, and an archive takes files: name those in it";
            return Err(Error::new(Kind::Read, reason).in_file(file));
        }
        // A pipe may never end.
        if file.metadata().is_ok_and(|there| !there.is_file()) {
            let reason = "it is no regular file, and an archive takes those alone";
            return Err(Error::new(Kind::Read, reason).in_file(file));
        }
        if file.file_name().is_some_and(|name| name.to_str().is_none()) {
            let reason = "its name is not UTF-8, which names in archives are: rename it";
            return Err(Error::new(Kind::Archive, reason).in_file(file));
        }
        let name = file_name(file);
        let mut checked = platforms.clone().map(|platform| archive::check(&name, platform));
        checked.try_for_each(|checked| checked).map_err(|error| error.in_file(file))?;
        if let Some(other) = files[..at].iter().find(|other| archive::is_same(&file_name(other), &name)) {
            let other = printable(&other.to_string_lossy());
            let reason = format!(
                "it cannot be in an archive together with {other}, which has the same name: rename one"
            );
            return Err(Error::new(Kind::Archive, reason).in_file(file));
        }
        let bytes = read::whole(file, "it for the archive", MAX_LEN)?;
        key.map_or(Ok(()), |key| key.secret().check(&bytes, file, Kind::Archive))?;
        Ok((name, bytes))
    };
    files.iter().enumerate().map(read).collect()
}

/// The same with the terms of launchers, as packages have them.
pub(crate) fn with_terms(included: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    let name = notices::name(included.iter().map(|(name, _)| name.as_str())).to_owned();
    included.iter().cloned().chain([(name, notices::executables().into_bytes())]).collect()
}

/// The last part of a path.
pub(crate) fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// An archive that was written.
#[derive(Debug)]
pub(crate) struct Archived {
    pub(crate) platform: Platform,
    /// Its file name.
    pub(crate) name: String,
    pub(crate) sha256: [u8; 32],
    /// The executable's name in it.
    pub(crate) program: String,
    /// The executable, where an installer has it in it.
    pub(crate) bytes: Vec<u8>,
    pub(crate) signature: Option<String>,
}

/// A file that was written beside archives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Its path.
    pub file: PathBuf,
    /// Its bytes.
    pub len: u64,
    /// SHA-256 of it.
    pub sha256: [u8; 32],
}
