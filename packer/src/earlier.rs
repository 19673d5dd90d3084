//! What lies where something is to be written: only what an earlier pack wrote there is replaced unasked.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    path::Path,
};

use payload::Target;

use crate::{
    Error, Kind,
    container::{self, universal, unix},
    executable,
    output::archive::SUMS,
    release::{machine, sign},
    targets::platform::Platform,
    trial::saved,
};

/// Bytes of a text that tell what it is.
const HEAD: u64 = 4096;
/// What every installer says of itself that can have a comment.
const MARK: &str = "Written by wasmpack.";

/// Checks that nothing else is lost where the executable for `wanted` is written to `file`.
///
/// # Errors
/// `OutputPlace` if another file is there: one that no pack wrote, or one for another target.
pub(crate) fn check(file: &Path, wanted: Platform) -> Result<(), Error> {
    if !is_something(file) {
        return Ok(());
    }
    let wanted: BTreeSet<Target> = wanted.targets().collect();
    let what = match executable::read(file).ok().and_then(|bytes| targets(&bytes)) {
        Some(there) if there == wanted => return Ok(()),
        Some(there) => {
            let names: Vec<&str> = there.into_iter().map(Target::name).collect();
            format!("an executable for {}", names.join(" and "))
        }
        None => "a file that wasmpack did not pack".to_owned(),
    };
    let reason = format!("there is {what} under this name; name another, or replace it with --force");
    Err(Error::new(Kind::OutputPlace, reason).in_file(file))
}

/// What an executable of ours is for, also one that was cut or stripped, or is of another version; `None` for a file that
/// wasmpack did not pack, or not all of it.
fn targets(file: &[u8]) -> Option<BTreeSet<Target>> {
    let mut targets = BTreeSet::new();
    if unix::is(file) {
        let read = unix::read(file).ok();
        let known = read.map(|read| read.iter().map(|one| one.program.target).collect());
        return Some(known.unwrap_or_else(|| machine::targets(file).into_iter().collect()));
    }
    for place in universal::executables(file).ok()? {
        let own = &file[place];
        match container::find(own) {
            Ok(found) => drop(targets.insert(found.target)),
            Err(error) if error.kind == container::Kind::Foreign => return None,
            Err(_) => targets.extend(machine::targets(own)),
        }
    }
    Some(targets)
}

/// Checks that nothing but an archive is lost where one is written to `file`.
///
/// # Errors
/// `OutputPlace` if another file is there.
pub(crate) fn check_archive(file: &Path) -> Result<(), Error> {
    match !is_something(file) || is_archive(&head(file)) {
        true => Ok(()),
        false => Err(other(file, "is no archive")),
    }
}

/// Checks that nothing is lost where `file` is written beside archives of the program `app`: hashes, signatures, installers.
///
/// # Errors
/// `OutputPlace` if another file is there.
pub(crate) fn check_beside(file: &Path, app: &str) -> Result<(), Error> {
    if !is_something(file) {
        return Ok(());
    }
    let head = head(file);
    let text = String::from_utf8_lossy(&head);
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_ours = match name.rsplit_once('.').map(|(_, extension)| extension) {
        _ if name == SUMS => {
            fs::read_to_string(file).is_ok_and(|text| text.lines().all(|line| is_sum(line, app)))
        }
        _ if name.ends_with(sign::SUFFIX) => is_signature(file),
        Some("sh" | "ps1") => text.contains(MARK) && text.contains(&format!("Installs {app} ")),
        Some("tgz" | "whl") => is_archive(&head),
        // A manifest of Scoop's, which can have no comment.
        Some("json") => text.contains("\"architecture\"") && text.contains("\"hash\""),
        _ => text.contains(MARK),
    };
    match is_ours {
        true => Ok(()),
        false => Err(other(file, "was not written by wasmpack")),
    }
}

/// Checks that nothing but a profile is lost where one is written to `file`.
///
/// # Errors
/// `OutputPlace` if another file is there.
pub(crate) fn check_profile(file: &Path) -> Result<(), Error> {
    match !is_something(file) || head(file).starts_with(saved::HEAD.as_bytes()) {
        true => Ok(()),
        false => Err(other(file, "is no profile")),
    }
}

/// Checks that nothing but a man page of wasmpack is lost where one is written to `file`.
///
/// # Errors
/// `OutputPlace` if another file is there.
pub(crate) fn check_page(file: &Path) -> Result<(), Error> {
    match !is_something(file) || String::from_utf8_lossy(&head(file)).contains(".TH wasmpack") {
        true => Ok(()),
        false => Err(other(file, "is no man page of wasmpack")),
    }
}

/// Checks that nothing but the same module is lost where one with this hash is written to `file`.
///
/// # Errors
/// `OutputPlace` if another file is there.
pub(crate) fn check_module(file: &Path, sha256: &[u8; 32]) -> Result<(), Error> {
    match !is_something(file) || fs::read(file).is_ok_and(|there| payload::sha256(&there) == *sha256) {
        true => Ok(()),
        false => Err(other(file, "is not this module")),
    }
}

/// Whether `file` is a signature that an earlier pack wrote.
pub(crate) fn is_signature(file: &Path) -> bool {
    head(file).starts_with(b"untrusted comment: signature")
}

/// Whether `file` is an installer that an earlier pack wrote.
pub(crate) fn is_installer(file: &Path) -> bool {
    String::from_utf8_lossy(&head(file)).contains(MARK)
}

/// Whether there is something to lose. A link is replaced, and what it leads to stays; what is no file is refused elsewhere.
fn is_something(file: &Path) -> bool {
    file.symlink_metadata().is_ok_and(|there| there.is_file() && there.len() > 0)
}

fn head(file: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    let read: io::Result<usize> =
        fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    // What cannot be read is not ours.
    read.map_or_else(|_| Vec::new(), |_| head)
}

/// Whether a file begins as a zip archive or as one that gzip compressed.
fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(&[0x1f, 0x8b, 8])
}

/// Whether a line is a hash, as `sha256sum` writes them, and the name of a file that is written of `app`, in any version.
fn is_sum(line: &str, app: &str) -> bool {
    let is_own = |name: &str| {
        let behind = name.strip_prefix(app).or_else(|| name.strip_prefix(&app.to_ascii_lowercase()));
        behind.is_some_and(|behind| behind.starts_with(['-', '.']))
            || ["install.", "npm/", "pypi/"].iter().any(|own| name.starts_with(own))
    };
    line.split_once("  ").is_some_and(|(hash, name)| {
        hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_own(name)
    })
}

fn other(file: &Path, what: &str) -> Error {
    let reason = format!(
        "there is a file under this name that {what}; name another place, or replace it with --force"
    );
    Error::new(Kind::OutputPlace, reason).in_file(file)
}
