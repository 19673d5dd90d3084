//! What lies where an executable is to be written: only what an earlier pack for the same target wrote is replaced unasked.

use std::{collections::BTreeSet, fs, path::Path};

use payload::{Target, universal};

use crate::{
    Error, Kind, container,
    executable::{self, Executable},
    targets::platform::Platform,
};

/// The most bytes that a file of ours can begin with before it is clear what it is.
const HEAD: usize = 8;

/// Checks that nothing else is lost where the executable `wanted` is written to `file`.
///
/// # Errors
/// `OutputPlace` if another file is there: one that no pack wrote, or one for another target.
pub(super) fn check(file: &Path, wanted: Platform) -> Result<(), Error> {
    // A link is replaced, and what it leads to stays; what is no file was refused; an empty one has nothing to lose.
    if !file.symlink_metadata().is_ok_and(|there| there.is_file() && there.len() > 0) {
        return Ok(());
    }
    let is_ours = |bytes: Vec<u8>| match container::find(&bytes) {
        Err(_) if universal::is_universal(&bytes) => {
            container::is_packed(&bytes).then(|| Executable::from_bytes(bytes).ok())
        }
        Ok(_) => Some(Executable::from_bytes(bytes).ok()),
        // One that was cut or stripped, or is of another version.
        Err(error) if error.kind != container::Kind::Foreign => Some(None),
        Err(_) => None,
    };
    let what = match executable::read(file).ok().and_then(is_ours) {
        Some(Some(there)) if !targets(&there).into_iter().eq(wanted.targets().collect::<BTreeSet<_>>()) => {
            let names: Vec<&str> = targets(&there).into_iter().map(Target::name).collect();
            format!("an executable for {}", names.join(" and "))
        }
        Some(_) => return Ok(()),
        None => "a file that wasmpack did not pack".to_owned(),
    };
    let reason = format!("there is {what} under this name; name another, or replace it with --force");
    Err(Error::new(Kind::OutputPlace, reason).in_file(file))
}

/// What an executable is for.
fn targets(executable: &Executable) -> BTreeSet<Target> {
    executable.parts().map(|part| part.prefix.header.target).collect()
}

/// Checks that nothing but an archive is lost where one is written to `file`.
///
/// # Errors
/// `OutputPlace` if another file is there.
pub(super) fn check_archive(file: &Path) -> Result<(), Error> {
    if !file.symlink_metadata().is_ok_and(|there| there.is_file() && there.len() > 0) {
        return Ok(());
    }
    let begins = |with: &[u8]| {
        let mut head = [0; HEAD];
        let read = fs::File::open(file).and_then(|mut file| std::io::Read::read(&mut file, &mut head));
        read.is_ok_and(|len| head[..len].starts_with(with))
    };
    if begins(b"PK") || begins(&[0x1f, 0x8b]) {
        return Ok(());
    }
    let reason =
        "there is a file under this name that is no archive; name another folder, or replace it with --force";
    Err(Error::new(Kind::OutputPlace, reason).in_file(file))
}
