//! The targets: one OS and CPU each, with all that tells one from another, in one table.
//!
//! The table makes the code here. What repeats it elsewhere, because it is read there (docs/guide.md, docs/format.md, the
//! scripts), is compared with it by the packer's tests.

/// An operating system that a target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Os {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
}

impl Os {
    /// The system this code runs on, if a target has it.
    pub const fn host() -> Option<Os> {
        if cfg!(target_os = "linux") {
            Some(Os::Linux)
        } else if cfg!(target_os = "windows") {
            Some(Os::Windows)
        } else if cfg!(target_os = "macos") {
            Some(Os::Macos)
        } else {
            None
        }
    }

    /// What a program's file name ends with.
    pub const fn program_suffix(self) -> &'static str {
        match self {
            Os::Windows => ".exe",
            Os::Linux | Os::Macos => "",
        }
    }

    /// The archive that people on this system expect, as its file name ends.
    pub const fn archive_suffix(self) -> &'static str {
        match self {
            Os::Windows => ".zip",
            Os::Linux | Os::Macos => ".tar.gz",
        }
    }
}

/// A CPU that a target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cpu {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Arm64,
    /// 64-bit RISC-V.
    Riscv64,
}

impl Cpu {
    /// The CPU this code was compiled for, if a target has it.
    pub const fn host() -> Option<Cpu> {
        if cfg!(target_arch = "x86_64") {
            Some(Cpu::X86_64)
        } else if cfg!(target_arch = "aarch64") {
            Some(Cpu::Arm64)
        } else if cfg!(target_arch = "riscv64") {
            Some(Cpu::Riscv64)
        } else {
            None
        }
    }
}

const KIB: u32 = 1024;

macro_rules! targets {
    ($($(#[$doc:meta])* $variant:ident {
        id: $id:literal,
        name: $name:literal,
        aliases: [$($alias:literal),*],
        triple: $triple:literal,
        os: $os:ident,
        cpu: $cpu:ident,
        needs: $needs:literal,
        image_chunk: $image_chunk:expr,
        tested: $tested:literal,
    })*) => {
        /// One OS and CPU that a launcher exists (or will exist) for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Target {
            $($(#[$doc])* $variant,)*
        }

        impl Target {
            /// Every target of the format, in the order of their numbers.
            pub const ALL: [Target; [$($id),*].len()] = [$(Target::$variant),*];

            /// The number that stands for this target in a header.
            pub const fn id(self) -> u16 {
                match self { $(Target::$variant => $id),* }
            }

            /// The canonical name, such as `linux-x86_64`.
            pub const fn name(self) -> &'static str {
                match self { $(Target::$variant => $name),* }
            }

            /// Other names that are shown. More are understood: the packer reads a name part by part.
            pub const fn aliases(self) -> &'static [&'static str] {
                match self { $(Target::$variant => &[$($alias),*]),* }
            }

            /// The Rust target triple that the launcher is built for.
            pub const fn triple(self) -> &'static str {
                match self { $(Target::$variant => $triple),* }
            }

            /// Its operating system.
            pub const fn os(self) -> Os {
                match self { $(Target::$variant => Os::$os),* }
            }

            /// Its CPU.
            pub const fn cpu(self) -> Cpu {
                match self { $(Target::$variant => Cpu::$cpu),* }
            }

            /// The CPU that the code needs by default, in words.
            pub const fn needs(self) -> &'static str {
                match self { $(Target::$variant => $needs),* }
            }

            /// Decoded bytes a chunk of the code and the memory image. See "How large is a chunk?" in docs/decisions.md.
            pub const fn image_chunk(self) -> u32 {
                match self { $(Target::$variant => $image_chunk),* }
            }

            /// How its executables are tested, in words.
            pub const fn tested(self) -> &'static str {
                match self { $(Target::$variant => $tested),* }
            }
        }
    };
}

