//! Temporary files and folders, which are removed however the packer ends: beside an output, and for a trial.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use tempfile::{Builder, NamedTempFile, TempPath};

/// The files and folders that exist now: several, when targets are packed side by side. Folders stand before what lies in them.
static THERE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn lock() -> MutexGuard<'static, Vec<PathBuf>> {
    THERE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all of it, and then does `end`, which ends the process. Nothing comes to be in between.
pub(crate) fn remove_temporaries(end: impl FnOnce()) {
    let there = lock();
    remove(&there);
    end();
    drop(there);
}

/// The same for a thread that may have been interrupted in the middle of anything.
pub(crate) fn try_remove_temporaries() {
    match THERE.try_lock() {
        Ok(there) => remove(&there),
        Err(TryLockError::Poisoned(there)) => remove(&there.into_inner()),
        Err(TryLockError::WouldBlock) => {}
    }
}

fn remove(there: &[PathBuf]) {
    for path in there.iter().rev() {
        // A folder goes only when nothing is left in it.
        let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
    }
}

/// Does `what`, and no signal's handler meanwhile.
#[cfg(target_os = "linux")]
pub(super) fn undisturbed<T>(what: impl FnOnce() -> T) -> T {
    let _there = lock();
    what()
}

/// A folder that was made for something, and goes again unless there is something in it.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Folder {
        lock().push(path.to_owned());
        Folder(path.to_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let mut there = lock();
        there.retain(|other| *other != self.0);
        // Not when something is in it: the system refuses.
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// A file with a name, for the moment. It is removed when it is dropped.
pub(super) struct Registered {
    path: Option<TempPath>,
}

impl Registered {
    pub(super) fn new(path: TempPath) -> Registered {
        lock().push(path.to_path_buf());
        Registered { path: Some(path) }
    }

    fn path(&self) -> &Path {
        self.path.as_deref().expect("taken only when it is renamed")
    }

    /// Renames it to `target`, over what is there. No signal gets in between.
    pub(super) fn rename(mut self, target: &Path) -> io::Result<()> {
        let mut there = lock();
        let path = self.path.take().expect("taken here only");
        there.retain(|other| *other != *path);
        let result = path.persist(target);
        result.map_err(|error| error.error)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let mut there = lock();
            there.retain(|other| *other != *path);
            drop(path);
        }
    }
}

/// How names of temporary files begin and end.
pub(crate) const TEMPORARY: (&str, &str) = (".wasmpack-", ".tmp");

/// How temporary files are called.
pub(super) fn names() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    builder
}

/// An empty file in `folder`, where systems have modes with this one: the system takes the umask off it.
pub(super) fn file(
    folder: &Path,
    #[cfg_attr(not(unix), allow(unused_variables, reason = "other systems have no modes"))] mode: u32,
) -> io::Result<NamedTempFile> {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "other systems have no modes"))]
    let mut builder = names();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    builder.tempfile_in(folder)
}

/// A file in the system's folder for such, for this user alone. It is removed when it is dropped, and on an interrupt.
pub(crate) struct Temporary(Registered);

impl Temporary {
    /// One that holds `bytes`; a program, if it is `executable`.
    pub(crate) fn with(bytes: &[u8], executable: bool) -> io::Result<Temporary> {
        let mode = if executable { 0o700 } else { 0o600 };
        let (mut handle, path) = file(&std::env::temp_dir(), mode)?.into_parts();
        let file = Temporary(Registered::new(path));
        // Closed in the end: a program that is open for writing cannot be started.
        handle.write_all(bytes).map(|()| file)
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A folder for this user alone, which goes with all that is in it.
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// One in the system's folder for such.
    pub(crate) fn new() -> io::Result<Scratch> {
        Ok(Scratch::of(tempfile::tempdir()?))
    }

    /// One in `folder`.
    pub(crate) fn within(folder: &Path) -> io::Result<Scratch> {
        names().tempdir_in(folder).map(Scratch::of)
    }

    fn of(folder: tempfile::TempDir) -> Scratch {
        lock().push(folder.path().to_owned());
        Scratch { folder }
    }

    /// Where `name` is in it, which an interrupt removes as well.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        lock().push(path.clone());
        path
    }

    /// Moves what is called `names` in it into `folder`, all or nothing. No signal gets in between.
    pub(crate) fn deliver(self, names: &[&str], folder: &Path) -> io::Result<()> {
        let there = lock();
        let own = self.folder.path();
        for (at, name) in names.iter().enumerate() {
            if let Err(error) = std::fs::rename(own.join(name), folder.join(name)) {
                for moved in &names[..at] {
                    // What was just moved there can be moved back.
                    let _ = std::fs::rename(folder.join(moved), own.join(moved));
                }
                drop(there);
                return Err(error);
            }
        }
        drop(there);
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        lock().retain(|other| !other.starts_with(self.folder.path()));
    }
}
