//! A program's data for installers, as its author gives them.

use std::fmt;

/// An installer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// `install.sh`, for Linux and macOS.
    Sh,
    /// `install.ps1`, for Windows.
    Ps1,
    /// Packages for npm.
    Npm,
    /// Wheels for pip.
    Pypi,
    /// A formula for Homebrew.
    Brew,
    /// A manifest for Scoop.
    Scoop,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] = [Kind::Sh, Kind::Ps1, Kind::Npm, Kind::Pypi, Kind::Brew, Kind::Scoop];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Sh => "sh",
            Kind::Ps1 => "ps1",
            Kind::Npm => "npm",
            Kind::Pypi => "pypi",
            Kind::Brew => "brew",
            Kind::Scoop => "scoop",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What of a [`Meta`] it needs.
    fn needs(self) -> &'static [Key] {
        match self {
            Kind::Sh | Kind::Ps1 => &[Key::Version, Key::DownloadUrl],
            Kind::Npm | Kind::Pypi => &[Key::Version],
            Kind::Brew => &[Key::Version, Key::DownloadUrl, Key::Homepage, Key::License, Key::Description],
            Kind::Scoop => &[Key::Version, Key::DownloadUrl, Key::Homepage, Key::License],
        }
    }
}

/// A program's data for installers. Texts may be anything; they are checked when they are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Its name, which is the command that is installed.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// A sentence.
    pub description: Option<String>,
    /// An address on the web.
    pub homepage: Option<String>,
    /// The terms.
    pub license: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// The address below which archives are to be had; `{name}` and `{version}` stand for what they name.
    pub download_url: Option<String>,
    /// The package's name on npm; `None`: the program's.
    pub npm_name: Option<String>,
    /// The package's name on PyPI; `None`: the program's.
    pub pypi_name: Option<String>,
}

/// A part of a [`Meta`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Name,
    Version,
    Description,
    Homepage,
    License,
    DownloadUrl,
    NpmName,
    PypiName,
}

/// A part of a [`Meta`] that is missing, or that an installer cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The installers that need something, what they need, and an example of each.
    Missing {
        /// The installers.
        kinds: Vec<Kind>,
        /// Keys of a wasmpack.toml, with values that they could have.
        keys: Vec<(&'static str, &'static str)>,
    },
    /// What cannot be used.
    Unusable {
        /// The key of a wasmpack.toml.
        key: &'static str,
        /// Why.
        why: String,
    },
}

impl Key {
    /// Its name in a wasmpack.toml, and a value.
    const fn spelled(self) -> (&'static str, &'static str) {
        match self {
            Key::Name => ("name", "notes"),
            Key::Version => ("version", "1.2.3"),
            Key::Description => ("description", "Takes notes"),
            Key::Homepage => ("homepage", "https://notes.example"),
            Key::License => ("license", "MIT"),
            Key::DownloadUrl => ("download-url", "https://notes.example/releases/{version}"),
            Key::NpmName => ("npm-name", "@ada/notes"),
            Key::PypiName => ("pypi-name", "ada-notes"),
        }
    }

    /// The fault of its value.
    pub(crate) fn fault(self, why: impl Into<String>) -> Fault {
        Fault::Unusable { key: self.spelled().0, why: why.into() }
    }
}

impl Meta {
    fn has(&self, key: Key) -> bool {
        match key {
            Key::Name => true,
            Key::Version => self.version.is_some(),
            Key::Description => self.description.is_some(),
            Key::Homepage => self.homepage.is_some(),
            Key::License => self.license.is_some(),
            Key::DownloadUrl => self.download_url.is_some(),
            Key::NpmName => self.npm_name.is_some(),
            Key::PypiName => self.pypi_name.is_some(),
        }
    }

    /// Checks that everything is there that `kinds` need.
    pub(crate) fn check(&self, kinds: &[Kind]) -> Result<(), Fault> {
        let lacks = |key: &&Key| !self.has(**key);
        let mut keys: Vec<Key> = kinds.iter().flat_map(|kind| kind.needs()).filter(lacks).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(());
        }
        let in_need = |kind: &Kind| kind.needs().iter().any(|key| keys.contains(key));
        Err(Fault::Missing {
            kinds: kinds.iter().copied().filter(in_need).collect(),
            keys: keys.into_iter().map(Key::spelled).collect(),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Missing { kinds, keys } => {
                let lines: Vec<String> =
                    keys.iter().map(|(key, value)| format!("{key} = {value:?}")).collect();
                // Kinds that lack the same are told together.
                let mut groups: Vec<(Vec<&str>, String)> = Vec::new();
                for kind in kinds {
                    let lacks = keys.iter().map(|(key, _)| *key);
                    let lacks = lacks.filter(|key| kind.needs().iter().any(|need| need.spelled().0 == *key));
                    let lacks = lacks.collect::<Vec<_>>().join(", ");
                    match groups.iter_mut().find(|(_, other)| *other == lacks) {
                        Some((kinds, _)) => kinds.push(kind.name()),
                        None => groups.push((vec![kind.name()], lacks)),
                    }
                }
                let needs: Vec<String> = groups
                    .iter()
                    .map(|(kinds, lacks)| format!("({}) need {lacks}", kinds.join(", ")))
                    .collect();
                write!(
                    f,
                    "installers {}; write it into wasmpack.toml or type the option, such as: {}",
                    needs.join(", "),
                    lines.join(", ")
                )
            }
            Fault::Unusable { key, why } => write!(f, "{key}: {why}"),
        }
    }
}
