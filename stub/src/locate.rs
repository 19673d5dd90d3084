//! Finding the payload: the locator slot says where in this very file it lies.
//!
//! The file is opened as the system knows it, not by a name, so that it is found when it was moved, renamed, linked
//! to or started through PATH. Only the prefix is read here; sections are read by whoever needs them.

use std::fs::File;

use payload::{Locator, Prefix, header};

use crate::fail::{Context, Failure};
use crate::sys;

const UNREADABLE: &str = "cannot read the program's own file";

/// A packed program: its file, and where and what its payload is.
#[derive(Debug)]
pub(crate) struct Packed {
    file: File,
    /// Bytes in the file.
    file_len: u64,
    locator: Locator,
    pub(crate) prefix: Prefix,
}

/// Reads the prefix of the payload in this executable.
pub(crate) fn packed() -> Result<Packed, Failure> {
    let slot = sys::slot::read();
    let locator = Locator::parse(&slot).context("the launcher is damaged")?.ok_or_else(|| {
        Failure::new("this is a bare wasmpack launcher and carries no program; pack one with: wasmpack APP.wasm -o OUT")
    })?;
    let file = sys::file::open_self().map_err(Failure::new)?;
    let file_len = file.metadata().context(UNREADABLE)?.len();
    if locator.offset.checked_add(locator.len).is_none_or(|end| end > file_len) {
        return Err(Failure::new(format!(
            "the payload is missing: {} bytes expected at {:#x}, but the file ends at {file_len:#x}; it was stripped, \
             patched or cut short after it was packed: fetch it again, or pack it again",
            locator.len, locator.offset
        )));
    }
    let damaged = |error: payload::Error| {
        Failure::new(format!(
            "the file is damaged ({error}; payload at {:#x}): fetch it again, or pack it again",
            locator.offset
        ))
    };
    let mut packed_head = [0; header::SIZE];
    let head = packed_head.get_mut(..locator.len.min(header::SIZE as u64) as usize).unwrap_or_default();
    read(&file, locator, 0, head)?;
    let mut bytes = vec![0; Prefix::len(head, locator.len).map_err(damaged)?];
    read(&file, locator, 0, &mut bytes)?;
    let prefix = Prefix::parse(&bytes, locator.len).map_err(damaged)?;
    Ok(Packed { file, file_len, locator, prefix })
}

impl Packed {
    /// A program that is in no file of its own.
    #[cfg(test)]
    #[allow(dead_code, reason = "as its caller's")]
    pub(crate) fn of(prefix: Prefix) -> Packed {
        let file = File::open(std::env::current_exe().expect("a test is a file")).expect("it can be read");
        Packed { file, file_len: 0, locator: Locator { offset: 1, len: 1 }, prefix }
    }

    /// Bytes in the executable.
    pub(crate) fn file_len(&self) -> u64 {
        self.file_len
    }

    /// The whole payload, for as long as the process lives. Nothing is read before it is looked at.
    pub(crate) fn view(&self) -> Result<&'static [u8], Failure> {
        sys::memory::view(&self.file, self.locator.offset, self.locator.len as usize)
            .map_err(sys::Limited)
            .context(UNREADABLE)
    }

    /// The file, and where in it `offset` bytes from the start of the payload are.
    #[allow(dead_code, reason = "on some systems no part of the file is mapped over others")]
    pub(crate) fn place(&self, offset: u64) -> (&File, u64) {
        (&self.file, self.locator.offset + offset)
    }
}

fn read(file: &File, locator: Locator, offset: u64, buffer: &mut [u8]) -> Result<(), Failure> {
    sys::file::read_exact_at(file, buffer, locator.offset + offset).context(UNREADABLE)
}
