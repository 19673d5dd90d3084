//! What one file is for: a target, or several that one file can serve.

use payload::{Target, target::Os};

/// What one file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// One system and CPU.
    One(Target),
    /// Macs of both kinds: a universal file, with an executable for each.
    Macos,
}

/// The targets of a universal file, in the order in which they lie in it.
const MACOS: [Target; 2] = [Target::MacosX86_64, Target::MacosArm64];

impl Platform {
    /// The platforms that are more than one target.
    pub const JOINED: [Platform; 1] = [Platform::Macos];

    /// Its name, which is in the names of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Platform::One(target) => target.name(),
            Platform::Macos => "macos",
        }
    }

    /// Other names that are shown.
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Platform::One(target) => target.aliases(),
            Platform::Macos => &["macos-universal", "darwin", "mac"],
        }
    }

    /// The targets that it stands for.
    pub fn targets(self) -> impl Iterator<Item = Target> {
        let targets = match self {
            Platform::One(target) => vec![target],
            Platform::Macos => MACOS.to_vec(),
        };
        targets.into_iter()
    }

    /// Its system.
    pub const fn os(self) -> Os {
        match self {
            Platform::One(target) => target.os(),
            Platform::Macos => Os::Macos,
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
    use payload::universal;

    use super::*;

    #[test]
    fn a_joined_platform_has_all_targets_of_its_system() {
        for platform in Platform::JOINED {
            let of_system = Target::ALL.into_iter().filter(|target| target.os() == platform.os());
            let mut own: Vec<Target> = platform.targets().collect();
            own.sort_unstable();
            assert_eq!(own, of_system.collect::<Vec<_>>());
            assert!(Target::parse(platform.name()).is_none());
            assert!(own.iter().all(|target| universal::Machine::of(target.cpu()).is_some()));
        }
    }
}
