//! The script that such a file begins with.

use std::fmt::Write;

use payload::{
    Target,
    launchers::FOLDER,
    target::{Cpu, Os},
    unix::{BLOCK, Program, SCRIPT_SIZE},
};

/// The script, with places for what depends on the targets.
const SCRIPT: &str = include_str!("start.sh");
/// Digits of a launcher's hash in its name.
const NAME_DIGITS: usize = 32;
/// From so many bytes on git takes a file as text, and may convert its line ends, if there was no NUL before.
const TEXT: usize = 8000;

/// The script of a file with these programs.
pub(super) fn script(programs: &[Program]) -> Vec<u8> {
    let (mut cases, mut machines) = (String::new(), Vec::new());
    for Program { target, launcher, .. } in programs {
        let (system, cpu) = machine(*target);
        let hash: String = launcher.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let caches = if target.os() == Os::Macos { " _wasmpack_c=Library/Caches" } else { "" };
        let _ = writeln!(
            cases,
            "\"{system} {cpu}\") _wasmpack_n={}-{} _wasmpack_h={hash} _wasmpack_b={} _wasmpack_k={}{caches} ;;",
            target.name(),
            &hash[..NAME_DIGITS],
            launcher.offset / BLOCK,
            launcher.stored_len / BLOCK,
        );
        machines.push(format!("{system} {cpu}"));
    }
    let script = SCRIPT
        .replace("@FOLDER@", FOLDER)
        .replace("@SYSTEMS@", &systems(programs))
        .replace("@CASES@", &cases)
        .replace("@MACHINES@", &machines.join(", "));
    debug_assert!(script.len() < TEXT && TEXT < SCRIPT_SIZE);
    script.into_bytes()
}

/// The systems that `programs` are for, in words.
fn systems(programs: &[Program]) -> String {
    let name = |os: Os| match os {
        Os::Linux => "Linux",
        Os::Macos => "macOS",
        Os::Windows => "Windows",
    };
    let mut names: Vec<&str> = programs.iter().map(|program| name(program.target.os())).collect();
    names.sort_unstable();
    names.dedup();
    names.join(" and ")
}

/// What `uname` prints of a machine: the system and the CPU.
fn machine(target: Target) -> (&'static str, &'static str) {
    let system = match target.os() {
        Os::Macos => "Darwin",
        Os::Linux | Os::Windows => "Linux",
    };
    let cpu = match (target.os(), target.cpu()) {
        (_, Cpu::X86_64) => "x86_64",
        (Os::Macos, Cpu::Arm64) => "arm64",
        (_, Cpu::Arm64) => "aarch64",
        (_, Cpu::Riscv64) => "riscv64",
    };
    (system, cpu)
}
