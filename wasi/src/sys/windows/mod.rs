//! Windows.

mod file;

pub(crate) use file::*;
