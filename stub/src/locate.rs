//! Finding the payload: the locator slot says where in this very file it lies.
//!
//! The file is opened as the system knows it, not by a name, so that it is found when it was moved, renamed, linked
//! to or started through PATH. Only the prefix is read here; sections are read by whoever needs them.
//!
//! On macOS the file may hold an executable for each CPU, and this one is not the first of them. The locator counts from the
//! start of its own, so where that lies is looked up in the file's header, which whoever joins or moves them writes.

use std::fs::File;
use std::ops::Range;

use payload::{
    Locator, Prefix, header,
    target::{Cpu, Os},
    universal::{self, Slice},
};

use crate::fail::{Context, Failure};
use crate::sys;

const UNREADABLE: &str = "cannot read the program's own file";

/// A packed program: its file, and where and what its payload is.
#[derive(Debug)]
pub(crate) struct Packed {
    file: File,
    /// Bytes in the file.
    file_len: u64,
    /// Where in the file this executable is: all of it, but in a universal file of macOS.
    own: Range<u64>,
    /// The others in such a file.
    others: Vec<Slice>,
    /// From the start of the file.
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
    Ok(Packed { file, file_len, own, others, locator, prefix })
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
        Packed {
            file,
            file_len: 0,
            own: 0..0,
            others: Vec::new(),
            locator: Locator { offset: 1, len: 1 },
            prefix,
        }
    }

    /// Bytes in the executable.
    pub(crate) fn file_len(&self) -> u64 {
        self.file_len
    }

    /// Bytes in this executable: all of the file, but in a universal file of macOS.
    pub(crate) fn len(&self) -> u64 {
        self.own.end - self.own.start
    }

    /// The other executables in a universal file of macOS.
    pub(crate) fn others(&self) -> &[Slice] {
        &self.others
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
