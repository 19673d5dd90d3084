//! Writing executables and archives: whole or not at all, and never at the cost of an older good one.
//!
//! On Linux the bytes go to a file without a name, on OUT's own file system, which is given OUT's name in the end
//! ([`nameless`]); elsewhere, and on file systems that have no such files, to a temporary file in OUT's own folder, which is
//! then renamed over OUT. Whatever ends the packer before that (an error, Ctrl-C, a kill, a power cut), OUT is untouched. A
//! temporary exists only while it is written; it is removed when writing fails and, through
//! [`interrupt::handle`](crate::interrupt::handle), on signals. Only a SIGKILL in that moment can leave it behind, under a
//! name that begins with a dot.
//!
//! If OUT is a symbolic link, the link is replaced and what it points to stays as it is, as linkers do; but a link that
//! stands for something open or a device is refused ([`special`]). OUT's old mode does not matter either: the new file is
//! readable, writable and executable for whomever the umask allows.

pub mod archive;
#[cfg(target_os = "linux")]
mod nameless;
mod special;
mod standard;
mod temporary;
pub mod tree;

use std::{
    fs::Metadata,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{Error, Kind, error::spoken};

pub(crate) use special::is_special;
pub(crate) use standard::{close as close_stdout, stdout};
pub(crate) use temporary::{Scratch, TEMPORARY, Temporary, remove_temporaries, try_remove_temporaries};

/// The file name that means standard output.
pub(crate) const STANDARD: &str = "-";

/// A place that was checked to be writable.
#[derive(Debug)]
pub struct Output {
    place: Place,
    /// Whether it can be started, where systems have such a mode.
    executable: bool,
}

#[derive(Debug)]
enum Place {
    File { file: PathBuf, folder: PathBuf },
    Stream,
    Memory(Memory),
}

/// Where an output goes that is no file: it is empty until it is written whole.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    /// Takes what was written.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Output {
    /// Checks that `file` can be written, so that a pack fails before time is spent on compiling. `executable` files can be
    /// started. `inputs` are the files that are read; they must not be overwritten.
    ///
    /// # Errors
    /// `OutputPlace` if the folder is missing or not writable, or if `file` is a folder, a device or a link to an open file;
    /// `OutputIsInput` if it is one of `inputs`, also by another name (a link).
    pub fn prepare(file: &Path, inputs: &[&Path], executable: bool) -> Result<Output, Error> {
        let fail = |reason: &str| Err(Error::new(Kind::OutputPlace, reason).in_file(file));
        let named = file.as_os_str().as_encoded_bytes();
        let names_a_folder = named.last().is_some_and(|last| std::path::is_separator(char::from(*last)));
        if names_a_folder || file.file_name().is_none() {
            return fail("the output is a folder; name a file in it");
        }
        // Following links: a link to a device must not be replaced either.
        let there = file.metadata().ok();
        if there.as_ref().is_some_and(Metadata::is_dir) {
            return fail("the output is a folder; name a file in it");
        }
        if there.is_some_and(|there| !there.is_file()) {
            return fail("the output exists and is not a regular file; name another");
        }
        if is_special(file) {
            return fail(
                "the output is a device, or a link to a device or an open file; name another, or - for standard output",
            );
        }
        let is_same = |input: &&Path| same_file::is_same_file(file, input).unwrap_or(false);
        if let Some(input) = files(inputs).find(is_same) {
            return Err(is_input(input).in_file(file));
        }
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if let Err(error) = try_to_make(folder, mode(executable)) {
            return fail(&unusable(folder, &error));
        }
        let place = Place::File { file: file.to_owned(), folder: folder.to_owned() };
        Ok(Output { place, executable })
    }

    /// Standard output as the place. `inputs` are the files that are read and must not be written to.
    ///
    /// # Errors
    /// `Write` if it is closed; `OutputPlace` for a terminal, where an executable is to go to; `OutputIsInput` for one of
    /// `inputs`.
    pub fn standard(inputs: &[&Path], executable: bool) -> Result<Output, Error> {
        stdout().map_err(|error| unwritten(&error))?;
        if executable && io::stdout().is_terminal() {
            let reason = "standard output is a terminal: redirect it, or name a file";
            return Err(Error::new(Kind::OutputPlace, reason));
        }
        let own = same_file::Handle::stdout().ok();
        let is_own = |input: &&Path| own.is_some() && same_file::Handle::from_path(input).ok() == own;
        match files(inputs).find(is_own) {
            Some(input) => Err(is_input(input)),
            None => Ok(Output { place: Place::Stream, executable }),
        }
    }

    /// Memory as the place.
    pub fn memory(memory: &Memory) -> Output {
        Output { place: Place::Memory(memory.clone()), executable: true }
    }

    /// Writes `bytes`.
    ///
    /// # Errors
    /// As [`Output::write_with`].
    pub fn write(self, bytes: &[u8]) -> Result<(), Error> {
        self.write_with(bytes.len() as u64, &mut |out| out.write_all(bytes))
    }

    /// Writes what `content` hands out, `len` bytes.
    ///
    /// # Errors
    /// `NoSpace`, with the number of bytes needed, when the disk or a quota is full or the file exceeds a size
    /// limit; `Write` for everything else. OUT is then as it was.
    pub fn write_with(
        self,
        len: u64,
        content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let (file, folder) = match &self.place {
            Place::File { file, folder } => (file, folder),
            Place::Stream => {
                let mut out = io::stdout().lock();
                return content(&mut out).and_then(|()| out.flush()).map_err(|error| unwritten(&error));
            }
            Place::Memory(memory) => {
                let mut bytes = Vec::new();
                let no_memory = |error: io::Error| {
                    Error::new(Kind::NoSpace, format!("no memory for it: {}", spoken(&error)))
                };
                bytes.try_reserve_exact(len as usize).map_err(|error| no_memory(error.into()))?;
                content(&mut bytes).map_err(no_memory)?;
                *memory.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
                return Ok(());
            }
        };
        self.to_file(file, folder, content).map_err(|error| {
            let full =
                [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge];
            let (kind, reason) = if full.contains(&error.kind()) {
                let reason = format!(
                    "no space for the file in folder {}, {len} bytes are needed: {}",
                    folder.display(),
                    spoken(&error)
                );
                (Kind::NoSpace, reason)
            } else {
                (Kind::Write, format!("cannot write it: {}", spoken(&error)))
            };
            Error::new(kind, reason).in_file(file)
        })
    }

    fn to_file(
        &self,
        file: &Path,
        folder: &Path,
        content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mode = mode(self.executable);
        #[cfg(target_os = "linux")]
        if let Some(written) = nameless::write(folder, file, mode, content) {
            return written;
        }
        let (mut handle, path) = temporary::file(folder, mode)?.into_parts();
        let guard = temporary::Registered::new(path);
        content(&mut handle)?;
        // Closed before the rename: Windows does not rename open files.
        drop(handle);
        guard.rename(file)
    }
}

