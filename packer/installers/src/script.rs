//! `install.sh` and `install.ps1`.

use terms::{
    Target,
    target::{Cpu, Os},
};

use crate::{Build, File, fill::fill, known::Known, machine, quote};

const SH: &str = include_str!("../assets/install.sh");
const PS1: &str = include_str!("../assets/install.ps1");

/// `NOTES` for `notes`: how the names of its variables begin.
fn variable(name: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let before = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{before}{}", name.chars().map(part).collect::<String>())
}

fn names(targets: &[Target]) -> String {
    targets.iter().map(|target| target.name()).collect::<Vec<_>>().join(", ")
}

/// The name of a machine, as the script makes it.
fn machine(os: Os, cpu: Cpu) -> &'static str {
    match (os, cpu) {
        (Os::Linux, Cpu::X86_64) => "linux-x86_64",
        (Os::Linux, Cpu::Arm64) => "linux-arm64",
        (Os::Linux, Cpu::Riscv64) => "linux-riscv64",
        (Os::Macos, Cpu::X86_64) => "macos-x86_64",
        (Os::Macos, Cpu::Arm64) => "macos-arm64",
        (Os::Macos | Os::Windows, _) => "",
    }
}

pub(crate) fn sh(known: &Known, builds: &[Build]) -> File {
    let targets: Vec<Target> = builds.iter().map(|build| build.target).collect();
    let mut arms = Vec::new();
    for os in [Os::Linux, Os::Macos] {
        for cpu in [Cpu::X86_64, Cpu::Arm64, Cpu::Riscv64] {
            let Some(at) = machine::build(os, cpu, &targets) else { continue };
            let Build { archive, sha256, program, .. } = builds[at];
            arms.push(format!(
                "        {}) archive={} program={} sum={} ;;",
                machine(os, cpu),
                quote::sh(archive),
                quote::sh(program),
                crate::known::hex(&sha256)
            ));
        }
    }
    let has_windows = targets.iter().any(|target| target.os() == Os::Windows);
    let on_windows = match has_windows {
        true => "this script is for Linux and macOS; on Windows use install.ps1 or the .zip",
        false => "there is no build for Windows",
    };
    let (name, version, url) = (&known.command, &known.version, &known.url);
    let text = fill(
        SH,
        &[
            ("NAME", name),
            ("VERSION", version),
            ("SCRIPT", &word(&format!("{url}/install.sh"), quote::sh)),
            ("VARIABLE", &variable(name)),
            ("ON_WINDOWS", &quote::sh(on_windows)),
            ("NAME_WORD", &quote::sh(name)),
            ("VERSION_WORD", &quote::sh(version)),
            ("URL_WORD", &in_expansion(url)),
            ("ARMS", &arms.join("\n")),
            ("BUILDS", &quote::sh(&names(&targets))),
        ],
    );
    File { name: "install.sh".to_owned(), bytes: text.into_bytes(), executable: true }
}

/// An address as the word in `${X:-word}`: shells differ in what a quotation mark is there, but not in what a backslash is.
///
/// A tilde is no plain sign: behind a colon of what is assigned it stands for the home folder.
fn in_expansion(address: &str) -> String {
    address.chars().flat_map(|c| (!is_plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// An address as a word of a command that is shown, to be copied: quoted where it must be.
fn word(address: &str, quote: fn(&str) -> String) -> String {
    if address.chars().all(is_plain) { address.to_owned() } else { quote(address) }
}

/// Whether no shell sees more in it than a letter.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:/@%,+=".contains(c)
}

pub(crate) fn ps1(known: &Known, builds: &[Build]) -> Option<File> {
    let Build { archive, sha256, program, .. } =
        builds.iter().find(|build| build.target.os() == Os::Windows)?;
    let has_others = builds.iter().any(|build| build.target.os() != Os::Windows);
    let not_windows = match has_others {
        true => "this script is for Windows; on Linux and macOS use install.sh",
        false => "there is only a build for Windows",
    };
    let (name, version, url) = (&known.command, &known.version, &known.url);
    let text = fill(
        PS1,
        &[
            ("NAME", name),
            ("VERSION", version),
            ("SCRIPT", &word(&format!("{url}/install.ps1"), quote::ps1)),
            ("VARIABLE", &variable(name)),
            ("NOT_WINDOWS", &quote::ps1(not_windows)),
            ("NAME_WORD", &quote::ps1(name)),
            ("VERSION_WORD", &quote::ps1(version)),
            ("URL_WORD", &quote::ps1(url)),
            ("ARCHIVE_WORD", &quote::ps1(archive)),
            ("PROGRAM_WORD", &quote::ps1(program)),
            ("SUM_WORD", &quote::ps1(&crate::known::hex(sha256))),
        ],
    );
    // PowerShell 5.1 reads a file without a mark in the code page of the machine; ASCII is the same in all of them.
    debug_assert!(text.is_ascii(), "names and addresses are");
    Some(File {
        name: "install.ps1".to_owned(),
        bytes: text.replace('\n', "\r\n").into_bytes(),
        executable: false,
    })
}
