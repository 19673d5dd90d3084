//! The values of `--target`, and the platforms that they mean.

use payload::Target;

use crate::targets::{self, platform::Platform};

/// A value of `--target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All targets.
    All,
    /// A file for each system, under one name.
    Universal,
    One(Platform),
}

/// Reads one value of `--target`.
///
/// # Errors
/// As [`targets::parse`]; they tell of all and universal, too.
pub(super) fn parse(text: &str) -> Result<Wanted, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Wanted::All);
    }
    if text.eq_ignore_ascii_case("universal") {
        return Ok(Wanted::Universal);
    }
    targets::parse_beside(text, Target::host(), &["universal", "all"]).map(Wanted::One)
}

/// The platforms that were asked for, each once.
pub(super) fn platforms(wanted: &[Wanted]) -> Vec<Platform> {
    let mut platforms = Vec::new();
    for platform in wanted.iter().flat_map(|wanted| match wanted {
        Wanted::All => Target::ALL.map(Platform::One).to_vec(),
        Wanted::Universal => Platform::UNIVERSAL.to_vec(),
        Wanted::One(target) => vec![*target],
    }) {
        if !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    platforms
}
