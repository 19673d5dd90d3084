//! Files.

use std::fs::File;
use std::io;
use std::os::windows::fs::FileExt;

/// Opens the file this process was started from. std asks `GetModuleFileNameW`, with a buffer that grows.
///
/// # Errors
/// Why it cannot be opened.
pub(crate) fn open_self() -> Result<File, String> {
    let cannot = |error: io::Error| format!("cannot open the program's own file: {error}");
    std::env::current_exe().and_then(File::open).map_err(cannot)
}

/// Fills `buffer` from `offset`.
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match file.seek_read(buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// No file of another kind starts a launcher here.
///
/// # Errors
/// Always.
pub(crate) fn inherited(_descriptor: i32, _last: i32) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}
