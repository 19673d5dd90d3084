//! Writing executables and archives: whole or not at all, and never at the cost of an older good one.
//!
//! The bytes go to a temporary file in OUT's own folder, which is then renamed over OUT. Whatever ends the
//! packer before that (an error, Ctrl-C, a kill, a power cut), OUT is untouched. The temporary exists only
//! while it is written; it is removed when writing fails and, through [`remove_on_interrupt`], on Ctrl-C, on
//! SIGTERM and on SIGHUP. Only a SIGKILL in that moment can leave it behind, under a name that begins with a
//! dot.
//!
//! If OUT is a symbolic link, the link is replaced and what it points to stays as it is, as linkers do. OUT's
//! old mode does not matter either: the new file is readable, writable and executable for whomever the umask
//! allows.

use std::{
    fs::Metadata,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use tempfile::{Builder, NamedTempFile, TempPath};

use crate::{Error, Kind, error::spoken};

/// The temporaries that exist now, for the interrupt handler: several, when targets are packed side by side.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The exit code of an interrupted pack: 128 + SIGINT, as shells have it.
const INTERRUPTED: i32 = 130;

/// A place that was found fit for writing.
#[derive(Debug)]
pub struct Output {
    file: PathBuf,
    folder: PathBuf,
    /// Whether it can be started, where systems have such a mode.
    executable: bool,
}

impl Output {
    /// Checks that a file can be written to `file`, one to be started if it is `executable`, so that no time is spent on compiling before it
    /// turns out that it cannot. `inputs` are the files that are read and must not be overwritten.
    ///
    /// # Errors
    /// `OutputPlace` when the folder is missing or nothing can be created in it, or `file` is a folder, a device
    /// or the like; `OutputIsInput` when it is one of `inputs`, also by another name (a link).
    pub fn prepare(file: &Path, inputs: &[&Path], executable: bool) -> Result<Output, Error> {
        let fail = |reason: &str| Err(Error::new(Kind::OutputPlace, reason).in_file(file));
        let named = file.as_os_str().as_encoded_bytes();
        let names_a_folder = named.last().is_some_and(|last| std::path::is_separator(char::from(*last)));
        if names_a_folder || file.file_name().is_none() {
            return fail("the output is a folder; name a file in it");
        }
        // Following links: a link to a device must not be replaced either (as root, /dev/stdout could be).
        let there = file.metadata().ok();
        if there.as_ref().is_some_and(Metadata::is_dir) {
            return fail("the output is a folder; name a file in it");
        }
        if there.is_some_and(|there| !there.is_file()) {
            return fail("the output exists and is not a regular file; name another");
        }
        if let Some(input) = inputs.iter().find(|input| same_file::is_same_file(file, input).unwrap_or(false))
        {
            let reason =
                format!("the output is the same file as the input {}; name another", input.display());
            return Err(Error::new(Kind::OutputIsInput, reason).in_file(file));
        }
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let output = Output { file: file.to_owned(), folder: folder.to_owned(), executable };
        if let Err(error) = output.temporary() {
            return fail(&unusable(folder, &error));
        }
        Ok(output)
    }

    /// Writes `bytes`.
    ///
    /// # Errors
    /// `NoSpace`, with the number of bytes needed, when the disk or a quota is full or the file exceeds a size
    /// limit; `Write` for everything else. OUT is then as it was.
    pub fn write(self, bytes: &[u8]) -> Result<(), Error> {
        self.try_write(bytes).map_err(|error| {
            let full =
                [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge];
            let (kind, reason) = if full.contains(&error.kind()) {
                let reason = format!(
                    "no space for the file in folder {}, {} bytes are needed: {}",
                    self.folder.display(),
                    bytes.len(),
                    spoken(&error)
                );
                (Kind::NoSpace, reason)
            } else {
                (Kind::Write, format!("cannot write it: {}", spoken(&error)))
            };
            Error::new(kind, reason).in_file(&self.file)
        })
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<()> {
        let (mut handle, path) = self.temporary()?.into_parts();
        let guard = Registered::new(path);
        handle.write_all(bytes)?;
        // Closed before the rename: Windows does not rename open files.
        drop(handle);
        guard.rename(&self.file)
    }

    /// An empty file in OUT's folder, with the mode that a linker would give an executable, or an editor a text. It is removed
    /// when it is dropped.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        temporary(&self.folder, if self.executable { 0o777 } else { 0o666 })
    }
}

/// An empty file in `folder`, where systems have modes with this one: the system takes the umask off it.
fn temporary(
    folder: &Path,
    #[cfg_attr(not(unix), allow(unused_variables, reason = "other systems have no modes"))] mode: u32,
) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".wasmpack-").suffix(".tmp");
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
        let (mut handle, path) = temporary(&std::env::temp_dir(), mode)?.into_parts();
        let file = Temporary(Registered::new(path));
        // Closed in the end: a program that is open for writing cannot be started.
        handle.write_all(bytes).map(|()| file)
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.0.path.as_deref().expect("taken only when it is renamed")
    }
}

