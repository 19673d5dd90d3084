//! Reads input files: whole, once, and up to a limit. An input may therefore be a pipe, `/dev/stdin`, or a shell's `<(...)`;
//! `-` is standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use payload::info::printable;

use crate::{
    Error, Kind, container,
    error::spoken,
    input,
    output::{STANDARD, is_special},
};

/// The most bytes of a description.
pub(crate) const MOST_DESCRIPTION: u64 = 16 << 20;
/// The most bytes of an icon.
pub(crate) const MOST_ICON: u64 = 64 << 20;
/// The most bytes of a launcher.
pub(crate) const MOST_LAUNCHER: u64 = 256 << 20;
/// Bytes that tell whether the rest can be a program.
const HEAD: u64 = 64 * 1024;

/// Opens the file at `path`, or standard input. With the bytes that it has, where it is a file.
pub(crate) fn open(path: &Path) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    if path.as_os_str() == STANDARD {
        return Ok((Box::new(io::stdin().lock()), None));
    }
    let file = File::open(path)?;
    let len = file.metadata().ok().filter(|there| there.is_file()).map(|there| there.len());
    Ok((Box::new(file), len))
}

/// The content of the file at `path`, which has no more than `most` bytes; `what` it is for messages.
///
/// # Errors
/// `Read`, also for a longer one.
pub(crate) fn whole(path: &Path, what: &str, most: u64) -> Result<Vec<u8>, Error> {
    let fail = |why: &str| Error::new(Kind::Read, format!("cannot read {what}: {why}")).in_file(path);
    let read = || {
        let (mut file, len) = open(path)?;
        let mut bytes = Vec::new();
        // Not read in vain.
        if len.is_some_and(|len| len > most) {
            return Ok(None);
        }
        bytes.try_reserve_exact(len.unwrap_or(0) as usize)?;
        file.by_ref().take(most + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= most))
    };
    let bytes: Option<Vec<u8>> = read().map_err(|error: io::Error| fail(&spoken(&error)))?;
    bytes.ok_or_else(|| fail(&format!("it has more than {most} bytes")))
}

/// The first bytes of the file at `path`, which tell what it is.
pub(crate) fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// The content of the program at `path`: a module or an executable. Of what can be neither, no more than its start.
///
/// # Errors
/// `Read`; `TooLarge` for one that could not become an executable.
pub fn program(path: &Path) -> Result<Vec<u8>, Error> {
    if path.as_os_str().is_empty() {
        return Err(Error::new(Kind::Read, "the module's name is empty; name a .wasm file"));
    }
    let unreadable = |error: io::Error| {
        let mut reason = format!("cannot read the module: {}", spoken(&error));
        if path.is_dir() {
            reason += "; name the .wasm file in it";
            if let Some(module) = input::kind::modules(path).first() {
                reason += &format!(", such as {}", printable(&module.to_string_lossy()));
            }
        }
        Error::new(Kind::Read, reason).in_file(path)
    };
    let (mut file, len) = open(path).map_err(unreadable)?;
    let check_len = |len| input::check_len(len).map_err(|error| error.in_file(path));
    len.map_or(Ok(()), check_len)?;
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut bytes).map_err(unreadable)?;
    if can_be_a_program(&bytes) {
        let rest = len.unwrap_or(0).saturating_sub(bytes.len() as u64) as usize;
        bytes.try_reserve_exact(rest).map_err(|error| unreadable(error.into()))?;
        file.take(container::MAX_LEN - bytes.len() as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        check_len(bytes.len() as u64)?;
    }
    Ok(bytes)
}

/// Whether a file that starts like this can be a module, text or an executable. An endless one is none.
fn can_be_a_program(head: &[u8]) -> bool {
    head.starts_with(b"\0asm") || container::is_executable(head) || !head.contains(&0)
}

/// Whether the file at `path` has a name of its own, which can be the program's.
pub(crate) fn has_a_name(path: &Path) -> bool {
    let is_other = |path: &Path| path.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir());
    path.as_os_str() != STANDARD && !is_special(path) && !is_other(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_no_program_only_the_start_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for (start, is_read) in
            [(&b"\0asm"[..], true), (b"\x7fELF\x02\x01", true), (b"(module", true), (b"\0\0\0\0", false)]
        {
            let content = [start, &vec![if start[0] == b'(' { b' ' } else { 0 }; 100_000]].concat();
            std::fs::write(&path, &content).unwrap();
            let len = program(&path).unwrap().len();
            assert_eq!(len, if is_read { content.len() } else { HEAD as usize }, "{start:?}");
        }
        #[cfg(unix)]
        assert_eq!(program("/dev/zero".as_ref()).unwrap().len(), HEAD as usize);
    }

    #[test]
    fn what_is_too_long_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(whole(&path, "it", 5).unwrap(), b"12345");
        let error = whole(&path, "the icon", 4).unwrap_err().to_string();
        assert!(error.ends_with("file: cannot read the icon: it has more than 4 bytes"), "{error}");
    }
}
