//! Parses the name of a target, in all its spellings.
//!
//! A spelling is read part by part: a system and a CPU, in any order, with `-`, `_` or `.` between them, along with
//! the parts of Rust's triples that choose nothing here (`unknown`, `pc`, `gnu`, `musl`). So `linux-arm64`,
//! `aarch64-unknown-linux-gnu` and `arm64_Linux` are one target, and no list of spellings has to be kept.
//!
//! Where only one part is given, this machine supplies the other if that makes a target; else the part must
//! leave one target; else the spelling is refused with those it could mean. [`name`] reads the same words from
//! the name of an output file, more carefully, since file names were not written to be read.

mod misspelt;
pub mod name;
pub mod part;
pub mod platform;
#[cfg(test)]
mod repeated;
pub mod stubs;
mod words;

use payload::{
    Target,
    target::{Cpu, Os},
};

use self::{
    platform::Platform,
    words::{Part, WORDS, word, words},
};
use crate::nearest::nearest;

/// The parts of a target that were named: systems and CPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    systems: Vec<Os>,
    cpus: Vec<Cpu>,
    universal: bool,
    unix: bool,
}

impl Said {
    fn add(&mut self, part: Part) {
        match part {
            Part::Os(os) if !self.systems.contains(&os) => self.systems.push(os),
            Part::Cpu(cpu) if !self.cpus.contains(&cpu) => self.cpus.push(cpu),
            Part::Universal => self.universal = true,
            Part::Unix => self.unix = true,
            _ => {}
        }
    }

    /// True if neither a system nor a CPU was named.
    pub fn is_nothing(&self) -> bool {
        self.systems.is_empty() && self.cpus.is_empty() && !self.unix
    }

    /// True if `platform` agrees with all named parts.
    pub fn allows(&self, platform: Platform) -> bool {
        (!self.universal || platform == Platform::Macos)
            && (!self.unix || platform == Platform::Unix)
            && platform.targets().all(|target| self.allows_target(target))
    }

    fn allows_target(&self, target: Target) -> bool {
        (self.systems.is_empty() || self.systems.contains(&target.os()))
            && (self.cpus.is_empty() || self.cpus.contains(&target.cpu()))
    }

    /// The one target with these parts, on a machine that is `host`; for macOS without a CPU both Macs, on any machine, and for
    /// Unix all of its targets.
    ///
    /// # Errors
    /// If several targets have these parts, or none; the message names them.
    fn resolve(&self, host: Option<Target>) -> Result<Platform, String> {
        if self.systems == [Os::Macos] && self.cpus.is_empty() {
            return Ok(Platform::Macos);
        }
        if self.unix && self.systems.is_empty() && self.cpus.is_empty() && !self.universal {
            return Ok(Platform::Unix);
        }
        if self.universal || self.unix {
            return Err(self.nobody());
        }
        let meant: Vec<Target> =
            Target::ALL.into_iter().filter(|target| self.allows_target(*target)).collect();
        let names = || list(&meant);
        if self.systems.len() > 1 || self.cpus.len() > 1 {
            return Err(format!("could be {}", names()));
        }
        let of_this_system = |target: &&Target| host.is_some_and(|host| host.os() == target.os());
        let here: Vec<Target> = meant.iter().filter(of_this_system).copied().collect();
        match (&meant[..], &here[..]) {
            ([], _) => Err(self.nobody()),
            ([one], _) | (_, [one]) => Ok(Platform::One(*one)),
            _ => host
                .filter(|host| meant.contains(host))
                .map(Platform::One)
                .ok_or_else(|| format!("could be {}", names())),
        }
    }

    /// The message for an unknown target.
    fn nobody(&self) -> String {
        if self.systems == [Os::Windows] && self.cpus == [Cpu::Arm64] {
            return "is not a target; Windows on Arm runs windows-x86_64 by emulation".to_owned();
        }
        none(None, &[])
    }
}

/// The names of `targets`, with commas.
pub fn list(targets: &[Target]) -> String {
    targets.iter().map(|target| target.name()).collect::<Vec<_>>().join(", ")
}

/// What `text` names on a machine that is `host`: a target, both Macs, or all Unix targets.
///
/// # Errors
/// If a part is unknown (the message has the nearest spelling); if several targets are named, or none.
pub fn parse(text: &str, host: Option<Target>) -> Result<Platform, String> {
    parse_beside(text, host, &[])
}

