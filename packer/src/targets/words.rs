//! The words of targets' names.

use payload::target::{Cpu, Os};

/// The meaning of one part of a spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Os(Os),
    Cpu(Cpu),
    /// Both CPUs of macOS.
    Universal,
    /// All systems but Windows.
    Unix,
    /// Part of a triple that chooses nothing.
    Filler,
    /// A known system or CPU that is not supported.
    Other,
}

use Part::{Filler, Other};

/// Every word, lower-case. The first one of each system and CPU is the one in the targets' own names.
pub(super) const WORDS: &[(&str, Part)] = &[
    ("linux", Part::Os(Os::Linux)),
    ("windows", Part::Os(Os::Windows)),
    ("win", Part::Os(Os::Windows)),
    ("win32", Part::Os(Os::Windows)),
    ("win64", Part::Os(Os::Windows)),
    ("msvc", Part::Os(Os::Windows)),
    ("mingw", Part::Os(Os::Windows)),
    ("macos", Part::Os(Os::Macos)),
    ("mac", Part::Os(Os::Macos)),
    ("osx", Part::Os(Os::Macos)),
    ("darwin", Part::Os(Os::Macos)),
    ("apple", Part::Os(Os::Macos)),
    ("x86_64", Part::Cpu(Cpu::X86_64)),
    ("amd64", Part::Cpu(Cpu::X86_64)),
    ("x64", Part::Cpu(Cpu::X86_64)),
    ("arm64", Part::Cpu(Cpu::Arm64)),
    ("aarch64", Part::Cpu(Cpu::Arm64)),
    ("riscv64", Part::Cpu(Cpu::Riscv64)),
    ("riscv64gc", Part::Cpu(Cpu::Riscv64)),
    ("rv64gc", Part::Cpu(Cpu::Riscv64)),
    ("rv64", Part::Cpu(Cpu::Riscv64)),
    ("riscv", Part::Cpu(Cpu::Riscv64)),
    ("universal", Part::Universal),
    ("universal2", Part::Universal),
    ("unix", Part::Unix),
    ("unknown", Filler),
    ("pc", Filler),
    ("gnu", Filler),
    ("gnullvm", Filler),
    ("musl", Filler),
    ("freebsd", Other),
    ("netbsd", Other),
    ("openbsd", Other),
    ("android", Other),
    ("ios", Other),
    ("tvos", Other),
    ("watchos", Other),
    ("visionos", Other),
    ("solaris", Other),
    ("illumos", Other),
    ("dragonflybsd", Other),
    ("aix", Other),
    ("qnx", Other),
    ("i486", Other),
    ("i386", Other),
    ("i586", Other),
    ("i686", Other),
    ("x86", Other),
    ("arm", Other),
    ("arm32", Other),
    ("armel", Other),
    ("armv5", Other),
    ("armv7", Other),
    ("armv7l", Other),
    ("armv7a", Other),
    ("armv8", Other),
    ("riscv32", Other),
    ("mips", Other),
    ("mipsel", Other),
    ("mips64", Other),
    ("mips64el", Other),
    ("powerpc", Other),
    ("powerpc64", Other),
    ("ppc", Other),
    ("ppc64", Other),
    ("ia64", Other),
    ("sparc", Other),
    ("sparc64", Other),
    ("sparcv9", Other),
    ("hppa", Other),
    ("m68k", Other),
    ("armhf", Other),
    ("armv6", Other),
    ("armv6l", Other),
    ("armv6hf", Other),
    ("armv8l", Other),
    ("powerpc64le", Other),
    ("ppc64le", Other),
    ("s390x", Other),
    ("loongarch64", Other),
    ("loong64", Other),
    ("mipsle", Other),
    ("mips64le", Other),
    ("wasm32", Other),
    ("wasi", Other),
];

/// The meaning of a word, in lower case.
pub(super) fn word(text: &str) -> Option<Part> {
    WORDS.iter().find(|(word, _)| *word == text).map(|(_, part)| *part)
}

/// The words of `text`, lower-case. `x86_64` and `x86-64` are one word, though they hold what separates words.
pub(super) fn words(text: &str) -> Vec<String> {
    let one_word = text.to_ascii_lowercase().replace("x86_64", "x64").replace("x86-64", "x64");
    one_word
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
