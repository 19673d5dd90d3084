//! A trial: the packer starts a program that it packed for nothing else, and reads what the start touched.
//!
//! What a start touches must not depend on when and where it is tried, so the clocks and random numbers of such a program are
//! known. It is not to be used, and nothing but a packer starts it.

use payload::Manifest;

use crate::fail::Failure;
use crate::{image, sys};

/// The variable that tells where to write what was touched, and what the names of all the packer's variables begin with.
pub(crate) const VARIABLE: &str = "WASMPACK_PROFILE";
/// The variable that tells which process packs.
const PARENT: &str = "WASMPACK_PROFILE_PARENT";

/// Refuses a program that was packed for a trial, unless it is tried: then the process ends when the packer does, however
/// that ends. The app has no way to change that.
pub(crate) fn begin(manifest: &Manifest) -> Result<(), Failure> {
    if !manifest.trial {
        return Ok(());
    }
    if sys::process::is_privileged() || std::env::var_os(VARIABLE).is_none() {
        return Err(Failure::new(
            "it was packed for a trial, with clocks and random numbers that are known, and only the packer starts it: pack \
             the app again",
        ));
    }
    let parent = std::env::var(PARENT).ok().and_then(|parent| parent.parse().ok());
    if !parent.is_some_and(sys::process::end_with_parent) {
        return Err(Failure::new("the packer that tries this program has ended"));
    }
    Ok(())
}

/// Writes down what was touched, if this is a trial.
pub(crate) fn end(manifest: &Manifest) {
    if let Some(file) = std::env::var_os(VARIABLE).filter(|_| manifest.trial) {
        // Without the file the packer says that nothing was written.
        let _ = std::fs::write(file, image::touched());
    }
}