/// As [`parse`], where these names mean something, too: errors tell of them.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_beside(text: &str, host: Option<Target>, more: &[&str]) -> Result<Platform, String> {
    let words = words(text);
    let mut said = Said::default();
    for part in words.iter().map(|text| word(text)) {
        match part {
            None => return Err(unknown(text, more)),
            Some(Part::Other) => return Err(other(&words, more)),
            Some(part) => said.add(part),
        }
    }
    if said.is_nothing() {
        return Err(unknown(text, more));
    }
    said.resolve(host)
}

/// The words that mean `target` alone on a machine that is `host`, beside its other names.
pub fn short(target: Target, host: Option<Target>) -> Vec<&'static str> {
    let words = WORDS.iter().map(|(word, _)| *word);
    words
        .filter(|word| parse(word, host) == Ok(Platform::One(target)) && !target.aliases().contains(word))
        .collect()
}

/// The message for what names no target.
fn none(meant: Option<&str>, more: &[&str]) -> String {
    format!("is not a target; {}", all(meant, more))
}

/// A sentence that lists everything that is a target, and `more`, behind a question for the one that was probably `meant`.
fn all(meant: Option<&str>, more: &[&str]) -> String {
    let (question, the) =
        meant.map_or_else(|| (String::new(), "the"), |meant| (format!("did you mean {meant}? "), "The"));
    let joined = Platform::JOINED.into_iter().map(Platform::name);
    let mut names: Vec<&str> = joined.collect();
    names.extend(more);
    format!("{question}{the} targets are {}, {}", list(&Target::ALL), names.join(", "))
}

/// The message for words of which one is known to be of no target.
fn other(words: &[String], more: &[&str]) -> String {
    none(misspelt::meant(words).as_deref(), more)
}

