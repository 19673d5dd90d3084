//! Finding the payload of a finished executable, as its launcher does: through the locator in its slot.
//!
//! The slot's section is looked up by its name and nothing is searched, so a file is found to be what it is also after
//! somebody signed it, added bytes or rewrote its headers, as long as its launcher would find the payload, too. No more
//! is looked at than leads there; whether the rest is sound is for [`check`](super::check) to say.

use std::ops::Range;

use payload::{
    Locator, Target, universal,
    unix::{SHEBANG, is_unix},
};

use super::{
    format::{Format, target_and_slot},
    locator::locator,
};
use crate::{Error, Kind};

/// A finished executable: where in its file the parts lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its container.
    pub format: Format,
    /// The machine that its launcher is for.
    pub target: Target,
    /// Where its locator slot starts.
    pub slot: usize,
    /// Where its payload lies: inside the file, and not empty.
    pub payload: Range<usize>,
}

/// Whether a file that starts with `head` (eight bytes of it, or all it has) is an executable of some system, and not a
/// wasm module or a text. Of a script, eight bytes do not tell whose it is.
pub fn is_executable(head: &[u8]) -> bool {
    let is_script = head.len() == HEAD && SHEBANG.starts_with(head);
    Format::of(head).is_some() || is_script || is_unix(head)
}

/// Bytes of a file that tell what it is, unless it is a script.
const HEAD: usize = 8;

/// Whether `file` is an executable of wasmpack, a universal file with one, or a file for all Unix targets.
pub fn is_packed(file: &[u8]) -> bool {
    if is_unix(file) {
        return crate::unix::read(file).is_ok();
    }
    let places = crate::universal::executables(file);
    places.is_ok_and(|places| places.into_iter().any(|place| find(&file[place]).is_ok()))
}

/// Where the payload of `file`, a finished executable of any format, lies. Of a universal file, each of the
/// [executables](crate::universal::executables) in it is one.
///
/// # Errors
/// `Foreign` for what is no executable or another program's; `OtherVersion` for one of another version of wasmpack; `NotPacked`
/// for a universal file as a whole, a bare launcher, and a payload that was cut off.
pub fn find(file: &[u8]) -> Result<Found, Error> {
    let format = Format::of(file).ok_or_else(|| Error::new(Kind::Foreign, "it is not an executable"))?;
    if universal::is_universal(file) {
        return Err(not_packed(
            "a universal file where one executable is expected; take it out: lipo -thin arm64 (or x86_64) FILE -output OUT",
        ));
    }
    let (target, slot, locator) = locate(file).map_err(foreign)?;
    let Some(Locator { offset, len }) = locator else {
        return Err(not_packed("a bare launcher, it carries no program; pack one with wasmpack"));
    };
    let inside = |at: u64| usize::try_from(at).ok().filter(|at| *at <= file.len());
    // The sum fits: the locator was checked.
    let (Some(start), Some(end)) = (inside(offset), inside(offset + len)) else {
        return Err(not_packed(&format!(
            "its payload is missing: {len} bytes expected at {offset:#x}, the file ends at {:#x}; it was stripped or cut \
             short: pack it again",
            file.len()
        )));
    };
    Ok(Found { format, target, slot, payload: start..end })
}

fn locate(file: &[u8]) -> Result<(Target, usize, Option<Locator>), Error> {
    let (target, slot) = target_and_slot(file)?;
    Ok((target, slot, locator(file, slot)?))
}

/// An error of the readers of launchers, reworded for a file that need not be a launcher.
fn foreign(error: Error) -> Error {
    match error.kind {
        Kind::OtherVersion => Error {
            what: format!("{}; use the wasmpack that made it, or pack it again", error.what),
            ..error
        },
        _ => Error { kind: Kind::Foreign, ..error },
    }
}

fn not_packed(what: &str) -> Error {
    Error::new(Kind::NotPacked, what)
}
