//! Errors about files to carry.

use std::path::Path;

use crate::{Error, Kind, error::spoken};

pub(super) fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Files, format!("cannot {verb} it: {}", spoken(error))).in_file(path)
}

pub(super) fn refused(path: &Path, why: &str) -> Error {
    Error::new(Kind::Files, why).in_file(path)
}