/// Makes the folder that several executables go to, unless it is there. What was made is removed when the result is
/// dropped and nothing was written into it.
///
/// # Errors
/// `OutputPlace` when there is something else of that name, or it cannot be made.
pub fn make_folder(folder: &Path) -> Result<Made, Error> {
    let fail = |reason: String| Err(Error::new(Kind::OutputPlace, reason).in_file(folder));
    match folder.metadata() {
        Ok(there) if there.is_dir() => Ok(Made { folder: None }),
        Ok(_) => fail("several targets go to a folder, and this is none; name another".to_owned()),
        Err(_) => match std::fs::create_dir_all(folder) {
            Ok(()) => Ok(Made { folder: Some(folder.to_owned()) }),
            Err(error) => fail(format!("cannot make the output folder: {}", spoken(&error))),
        },
    }
}

/// A folder that was made for the output, or that was there.
#[derive(Debug)]
pub struct Made {
    folder: Option<PathBuf>,
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // Not when something is in it: the system refuses.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

fn unusable(folder: &Path, error: &io::Error) -> String {
    let name = folder.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("the output folder {name} does not exist; create it first"),
        io::ErrorKind::NotADirectory => format!("{name} is not a folder"),
        io::ErrorKind::PermissionDenied => format!("the output folder {name} is not writable for this user"),
        io::ErrorKind::ReadOnlyFilesystem => {
            format!("the output folder {name} is on a read-only file system")
        }
        _ => format!("cannot create a file in the output folder {name}: {}", spoken(error)),
    }
}

/// A temporary file that the interrupt handler knows of. It is removed when it is dropped.
struct Registered {
    path: Option<TempPath>,
}

impl Registered {
    fn new(path: TempPath) -> Registered {
        lock().push(path.to_path_buf());
        Registered { path: Some(path) }
    }

    /// Renames the temporary over `target`, while the interrupt handler is kept out.
    fn rename(mut self, target: &Path) -> io::Result<()> {
        let mut known = lock();
        let path = self.path.take().expect("taken here only");
        known.retain(|other| *other != *path);
        let result = path.persist(target);
        result.map_err(|error| error.error)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let mut known = lock();
            known.retain(|other| *other != *path);
            drop(path);
        }
    }
}

fn lock() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARIES.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// From now on Ctrl-C, SIGTERM and SIGHUP remove the temporaries, if there are any, before they end the process
/// with exit code 130. For programs, not for libraries: signals belong to the whole process.
pub fn remove_on_interrupt() {
    let handler = || {
        // Kept locked to the end, so that the rename cannot slip in between.
        let known = lock();
        for path in known.iter() {
            let _ = std::fs::remove_file(path);
        }
        std::process::exit(INTERRUPTED);
    };
    // Where a signal is ignored on purpose (nohup), this changes nothing and says so. Then an interrupt may
    // leave a temporary, which harms nobody.
    let _ = ctrlc::try_set_handler(handler);
}
