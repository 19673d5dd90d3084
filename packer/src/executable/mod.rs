//! Reads a finished executable: its content, and whether it is unchanged.
//!
//! [`Executable`] gives access to the content of files whose header and manifest match their hash. [`verify`] is for unknown
//! files: it checks all parts, also after one has failed. Both find the payload as its launcher does ([`container::find`]).
//!
//! A universal file of macOS has an executable for each CPU, a file for all Unix targets what one for each of these is made of
//! ([`slice`]). They must have one program; where it does not matter which is read, it is the first.

mod prefix;
mod slice;
#[cfg(test)]
mod tests;
mod verify;

use std::{io::Read, path::Path};

use payload::{Manifest, Prefix, SectionKind};

pub use self::verify::{Launcher, verify, verify_with};
use self::{prefix::damaged, slice::Slice};
use crate::{
    Error, Kind,
    container::{self, Format, MAX_LEN, check::Check},
    error::spoken,
    input::kind,
    read::open,
    store::decode,
};

/// A finished executable whose header, section table and manifest are whole.
#[derive(Clone, Debug)]
pub struct Executable {
    file: Vec<u8>,
    /// The one executable in it, or the first of several.
    first: Slice,
    others: Vec<Slice>,
}

/// An executable, or one of those in a file for several targets.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Part<'a> {
    /// All that is read before the app starts.
    pub prefix: &'a Prefix,
    /// Its bytes, launcher included. In a file for all Unix targets, others may share them.
    pub len: u64,
}

impl Executable {
    /// Reads the executable at `path`.
    ///
    /// # Errors
    /// As [`read`] and [`Executable::from_bytes`], about this file.
    pub fn open(path: &Path) -> Result<Executable, Error> {
        Executable::from_bytes(read(path)?).map_err(|error| error.in_file(path))
    }

    /// Reads the executable that `file` holds.
    ///
    /// # Errors
    /// `NotPacked` as [`container::find`] says; `Damaged` for a header, section table or manifest that was changed, is
    /// of another version, or is for another machine than the launcher, and for a universal file whose executables do not have
    /// one program.
    pub fn from_bytes(file: Vec<u8>) -> Result<Executable, Error> {
        let mut slices = Slice::all(&file)?.into_iter();
        let first = slices.next().ok_or_else(|| damaged("it has no executable"))?;
        let others = slices.collect();
        Ok(Executable { file, first, others })
    }

    /// The executables in it: one, or in a file for several targets one for each.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let slices = [&self.first].into_iter().chain(&self.others);
        slices.map(|slice| Part { prefix: &slice.prefix, len: slice.len })
    }

    /// Whether a script starts it: it is a file for all Unix targets.
    pub fn is_script(&self) -> bool {
        container::unix::is(&self.file)
    }

    /// Its container; in a file for all Unix targets, that of the first launcher.
    pub fn format(&self) -> Format {
        self.first.format
    }

    /// All that is read before the app starts.
    pub fn prefix(&self) -> &Prefix {
        &self.first.prefix
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.first.prefix.manifest
    }

    /// The whole file.
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// The payload's bytes.
    pub fn payload(&self) -> &[u8] {
        self.first.payload(&self.file)
    }

    /// The decoded content of the section of this kind; `None` if there is none.
    ///
    /// # Errors
    /// `Damaged`, naming the section, when a chunk is.
    pub fn section(&self, kind: SectionKind) -> Result<Option<Vec<u8>>, Error> {
        let Some(section) = self.first.prefix.section(kind) else { return Ok(None) };
        let content = decode::section(self.payload(), section);
        content.map(Some).map_err(|error| match error {
            decode::Error::Damaged(error) => damaged(&format!("section {}: {error}", kind.name())),
            decode::Error::Memory(_) => Error::new(Kind::Read, format!("section {}: {error}", kind.name())),
        })
    }

    /// The payloads of programs that it carries beside its own.
    ///
    /// # Errors
    /// `Damaged` if one cannot be read.
    pub fn programs(&self) -> Result<Vec<(Prefix, &[u8])>, Error> {
        payload::programs::of(self.payload(), self.prefix())
            .map_err(|error| damaged(&format!("its programs are damaged: {error}")))
    }

    /// Checks all of it, as [`verify`] does.
    pub fn verify(&self) -> Vec<Check> {
        verify::all(&self.file, Launcher::Carried).expect("it was read")
    }
}

/// The bytes of the file at `path`, which starts like an executable; of any other no more than that is read.
///
/// # Errors
/// `Read`; `NotPacked` for another kind of file; `TooLarge` for one that the packer never writes.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| {
        Error::new(Kind::Read, format!("cannot read it: {}", spoken(&error))).in_file(path)
    };
    let (mut file, len) = open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.by_ref().take(8).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.starts_with(b"\0asm") {
        let reason = "a program in WebAssembly, and no executable yet; pack it first: wasmpack FILE -o OUT";
        return Err(Error::new(Kind::NotPacked, reason).in_file(path));
    }
    if !container::is_executable(&bytes) {
        let mut head = bytes.clone();
        file.by_ref().take(504).read_to_end(&mut head).map_err(failed)?;
        if let Some(what) = other(&head, path) {
            let reason = format!("not an executable made by wasmpack: {what}");
            return Err(Error::new(Kind::NotPacked, reason).in_file(path));
        }
        // With the words that it has for such a file.
        container::find(&bytes).map_err(|error| Error::from(error).in_file(path))?;
    }
    let room = len.unwrap_or(0).min(MAX_LEN) as usize;
    bytes.try_reserve_exact(room).map_err(|error| failed(error.into()))?;
    file.take(MAX_LEN).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 >= MAX_LEN {
        let reason = format!("not an executable made by wasmpack: those have {} bytes at most", MAX_LEN - 1);
        return Err(Error::new(Kind::TooLarge, reason).in_file(path));
    }
    Ok(bytes)
}

/// The kind of the file at `path`, which begins with `head` and is no executable, and how to look into it.
fn other(head: &[u8], path: &Path) -> Option<String> {
    if let Some(what) = kind::packed(head) {
        return Some(format!(
            "it is {what}; unpack it, and name the executable in it; `wasmpack verify FILE --pubkey KEY` checks the file's own signature"
        ));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let first = head.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_hash = first.len() == 64 && first.iter().all(u8::is_ascii_hexdigit);
    (is_hash || name.starts_with("SHA256SUMS")).then(|| {
        let way = "`sha256sum -c FILE` checks them, `wasmpack verify FILE --pubkey KEY` its signature";
        format!("it is a list of hashes; {way}")
    })
}
