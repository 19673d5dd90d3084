//! What `wasmpack targets` says of each target: one table, which the docs repeat.

use payload::Target;

/// What there is to know of a target beyond its name and triple.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Other spellings. More are understood: see the module.
    pub aliases: &'static [&'static str],
    /// The CPU that the code needs by default.
    pub cpu: &'static str,
    /// How its executables are tested.
    pub tested: &'static str,
}

const X86_64_CPU: &str = "x86-64-v2 (SSE4.2, POPCNT); singlepass: AVX";

/// What there is to know of `target`.
pub fn info(target: Target) -> Info {
    match target {
        Target::LinuxX86_64 => {
            Info { aliases: &["linux-amd64", "linux-x64"], cpu: X86_64_CPU, tested: "run" }
        }
        Target::LinuxArm64 => Info {
            aliases: &["linux-aarch64"],
            cpu: "armv8-a (NEON)",
            tested: "run under emulation (qemu-user)",
        },
        Target::LinuxRiscv64 => Info {
            aliases: &["riscv64", "linux-riscv"],
            cpu: "rv64gc",
            tested: "run under emulation (qemu-user)",
        },
        Target::WindowsX86_64 => Info {
            aliases: &["windows", "win", "win-x64", "windows-amd64", "x86_64-pc-windows-msvc"],
            cpu: X86_64_CPU,
            tested: "run under wine; not on Windows",
        },
        Target::MacosArm64 => Info {
            aliases: &["apple-arm64", "darwin-arm64", "macos-aarch64"],
            cpu: "Apple M1",
            tested: "by structure and signature; never run",
        },
        Target::MacosX86_64 => Info {
            aliases: &["apple-x64", "darwin-amd64", "macos-x64"],
            cpu: X86_64_CPU,
            tested: "by structure and signature; never run",
        },
    }
}
