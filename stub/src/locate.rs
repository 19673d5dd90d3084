//! Finding the payload: the locator slot says where in this very file it lies.
//!
//! The file is opened as the system knows it, not by a name, so that it is found when it was moved, renamed, linked
//! to or started through PATH. Only the prefix is read here; sections are read by whoever needs them.
//!
//! On macOS the file may hold an executable for each CPU, and this one is not the first of them. The locator counts from the
//! start of its own, so where that lies is looked up in the file's header, which whoever joins or moves them writes.
//!
//! A file for all Unix targets is not the launcher's own: its script hands it over, open ([`crate::cached`]). The payload is in
//! pieces there, which the file's directory lists.

use std::fs::File;
use std::ops::Range;

use payload::{
    Locator, Prefix, Target, header,
    target::{Cpu, Os},
    universal::{self, Slice},
    unix::{self, Directory, Piece},
};

use crate::fail::{Context, Failure};
use crate::{cached, sys};

const UNREADABLE: &str = "cannot read the program's own file";

/// A packed program: its file, and where and what its payload is.
#[derive(Debug)]
pub(crate) struct Packed {
    file: File,
    /// Bytes in the file.
    file_len: u64,
    /// Bytes of it that are this executable's: all, but where it holds several.
    len: u64,
    /// The others in it: their names and bytes.
    others: Vec<(String, u64)>,
    /// Where in the file the payload is: one range, or several in the order of the payload.
    pieces: Vec<Piece>,
    pub(crate) prefix: Prefix,
}

/// Part of a payload, as memory that is read when it is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Where it is in the payload.
    pub(crate) at: u64,
    pub(crate) bytes: &'static [u8],
}

/// Reads the prefix of the payload in this executable.
pub(crate) fn packed() -> Result<Packed, Failure> {
    let slot = sys::slot::read();
    let Some(locator) = Locator::parse(&slot).context("the launcher is damaged")? else {
        return match cached::file()? {
            Some(file) => from_pieces(file),
            None => Err(Failure::new(
                "this is a bare wasmpack launcher and carries no program; pack one with: wasmpack APP.wasm -o OUT",
            )),
        };
    };
    let file = sys::file::open_self().map_err(Failure::new)?;
    let file_len = file.metadata().context(UNREADABLE)?.len();
    let (own, others) = own(&file, file_len, Os::host().zip(Cpu::host()))?;
    let len = own.end - own.start;
    if locator.offset.checked_add(locator.len).is_none_or(|end| end > len) {
        return Err(Failure::new(format!(
            "the payload is missing: {} bytes expected at {:#x}, but the file ends at {len:#x}; it was stripped, \
             patched or cut short after it was packed: fetch it again, or pack it again",
            locator.len, locator.offset
        )));
    }
    let locator = Locator { offset: own.start + locator.offset, ..locator };
    let pieces = vec![Piece { at: 0, offset: locator.offset, len: locator.len }];
    let prefix = prefix(&file, locator.offset, locator.len)?;
    let others = others.iter().map(|slice| (slice.machine.to_string(), slice.len)).collect();
    Ok(Packed { file, file_len, len, others, pieces, prefix })
}

/// The program for this machine in `file`, which is for all Unix targets.
fn from_pieces(file: File) -> Result<Packed, Failure> {
    let unusable = |why: &dyn std::fmt::Display| {
        Failure::new(format!("{why}; start the file by its own name, or fetch it again"))
    };
    let file_len = file.metadata().context(UNREADABLE)?.len();
    if file_len < unix::HEAD as u64 {
        return Err(unusable(&unix::Fault::None));
    }
    let mut bytes = vec![0; unix::SIZE];
    sys::file::read_exact_at(&file, &mut bytes, unix::SCRIPT_SIZE as u64).context(UNREADABLE)?;
    let Directory { programs, .. } = Directory::parse(&bytes, file_len).map_err(|fault| unusable(&fault))?;
    let (own, others): (Vec<_>, Vec<_>) =
        programs.into_iter().partition(|program| Some(program.target) == Target::host());
    let own = own.into_iter().next().ok_or_else(|| unusable(&"it has no program for this machine"))?;
    let first = own.pieces.first().ok_or_else(|| unusable(&unix::Fault::None))?;
    let prefix = prefix(&file, first.offset, own.payload_len)?;
    own.holds(&prefix).map_err(|fault| unusable(&fault))?;
    sandbox::keep_unchanged(&file).context(UNREADABLE)?;
    let others = others.iter().map(|other| (other.target.name().to_owned(), other.len())).collect();
    Ok(Packed { file, file_len, len: own.len(), others, pieces: own.pieces, prefix })
}