/// Makes a file in `folder`, and lets it go.
fn try_to_make(folder: &Path, mode: u32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if nameless::file(folder, mode).is_some() {
        return Ok(());
    }
    temporary::file(folder, mode).map(drop)
}

/// Those of `inputs` that are files. Others (pipes, devices) were read already and must not be opened again.
fn files<'a>(inputs: &[&'a Path]) -> impl Iterator<Item = &'a Path> {
    let opened =
        |input: &'a Path| if input.as_os_str() == STANDARD { Path::new("/dev/stdin") } else { input };
    inputs
        .iter()
        .map(move |input| opened(input))
        .filter(|input| input.metadata().is_ok_and(|there| there.is_file()))
}

/// The mode that a linker would give an executable, or an editor a text.
fn mode(executable: bool) -> u32 {
    if executable { 0o777 } else { 0o666 }
}

fn is_input(input: &Path) -> Error {
    let reason = format!("the output is the same file as the input {}; name another", input.display());
    Error::new(Kind::OutputIsInput, reason)
}

/// The error of a write to standard output.
pub(crate) fn unwritten(error: &io::Error) -> Error {
    Error::new(Kind::Write, format!("cannot write to standard output: {}", spoken(error)))
}

/// Makes the folder that several executables go to, unless it is there. What was made is removed when the result is
/// dropped and nothing was written into it.
///
/// # Errors
/// `OutputPlace` if the name is taken by something else, or the folder cannot be made.
pub fn make_folder(folder: &Path) -> Result<Made, Error> {
    let fail = |reason: String| Err(Error::new(Kind::OutputPlace, reason).in_file(folder));
    // A slash at its end makes a file no folder.
    match folder.components().as_path().metadata() {
        Ok(there) if there.is_dir() => Ok(Made(Vec::new())),
        Ok(_) => fail("the output goes to a folder, and this is not one; name another".to_owned()),
        Err(_) => {
            // Those above it as well, the outermost first.
            let missing: Vec<&Path> = folder
                .ancestors()
                .take_while(|above| !above.as_os_str().is_empty() && above.symlink_metadata().is_err())
                .collect();
            let made = Made(missing.into_iter().rev().map(temporary::Folder::new).collect());
            match std::fs::create_dir_all(folder) {
                Ok(()) => Ok(made),
                Err(error) => fail(format!("cannot make the output folder: {}", spoken(&error))),
            }
        }
    }
}

/// The folders that were made for the output. They go when this is dropped, or on an interrupt, if nothing is in them.
#[derive(Debug)]
pub struct Made(Vec<temporary::Folder>);

impl Drop for Made {
    fn drop(&mut self) {
        // The innermost first.
        while let Some(folder) = self.0.pop() {
            drop(folder);
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
