//! The launchers that this packer carries: one for each target, compressed, each with its SHA-256.
//!
//! `build.rs` takes them from `prebuilt-stubs/`. A launcher is checked against its hash before it is used, so
//! what users run is what was reviewed and committed.

use std::io::{self, Read};

use payload::{Target, info::hex};

use crate::{Error, Kind, error::spoken};

struct Embedded {
    target: &'static str,
    sha256: &'static str,
    /// Bytes before compression.
    size: u64,
    zstd: &'static [u8],
}

static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/stubs.rs"));

/// The targets that this packer has a launcher for.
pub fn targets() -> impl Iterator<Item = Target> {
    EMBEDDED.iter().filter_map(|stub| Target::parse(stub.target))
}

/// The size of the launcher for `target`; `None` if this packer has none.
pub fn size(target: Target) -> Option<u64> {
    EMBEDDED.iter().find(|stub| stub.target == target.name()).map(|stub| stub.size)
}

/// The launcher for `target`.
///
/// # Errors
/// `NoStub`, with the list of targets, if this packer has no launcher for it; `Stub` if its launcher is damaged.
pub fn get(target: Target) -> Result<Vec<u8>, Error> {
    let Some(stub) = EMBEDDED.iter().find(|stub| stub.target == target.name()) else {
        return Err(Error::new(Kind::NoStub, missing(target, targets())).of(&["target"]));
    };
    let fail = |error: io::Error| {
        let reason = format!("cannot unpack the launcher for {}: {}", stub.target, spoken(&error));
        Error::new(Kind::Stub, reason)
    };
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(stub.size as usize).map_err(|error| fail(error.into()))?;
    zstd::Decoder::new(stub.zstd).and_then(|mut zstd| zstd.read_to_end(&mut bytes)).map_err(fail)?;
    let is_whole = hex(&payload::sha256(&bytes)) == stub.sha256;
    is_whole.then_some(bytes).ok_or_else(|| {
        let reason = format!(
            "the launcher for {} in this wasmpack does not match its SHA-256; install wasmpack again",
            stub.target
        );
        Error::new(Kind::Stub, reason)
    })
}

fn missing(target: Target, there: impl Iterator<Item = Target>) -> String {
    let names: Vec<&str> = there.map(Target::name).collect();
    let there = if names.is_empty() { "none at all".to_owned() } else { names.join(", ") };
    format!(
        "no launcher for {} in this wasmpack, which carries {there}: name another --target, or a launcher of \
         your own with --stub FILE",
        target.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_stub_has_a_known_target_and_its_hash() {
        assert_eq!(targets().count(), EMBEDDED.len());
        for target in targets() {
            assert_eq!(get(target).map(|stub| stub.len() as u64).ok(), size(target), "{}", target.name());
        }
    }

    #[test]
    fn a_missing_stub_names_those_there_are() {
        let all = [Target::LinuxX86_64, Target::LinuxArm64].into_iter();
        let reason = missing(Target::MacosArm64, all);
        assert!(reason.contains("macos-arm64") && reason.contains("carries linux-x86_64, linux-arm64:"));
        assert!(missing(Target::MacosArm64, [].into_iter()).contains("carries none at all"));
    }
}