/// The prefix of a payload of `len` bytes that starts at `offset`.
fn prefix(file: &File, offset: u64, len: u64) -> Result<Prefix, Failure> {
    let damaged = |error: payload::Error| {
        Failure::new(format!(
            "the file is damaged ({error}; payload at {offset:#x}): fetch it again, or pack it again"
        ))
    };
    let read = |buffer: &mut [u8]| sys::file::read_exact_at(file, buffer, offset).context(UNREADABLE);
    let mut packed_head = [0; header::SIZE];
    let head = packed_head.get_mut(..len.min(header::SIZE as u64) as usize).unwrap_or_default();
    read(head)?;
    let mut bytes = vec![0; Prefix::len(head, len).map_err(damaged)?];
    read(&mut bytes)?;
    Prefix::parse(&bytes, len).map_err(damaged)
}

/// Where in `file` the executable lies that was started on `machine`, and the others in it. The machine is this one, but in
/// tests.
///
/// The CPU is the one that this code is for. The system may run it on another, as Rosetta does.
fn own(file: &File, file_len: u64, machine: Option<(Os, Cpu)>) -> Result<(Range<u64>, Vec<Slice>), Failure> {
    let Some((Os::Macos, cpu)) = machine else { return Ok((0..file_len, Vec::new())) };
    let mut head = vec![0; file_len.min(universal::MOST_HEAD as u64) as usize];
    sys::file::read_exact_at(file, &mut head, 0).context(UNREADABLE)?;
    let unusable = |fault| Failure::new(format!("{fault}: fetch it again, or pack it again"));
    let own = universal::slice(&head, file_len, cpu).map_err(unusable)?;
    let all =
        if universal::is_universal(&head) { universal::slices(&head, file_len) } else { Ok(Vec::new()) };
    let others = all.map_err(unusable)?.into_iter().filter(|slice| slice.place() != own).collect();
    Ok((own, others))
}

impl Packed {
    /// A program that is in no file of its own.
    #[cfg(test)]
    #[allow(dead_code, reason = "as its caller's")]
    pub(crate) fn of(prefix: Prefix) -> Packed {
        let file = File::open(std::env::current_exe().expect("a test is a file")).expect("it can be read");
        Packed { file, file_len: 0, len: 0, others: Vec::new(), pieces: Vec::new(), prefix }
    }

    /// Bytes in the executable.
    pub(crate) fn file_len(&self) -> u64 {
        self.file_len
    }

    /// Bytes of the file that are this executable's: all, but where it holds several.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Whether a script started this launcher, out of the file.
    pub(crate) fn is_script(&self) -> bool {
        self.pieces.len() > 1
    }

    /// The other executables in the file: their names and bytes.
    pub(crate) fn others(&self) -> &[(String, u64)] {
        &self.others
    }

    /// The whole payload, for as long as the process lives. Nothing is read before it is looked at.
    pub(crate) fn views(&self) -> Result<Vec<View>, Failure> {
        let view = |piece: &Piece| {
            let bytes = sys::memory::view(&self.file, piece.offset, piece.len as usize);
            Ok(View { at: piece.at, bytes: bytes.map_err(sys::Limited).context(UNREADABLE)? })
        };
        self.pieces.iter().map(view).collect()
    }

    /// The file, and where in it `offset` bytes from the start of the payload are; `None` where those are in no piece.
    #[allow(dead_code, reason = "on some systems no part of the file is mapped over others")]
    pub(crate) fn place(&self, offset: u64) -> Option<(&File, u64)> {
        let piece = self.pieces.iter().find(|piece| piece.range().contains(&offset))?;
        Some((&self.file, piece.offset + (offset - piece.at)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use payload::universal::Machine;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn on_macos_it_is_found_among_others_and_elsewhere_it_is_the_file() {
        let slice = |machine, offset| Slice { machine, offset, len: 0x1234, align: 12 };
        let slices = [slice(Machine::X86_64, 0x1000), slice(Machine::ARM64, 0x4000)];
        let mut bytes = universal::header(&slices);
        bytes.resize(0x6000, 7);
        let path = std::env::temp_dir().join(format!("wasmpack-locate-{}", std::process::id()));
        let mut file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        file.write_all(&bytes).unwrap();
        let find = |len, os, cpu| own(&file, len, Some((os, cpu))).map_err(|failure| failure.to_string());
        assert_eq!(find(0x6000, Os::Macos, Cpu::X86_64), Ok((0x1000..0x2234, vec![slices[1]])));
        assert_eq!(find(0x6000, Os::Macos, Cpu::Arm64), Ok((0x4000..0x5234, vec![slices[0]])));
        assert_eq!(find(0x6000, Os::Linux, Cpu::Arm64), Ok((0..0x6000, vec![])));
        let cut = find(0x5000, Os::Macos, Cpu::Arm64).unwrap_err();
        assert!(cut.contains("macos-arm64 lies outside of the universal file: fetch it again"), "{cut}");
        let alone = File::open(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(own(&alone, 4096, Some((Os::Macos, Cpu::X86_64))).ok(), Some((0..4096, vec![])));
    }
}