// The numbers are part of the format: never reuse one. A chunk of an image has whole pages, which systems on 64-bit Arm may
// have of 64 KiB; Windows and macOS decode everything at the start, where large ones do better.
targets! {
    /// 64-bit x86 Linux.
    LinuxX86_64 {
        id: 1,
        name: "linux-x86_64",
        aliases: ["linux-amd64", "linux-x64"],
        triple: "x86_64-unknown-linux-musl",
        os: Linux,
        cpu: X86_64,
        needs: "x86-64-v2 (SSE4.2, POPCNT); singlepass: AVX",
        image_chunk: 16 * KIB,
        tested: "run",
    }
    /// 64-bit Arm Linux.
    LinuxArm64 {
        id: 2,
        name: "linux-arm64",
        aliases: ["linux-aarch64"],
        triple: "aarch64-unknown-linux-musl",
        os: Linux,
        cpu: Arm64,
        needs: "armv8-a (NEON)",
        image_chunk: 64 * KIB,
        tested: "run under emulation (qemu-user)",
    }
    /// 64-bit RISC-V Linux (rv64gc).
    LinuxRiscv64 {
        id: 3,
        name: "linux-riscv64",
        aliases: ["riscv64", "linux-riscv"],
        triple: "riscv64gc-unknown-linux-gnu",
        os: Linux,
        cpu: Riscv64,
        needs: "rv64gc",
        image_chunk: 16 * KIB,
        tested: "run under emulation (qemu-user)",
    }
    /// 64-bit x86 Windows.
    WindowsX86_64 {
        id: 4,
        name: "windows-x86_64",
        aliases: ["windows", "win", "win-x64", "windows-amd64", "x86_64-pc-windows-msvc"],
        triple: "x86_64-pc-windows-gnu",
        os: Windows,
        cpu: X86_64,
        needs: "x86-64-v2 (SSE4.2, POPCNT); singlepass: AVX",
        image_chunk: 64 * KIB,
        tested: "run under wine; not on Windows",
    }
    /// Apple silicon macOS.
    MacosArm64 {
        id: 5,
        name: "macos-arm64",
        aliases: ["apple-arm64", "darwin-arm64", "macos-aarch64"],
        triple: "aarch64-apple-darwin",
        os: Macos,
        cpu: Arm64,
        needs: "Apple M1",
        image_chunk: 64 * KIB,
        tested: "by structure and signature; never run",
    }
    /// Intel macOS.
    MacosX86_64 {
        id: 6,
        name: "macos-x86_64",
        aliases: ["apple-x64", "darwin-amd64", "macos-x64"],
        triple: "x86_64-apple-darwin",
        os: Macos,
        cpu: X86_64,
        needs: "x86-64-v2 (SSE4.2, POPCNT); singlepass: AVX",
        image_chunk: 64 * KIB,
        tested: "by structure and signature; never run",
    }
}

impl Target {
    /// The target with this number, if there is one.
    pub fn from_id(id: u16) -> Option<Target> {
        Target::ALL.into_iter().find(|target| target.id() == id)
    }

    /// The target of this system and CPU, if there is one.
    pub const fn of(os: Os, cpu: Cpu) -> Option<Target> {
        let mut at = 0;
        while at < Target::ALL.len() {
            let target = Target::ALL[at];
            if target.os() as u8 == os as u8 && target.cpu() as u8 == cpu as u8 {
                return Some(target);
            }
            at += 1;
        }
        None
    }

    /// The target whose [name](Target::name), [triple](Target::triple) or other name (such as `windows`) this is, in capitals or not.
    ///
    /// What depends on the machine (`linux`) is none of them: the packer's `targets::parse` reads that, too.
    pub fn parse(text: &str) -> Option<Target> {
        let is = |name: &str| name.eq_ignore_ascii_case(text);
        Target::ALL.into_iter().find(|target| {
            is(target.name()) || is(target.triple()) || target.aliases().iter().any(|alias| is(alias))
        })
    }

    /// The target this code runs on, or `None` on a machine that is none of them.
    pub const fn host() -> Option<Target> {
        match (Os::host(), Cpu::host()) {
            (Some(os), Some(cpu)) => Target::of(os, cpu),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_found_by_number_name_triple_and_machine() {
        for target in Target::ALL {
            assert_eq!(Target::from_id(target.id()), Some(target));
            assert_eq!(Target::parse(target.name()), Some(target));
            assert_eq!(Target::parse(target.triple()), Some(target));
            for alias in target.aliases() {
                assert_eq!(Target::parse(&alias.to_uppercase()), Some(target));
            }
            assert_eq!(Target::of(target.os(), target.cpu()), Some(target));
        }
        assert_eq!(Target::from_id(0), None);
        assert_eq!(Target::from_id(7), None);
        assert_eq!(Target::parse("linux"), None);
        assert_eq!(Target::of(Os::Windows, Cpu::Arm64), None);
    }
}