fn unknown(text: &str, more: &[&str]) -> String {
    let lower = text.to_ascii_lowercase();
    let spellings = Target::ALL.into_iter().flat_map(|target| {
        [target.name(), target.triple()].into_iter().chain(target.aliases().iter().copied())
    });
    // `apple` alone names nothing, but a system does.
    let systems = WORDS.iter().filter(|(_, part)| matches!(part, Part::Os(_))).map(|(word, _)| *word);
    let joined = Platform::JOINED.into_iter().map(Platform::name);
    let spellings = spellings.chain(systems.filter(|word| parse(word, Target::host()).is_ok()));
    let mut spellings: Vec<&str> = spellings.chain(joined).collect();
    spellings.extend(more);
    none(nearest(&lower, spellings), more)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Option<Target> = Some(Target::LinuxX86_64);

    #[test]
    fn spellings_are_read_part_by_part() {
        use Target::*;
        let spellings = [
            (
                LinuxX86_64,
                "linux-x86_64 linux-amd64 x64-linux LINUX_X64 linux-x86-64 x86_64-unknown-linux-gnu",
            ),
            (LinuxX86_64, "x86_64-unknown-linux-musl x86_64-linux-gnu linux/amd64 linux.x64"),
            (
                LinuxArm64,
                "linux-arm64 linux-aarch64 aarch64-unknown-linux-gnu aarch64-unknown-linux-musl arm64_linux",
            ),
            (LinuxRiscv64, "linux-riscv64 riscv64gc-unknown-linux-gnu riscv linux-rv64gc riscv64-linux"),
            (WindowsX86_64, "windows-x86_64 windows win win32 win64 win-x64 win32-x64 windows-amd64"),
            (
                WindowsX86_64,
                "x86_64-pc-windows-gnu x86_64-pc-windows-msvc x86_64-pc-windows-gnullvm x86_64_windows",
            ),
            (MacosArm64, "macos-arm64 apple-arm64 darwin-arm64 mac-aarch64 osx_arm64 aarch64-apple-darwin"),
            (MacosX86_64, "macos-x86_64 apple-x64 darwin-amd64 x86_64-apple-darwin"),
        ];
        for (target, spellings) in spellings {
            for spelling in spellings.split(' ') {
                assert_eq!(parse(spelling, LINUX), Ok(target.into()), "{spelling}");
            }
        }
    }

    #[test]
    fn every_alias_and_triple_of_the_table_is_its_target() {
        for target in Target::ALL {
            for spelling in target.aliases().iter().chain([&target.name(), &target.triple()]) {
                assert_eq!(parse(spelling, None), Ok(target.into()), "{spelling}");
            }
        }
    }

    #[test]
    fn a_part_left_out_is_this_machines_or_the_only_one_or_refused() {
        assert_eq!(parse("linux", LINUX), Ok(Target::LinuxX86_64.into()));
        assert_eq!(parse("linux", Some(Target::LinuxRiscv64)), Ok(Target::LinuxRiscv64.into()));
        assert_eq!(parse("arm64", LINUX), Ok(Target::LinuxArm64.into()));
        assert_eq!(parse("arm64", Some(Target::MacosX86_64)), Ok(Target::MacosArm64.into()));
        assert_eq!(parse("riscv64", None), Ok(Target::LinuxRiscv64.into()));
        for host in [LINUX, Some(Target::MacosArm64), Some(Target::MacosX86_64), None] {
            for both in
                ["macos", "darwin", "Apple", "macos-universal", "universal-apple-darwin", "mac_universal2"]
            {
                assert_eq!(parse(both, host), Ok(Platform::Macos), "{both}");
            }
        }
        for host in [LINUX, Some(Target::WindowsX86_64), None] {
            assert_eq!(parse("unix", host), Ok(Platform::Unix));
        }
        let several = parse("macos-arm64-x86_64", LINUX).unwrap_err();
        assert_eq!(several, "could be macos-arm64, macos-x86_64");
        assert!(
            parse("arm64", Some(Target::WindowsX86_64)).unwrap_err().contains("linux-arm64, macos-arm64")
        );
        assert!(
            parse("linux-windows-x64", LINUX)
                .unwrap_err()
                .starts_with("could be linux-x86_64, windows-x86_64")
        );
    }

    #[test]
    fn short_names_are_of_one_target_each() {
        assert_eq!(short(Target::LinuxX86_64, LINUX), ["linux", "x86_64", "amd64", "x64"]);
        assert_eq!(short(Target::LinuxArm64, LINUX), ["arm64", "aarch64"]);
        assert!(short(Target::WindowsX86_64, LINUX).contains(&"win32"));
        assert!(short(Target::LinuxX86_64, Some(Target::MacosArm64)).is_empty());
    }

    #[test]
    fn what_is_no_target_is_told_with_what_there_is() {
        for text in [
            "freebsd-x64",
            "linux-i686",
            "armv7-unknown-linux-gnueabihf",
            "macos-riscv64",
            "universal",
            "macos-universal-arm64",
            "linux-unix",
            "unix-x64",
            "unix-universal",
            "linux-universal",
            "",
            "-",
            "gnu",
            "solaris",
        ] {
            let error = parse(text, LINUX).unwrap_err();
            assert!(
                error.contains("not a target") && error.contains("macos-x86_64, macos, unix"),
                "{text}: {error}"
            );
        }
        assert!(parse("windows-arm64", LINUX).unwrap_err().contains("windows-x86_64 by emulation"));
        assert!(parse("aarch64-pc-windows-msvc", LINUX).unwrap_err().contains("emulation"));
    }

    #[test]
    fn a_misspelling_gets_the_nearest_spelling() {
        let near = [
            ("linux-arm46", "linux-arm64"),
            ("linx-x86_64", "linux-x86_64"),
            ("widnows", "windows"),
            ("macos-amr64", "macos-arm64"),
            ("linux-risv64", "linux-riscv64"),
            ("aarch64-aple-darwin", "aarch64-apple-darwin"),
        ];
        for (text, meant) in near {
            let error = parse(text, LINUX).unwrap_err();
            assert!(error.contains(&format!("did you mean {meant}?")), "{text}: {error}");
        }
        assert!(!parse("toaster", LINUX).unwrap_err().contains("mean"));
        for (text, meant) in
            [("linux-arm", "linux-arm64"), ("arm", "arm64"), ("linux-x86", "linux-x86_64"), ("uinx", "unix")]
        {
            let error = parse(text, LINUX).unwrap_err();
            assert!(error.contains(&format!("did you mean {meant}? The targets are")), "{text}: {error}");
        }
        for text in ["freebsd-arm", "linux-i686", "linux-mips64", "freebsd"] {
            assert!(!parse(text, LINUX).unwrap_err().contains("mean"), "{text}");
        }
    }
}
