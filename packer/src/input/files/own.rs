//! Files that are never carried: what the pack itself writes, and the key that signs it, under whatever name they are found.

use std::{
    fs::Metadata,
    path::{Path, PathBuf},
};

use crate::secret::Secret;

/// Files that a pack never carries.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The key that signs. To carry it is an error.
    pub(crate) secret: Option<Secret>,
    /// Files, whether they exist or not.
    pub files: Vec<PathBuf>,
    /// The folder of several files.
    pub folder: Option<PathBuf>,
    /// Whether standard output is one of the files.
    pub stdout: bool,
}

impl Own {
    /// Whether the file at `path` is one of them. Links, other spellings and temporary files count.
    pub(super) fn has_file(&self, path: &Path, metadata: &Metadata) -> bool {
        let is_temporary = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            name.starts_with(crate::output::TEMPORARY.0) && name.ends_with(crate::output::TEMPORARY.1)
        });
        let is_same = |own: &&PathBuf| {
            // Asked first: files are not opened for nothing.
            let is_alike = own.metadata().is_ok_and(|own| own.is_file() && own.len() == metadata.len());
            is_alike && same_file::is_same_file(own, path).unwrap_or(false)
        };
        is_temporary || self.files.iter().any(|own| is_same(&own)) || self.stdout && is_stdout(path)
    }

    /// Whether the folder at `path` is the one of several files.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        let is_same = |own: &PathBuf| same_file::is_same_file(own, path).unwrap_or(false);
        self.folder.as_ref().is_some_and(is_same)
    }
}

fn is_stdout(path: &Path) -> bool {
    let stdout = same_file::Handle::stdout().ok();
    stdout.is_some() && same_file::Handle::from_path(path).ok() == stdout
}
