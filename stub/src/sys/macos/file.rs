//! The file this process was started from.

use std::fs::File;
use std::io;

pub(crate) use crate::sys::unix::file::{inherited, read_exact_at};

/// Opens the file this process was started from.
///
/// # Errors
/// Why it cannot be opened.
pub(crate) fn open_self() -> Result<File, String> {
    let cannot = |error: io::Error| format!("cannot open the program's own file: {error}");
    std::env::current_exe().and_then(File::open).map_err(cannot)
}
