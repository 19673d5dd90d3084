//! A launcher that is cached for files for all Unix targets: the file it is to start, and whether it is whole itself.

use std::fs::File;

use payload::{info::hex, unix};

use crate::fail::{self, Context, Failure};
use crate::started::{self, Told};
use crate::sys;

/// The file that this launcher was started for, if it was not for its own.
///
/// # Errors
/// If this process has rights that whoever started it lacks; if no file is open.
pub(crate) fn file() -> Result<Option<File>, Failure> {
    let Some(Told::From { nameless }) = started::told() else { return Ok(None) };
    if sys::process::is_privileged() {
        return Err(Failure::new(
            "a launcher with rights of its own (set-user-ID, set-group-ID or capabilities) starts no other file",
        ));
    }
    sys::process::set_name(&fail::name());
    let descriptors = if nameless { unix::DESCRIPTOR + 1 } else { unix::DESCRIPTOR };
    sys::file::inherited(unix::DESCRIPTOR, descriptors)
        .context("cannot read the program's own file")
        .map(Some)
}

/// Whether this launcher is the one with the hash that it was told, if it was: so the script tries it.
pub(crate) fn checked() -> Option<Result<i32, Failure>> {
    let Some(Told::Check(said)) = started::told() else { return None };
    Some(own_hash().and_then(|own| match own == said {
        true => Ok(0),
        false => Err(Failure::new("the launcher is damaged: its SHA-256 is another one")),
    }))
}

fn own_hash() -> Result<String, Failure> {
    const UNREADABLE: &str = "cannot read the launcher's own file";
    let file = sys::file::open_self().map_err(Failure::new)?;
    let len = file.metadata().context(UNREADABLE)?.len();
    let mut bytes = vec![0; usize::try_from(len).context(UNREADABLE)?];
    sys::file::read_exact_at(&file, &mut bytes, 0).context(UNREADABLE)?;
    Ok(hex(&payload::sha256(&bytes)))
}
