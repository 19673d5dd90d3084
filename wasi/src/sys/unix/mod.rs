//! Unix: Linux and macOS.

mod file;
mod streams;

pub(crate) use file::*;
pub(crate) use streams::*;
