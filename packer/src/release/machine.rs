//! The machines that an executable is for, whoever made it.

use payload::{
    Target,
    target::{Cpu, Os},
};

/// The targets that the executable `file` runs on: several for a script, and for a file with code of several CPUs. None for what
/// is no executable, or one of another system or CPU.
pub(crate) fn targets(file: &[u8]) -> Vec<Target> {
    let all =
        |fits: &dyn Fn(Target) -> bool| Target::ALL.into_iter().filter(|target| fits(*target)).collect();
    let of = |os: Os, cpus: &[Cpu]| all(&|target| target.os() == os && cpus.contains(&target.cpu()));
    let at = |offset: usize| file.get(offset..offset + 4).and_then(|bytes| bytes.first_chunk::<4>().copied());
    match file {
        [0x7f, b'E', b'L', b'F', 2, 1, ..] => {
            let cpu = match file.get(18..20) {
                Some([0x3e, 0]) => &[Cpu::X86_64][..],
                Some([0xb7, 0]) => &[Cpu::Arm64],
                Some([0xf3, 0]) => &[Cpu::Riscv64],
                _ => &[],
            };
            of(Os::Linux, cpu)
        }
        [b'M', b'Z', ..] => {
            let header = at(0x3c).map_or(usize::MAX, |offset| u32::from_le_bytes(offset) as usize);
            match header.checked_add(8).and_then(|end| file.get(header..end)) {
                Some([b'P', b'E', 0, 0, 0x64, 0x86, ..]) => of(Os::Windows, &[Cpu::X86_64]),
                _ => Vec::new(),
            }
        }
        [0xcf, 0xfa, 0xed, 0xfe, cpu @ ..] => {
            of(Os::Macos, &apple(cpu.first_chunk().copied().map(u32::from_le_bytes)))
        }
        [0xca, 0xfe, 0xba, 0xbe, ..] => {
            let count = at(4).map_or(0, u32::from_be_bytes).min(16) as usize;
            let cpus = (0..count).flat_map(|slice| apple(at(8 + 20 * slice).map(u32::from_be_bytes)));
            of(Os::Macos, &cpus.collect::<Vec<_>>())
        }
        [b'#', b'!', ..] => all(&|target| target.os() != Os::Windows),
        _ => Vec::new(),
    }
}

/// The interpreter that the executable `file` for Linux names, if it does: such a file is linked with libraries of the system where it
/// runs.
pub(crate) fn interpreter(file: &[u8]) -> Option<String> {
    const PT_INTERP: u64 = 3;
    if !file.starts_with(&[0x7f, b'E', b'L', b'F', 2, 1]) {
        return None;
    }
    let number = |at: usize, len: usize| {
        let bytes = file.get(at..at.checked_add(len)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let header = |at: u64| usize::try_from(table.checked_add(at.checked_mul(size)?)?).ok();
    let at = (0..count).filter_map(header).find(|at| number(*at, 4) == Some(PT_INTERP))?;
    let (offset, len) = (number(at.checked_add(8)?, 8)?, number(at.checked_add(32)?, 8)?);
    let (offset, len) = (usize::try_from(offset).ok()?, usize::try_from(len).ok()?);
    let name = file.get(offset..offset.checked_add(len)?).unwrap_or_default();
    Some(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned())
}

/// The CPU with this number of Apple's.
fn apple(number: Option<u32>) -> Vec<Cpu> {
    match number {
        Some(0x0100_0007) => vec![Cpu::X86_64],
        Some(0x0100_000c) => vec![Cpu::Arm64],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executable_says_its_machine() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(targets(&own), Target::host().into_iter().collect::<Vec<_>>());
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            assert!(interpreter(&own).unwrap().contains("ld-linux"));
            let cut = own.len() / 2;
            let _ = interpreter(&own[..cut]);
        }
        assert_eq!(interpreter(b"\x7fELF\x02\x01"), None);
        let fat = [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, 1, 0, 0, 7][..], &[0; 16], &[1, 0, 0, 12], &[0; 16]]
            .concat();
        assert_eq!(targets(&fat), [Target::MacosArm64, Target::MacosX86_64]);
        assert_eq!(targets(&[0xcf, 0xfa, 0xed, 0xfe, 12, 0, 0, 1]), [Target::MacosArm64]);
        assert_eq!(targets(b"#!/bin/sh\n").len(), 5);
        for none in [
            &b""[..],
            b"MZ",
            b"text",
            b"\x7fELF",
            b"\x7fELF\x02\x01",
            &[0xca, 0xfe, 0xba, 0xbe, 255, 255, 255, 255],
        ] {
            assert_eq!(targets(none), [], "{none:?}");
        }
    }
}
