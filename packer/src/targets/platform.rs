//! What one file is for: a target, or several that one file can serve.

use payload::{Target, target::Os};

/// What one file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Platform {
    /// One system and CPU.
    One(Target),
    /// Macs of both kinds: a universal file, with an executable for each.
    Macos,
    /// Linux and macOS: a file that a script starts, with a launcher for each target.
    Unix,
}

/// The targets of a universal file, in the order in which they lie in it.
const MACOS: [Target; 2] = [Target::MacosX86_64, Target::MacosArm64];
/// Those of a file for all Unix targets, in its order.
const UNIX: [Target; 5] =
    [Target::LinuxX86_64, Target::LinuxArm64, Target::LinuxRiscv64, Target::MacosX86_64, Target::MacosArm64];

impl Platform {
    /// The platforms that are more than one target.
    pub const JOINED: [Platform; 2] = [Platform::Macos, Platform::Unix];
    /// A file for each system, which can have the same name.
    pub const UNIVERSAL: [Platform; 2] = [Platform::Unix, Platform::One(Target::WindowsX86_64)];

    /// Its name, which is in the names of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Platform::One(target) => target.name(),
            Platform::Macos => "macos",
            Platform::Unix => "unix",
        }
    }

    /// Other names that are shown.
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Platform::One(target) => target.aliases(),
            Platform::Macos => &["macos-universal", "darwin", "mac"],
            Platform::Unix => &[],
        }
    }

    /// The targets that it stands for.
    pub fn targets(self) -> impl Iterator<Item = Target> {
        let targets = match self {
            Platform::One(target) => vec![target],
            Platform::Macos => MACOS.to_vec(),
            Platform::Unix => UNIX.to_vec(),
        };
        targets.into_iter()
    }

    /// Its system. Where it has several, they have the same names for files.
    pub const fn os(self) -> Os {
        match self {
            Platform::One(target) => target.os(),
            Platform::Macos => Os::Macos,
            Platform::Unix => Os::Linux,
        }
    }
}

impl From<Target> for Platform {
    fn from(target: Target) -> Platform {
        Platform::One(target)
    }
}

impl PartialEq<Target> for Platform {
    /// Whether it is this target, and no other beside it.
    fn eq(&self, target: &Target) -> bool {
        *self == Platform::One(*target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_platform_has_all_targets_of_its_system() {
        for platform in Platform::JOINED {
            let is_of_it = |target: &Target| match platform {
                Platform::Unix => target.os() != Os::Windows,
                _ => target.os() == platform.os(),
            };
            let of_system = Target::ALL.into_iter().filter(is_of_it);
            let mut own: Vec<Target> = platform.targets().collect();
            own.sort_unstable();
            assert_eq!(own, of_system.collect::<Vec<_>>());
            assert!(Target::parse(platform.name()).is_none());
            let suffixes = |target: Target| (target.os().program_suffix(), target.os().archive_suffix());
            let own_suffixes = (platform.os().program_suffix(), platform.os().archive_suffix());
            assert!(platform.targets().all(|target| suffixes(target) == own_suffixes));
        }
    }
}
