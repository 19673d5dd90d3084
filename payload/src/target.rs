//! The targets: one OS and CPU each, their names, aliases and numbers, in one table.

/// One OS and CPU that a stub exists (or will exist) for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// 64-bit x86 Linux.
    LinuxX86_64,
    /// 64-bit Arm Linux.
    LinuxArm64,
    /// 64-bit RISC-V Linux (rv64gc).
    LinuxRiscv64,
    /// 64-bit x86 Windows.
    WindowsX86_64,
    /// Apple silicon macOS.
    MacosArm64,
    /// Intel macOS.
    MacosX86_64,
}

struct Row {
    target: Target,
    id: u16,
    name: &'static str,
    triple: &'static str,
}

/// The numbers are part of the format: never reuse one.
const TABLE: [Row; 6] = [
    Row { target: Target::LinuxX86_64, id: 1, name: "linux-x86_64", triple: "x86_64-unknown-linux-musl" },
    Row { target: Target::LinuxArm64, id: 2, name: "linux-arm64", triple: "aarch64-unknown-linux-musl" },
    Row { target: Target::LinuxRiscv64, id: 3, name: "linux-riscv64", triple: "riscv64gc-unknown-linux-gnu" },
    Row { target: Target::WindowsX86_64, id: 4, name: "windows-x86_64", triple: "x86_64-pc-windows-gnu" },
    Row { target: Target::MacosArm64, id: 5, name: "macos-arm64", triple: "aarch64-apple-darwin" },
    Row { target: Target::MacosX86_64, id: 6, name: "macos-x86_64", triple: "x86_64-apple-darwin" },
];

impl Target {
    /// Every target of the format, in the order of their numbers.
    pub const ALL: [Target; 6] = [
        Target::LinuxX86_64,
        Target::LinuxArm64,
        Target::LinuxRiscv64,
        Target::WindowsX86_64,
        Target::MacosArm64,
        Target::MacosX86_64,
    ];

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.target == self).expect("every target has a row")
    }

    /// The number that stands for this target in a header.
    pub fn id(self) -> u16 {
        self.row().id
    }

    /// The target with this number, if there is one.
    pub fn from_id(id: u16) -> Option<Target> {
        TABLE.iter().find(|row| row.id == id).map(|row| row.target)
    }

    /// The canonical name, such as `linux-x86_64`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The Rust target triple that the stub is built for.
    pub fn triple(self) -> &'static str {
        self.row().triple
    }

    /// The target whose [name](Target::name) or [triple](Target::triple) this is.
    pub fn parse(text: &str) -> Option<Target> {
        TABLE.iter().find(|row| row.name == text || row.triple == text).map(|row| row.target)
    }

    /// The target this code runs on, or `None` on a machine that is none of them.
    pub const fn host() -> Option<Target> {
        if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            Some(Target::LinuxX86_64)
        } else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
            Some(Target::LinuxArm64)
        } else if cfg!(all(target_os = "linux", target_arch = "riscv64")) {
            Some(Target::LinuxRiscv64)
        } else if cfg!(all(target_os = "windows", target_arch = "x86_64")) {
            Some(Target::WindowsX86_64)
        } else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
            Some(Target::MacosArm64)
        } else if cfg!(all(target_os = "macos", target_arch = "x86_64")) {
            Some(Target::MacosX86_64)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_found_by_number_name_and_triple() {
        for target in Target::ALL {
            assert_eq!(Target::from_id(target.id()), Some(target));
            assert_eq!(Target::parse(target.name()), Some(target));
            assert_eq!(Target::parse(target.triple()), Some(target));
        }
        assert_eq!(Target::from_id(0), None);
        assert_eq!(Target::from_id(7), None);
        assert_eq!(Target::parse("linux"), None);
    }
}
