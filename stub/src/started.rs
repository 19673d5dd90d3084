//! How this process was started: by itself, or by a file for all Unix targets, whose script runs this launcher out of a cache.
//!
//! The script says so in a first argument and hands over its file as an open descriptor, so that nobody can move another file
//! to its path meanwhile. Only a launcher that carries nothing listens to that: whoever can start it with arguments of their
//! choice can as well pack what they want. One with rights of its own (set-user-ID and the like) starts nobody's file.

use std::ffi::OsString;

use payload::{Locator, unix};

use crate::sys;

/// What the script told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The file is open; and so is this launcher, if it has no name any more.
    From { nameless: bool },
    /// To compare this launcher with a hash, in hexadecimal digits.
    Check(String),
}

/// What the script told, if it started this launcher, which carries nothing then.
pub(crate) fn told() -> Option<Told> {
    if cfg!(windows) || Locator::parse(&sys::slot::read()) != Ok(None) {
        return None;
    }
    match std::env::args_os().nth(1)?.to_str()? {
        unix::ARGUMENT => Some(Told::From { nameless: false }),
        unix::ARGUMENT_NAMELESS => Some(Told::From { nameless: true }),
        other => other.strip_prefix(unix::ARGUMENT_CHECK).map(|hash| Told::Check(hash.to_owned())),
    }
}

/// The arguments of this process, the name it was started by among them, as if the file had started by itself.
pub(crate) fn args() -> impl Iterator<Item = OsString> {
    let own = match told() {
        Some(Told::From { .. }) => 2,
        _ => 0,
    };
    std::env::args_os().skip(own)
}
