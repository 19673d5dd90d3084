//! Paths that lead out of a directory, where nothing is to confine a program: `--native`.
//!
//! cap-std resolves paths below one directory, and says so when one leads out: by `..`, by a link with an absolute target, by
//! a link of the kernel such as those of /dev/fd. A native program follows them. So what was refused for that, and for nothing
//! else, is done once more as the system does it: the directory around the name is opened by its path, and the verb is done
//! below that.

use std::io;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir as CapDir;

use super::dir::HostDir;
use super::name::wants_directory;
use crate::errno::{Error, Result};
use crate::sys;
use crate::words::Filestat;

/// How many symbolic links may lie at the end of a path: Linux's number.
const LINKS_MAX: u32 = 40;

/// True for a refusal of a path because it leads out. A link of the kernel is told from a circle only by following it.
fn leads_out(error: Error) -> bool {
    matches!(error.0, wasip1::ERRNO_NOTCAPABLE | wasip1::ERRNO_LOOP)
}

/// Opens a directory by its path.
pub(super) fn open_dir_beyond(path: &Path, follow: bool) -> Result<CapDir> {
    if !follow && path.symlink_metadata()?.is_symlink() {
        return Err(wasip1::ERRNO_LOOP.into());
    }
    open_around(path)
}

fn open_around(path: &Path) -> Result<CapDir> {
    let dir = CapDir::open_ambient_dir(path, ambient_authority())?;
    no_launchers(sys::name_of(&dir))?;
    Ok(dir)
}

/// Refuses what is open and lies in the folder of launchers, by the `name` that the system gives it: links of the kernel, and those
/// that others made, lead there without its name.
pub(super) fn no_launchers(name: Option<PathBuf>) -> Result<()> {
    match name.is_some_and(|name| terms::launchers::is_in(&name.to_string_lossy())) {
        true => Err(wasip1::ERRNO_ACCES.into()),
        false => Ok(()),
    }
}

impl HostDir {
    /// The path of `path` below this directory, if paths may lead out of it.
    pub(super) fn path_beyond(&self, path: &str) -> Option<PathBuf> {
        let own = self.unconfined.as_ref()?;
        // The directory itself, wherever it was moved since.
        Some(sys::path_of_dir(&self.dir).unwrap_or_else(|| own.to_path_buf()).join(path))
    }

    /// The path of `path`, if `error` says that it led out, and it may.
    pub(super) fn beyond(&self, error: &io::Error, path: &str) -> Option<PathBuf> {
        let own = error.raw_os_error().is_none() && error.kind() == io::ErrorKind::PermissionDenied;
        let led_out = own || error.raw_os_error().and_then(sys::errno) == Some(wasip1::ERRNO_LOOP);
        if led_out { self.path_beyond(path) } else { None }
    }

    /// What `beyond` does, if `error` says that a path led out, and it may.
    pub(super) fn otherwise<T>(&self, error: Error, beyond: impl FnOnce() -> Result<T>) -> Result<T> {
        if leads_out(error) && self.unconfined.is_some() { beyond() } else { Err(error) }
    }

    /// Does `verb` with `path`; if that led out, and may, once more from the directory around its end.
    pub(super) fn or_beyond<T>(
        &self,
        path: &str,
        follow: bool,
        verb: impl Fn(&HostDir, &str) -> Result<T>,
    ) -> Result<T> {
        verb(self, path).or_else(|error| {
            self.otherwise(error, || {
                let (dir, name) = self.around(path, follow)?;
                verb(&dir, &name)
            })
        })
    }

    /// The same for a verb with two paths.
    pub(super) fn both_or_beyond(
        &self,
        path: &str,
        new_dir: &HostDir,
        new_path: &str,
        verb: impl Fn(&HostDir, &str, &HostDir, &str) -> Result<()>,
    ) -> Result<()> {
        verb(self, path, new_dir, new_path).or_else(|error| {
            self.otherwise(error, || {
                let (old_dir, old_name) = self.around(path, false)?;
                if new_dir.unconfined.is_none() {
                    return verb(&old_dir, &old_name, new_dir, new_path);
                }
                let (new_dir, new_name) = new_dir.around(new_path, false)?;
                verb(&old_dir, &old_name, &new_dir, &new_name)
            })
        })
    }

    /// The directory around the end of `path`, and the name there. With `follow` that is no link, as far as links tell where
    /// they lead.
    fn around(&self, path: &str, follow: bool) -> Result<(HostDir, String)> {
        let mut whole = self.path_beyond(path).ok_or(wasip1::ERRNO_NOTCAPABLE)?;
        if path.ends_with("/.") {
            // The directory itself is named, and not its name around it.
            let dir = open_around(&whole)?;
            return Ok((HostDir::unconfined(dir, whole), ".".to_owned()));
        }
        let slash = if wants_directory(path) { "/" } else { "" };
        for _ in 0..LINKS_MAX {
            // A path that ends in `..` names a directory by itself.
            let (around, name) = match (whole.parent(), whole.file_name()) {
                (Some(around), Some(name)) => (around, name.to_str().ok_or(wasip1::ERRNO_ILSEQ)?),
                _ => (&*whole, "."),
            };
            let around = if around.as_os_str().is_empty() { Path::new(".") } else { around };
            let dir = open_around(around)?;
            if follow && let Ok(target) = dir.read_link_contents(name) {
                whole = around.join(target);
                continue;
            }
            let name = format!("{name}{slash}");
            return Ok((HostDir::unconfined(dir, around.to_owned()), name));
        }
        Err(wasip1::ERRNO_LOOP.into())
    }

    /// What is known about `path`, which led out.
    pub(super) fn filestat_beyond(&self, path: &str, follow: bool) -> Result<Filestat> {
        let whole = self.path_beyond(path).ok_or(wasip1::ERRNO_NOTCAPABLE)?;
        Ok(sys::filestat_by_path(&whole, follow)?)
    }

    /// Makes `name` in this directory a link to `target`, wherever that is.
    pub(super) fn symlink_beyond(&self, target: &str, name: &str) -> Result<()> {
        let path = self.path_beyond(name).ok_or(wasip1::ERRNO_NOTCAPABLE)?;
        // It is refused where nothing is to be made.
        self.around(name, false)?;
        Ok(sys::symlink_by_path(Path::new(target), &path)?)
    }
}
