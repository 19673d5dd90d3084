//! Names of the one executable that `-o` gives.

use std::path::{Path, PathBuf};

use payload::{Target, info::printable};

use super::unfit::Unfit;
use crate::{
    output::is_special,
    targets::{part, platform::Platform},
};

/// Whether this is the name of an archive.
pub(super) fn is_archive(name: &str) -> bool {
    const ENDINGS: [&str; 8] = [".zip", ".tar", ".gz", ".tgz", ".xz", ".bz2", ".zst", ".7z"];
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Checks that `output` has a name of an executable.
///
/// # Errors
/// The fault of its name.
pub(super) fn check(output: &Path) -> Result<(), Unfit> {
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    if is_no_file(output) || !is_archive(&name) {
        return Ok(());
    }
    Err(Unfit::new(format!(
        "an executable is written, and {} is the name of an archive: --archive writes archives, into the folder that -o names; name an \
         executable, such as -o app",
        printable(&name)
    ))
    .of(&["output"]))
}

/// The path to write for `output`: Windows starts only what has an ending, and what has none may be the file of another target.
/// A number behind a dot is part of a version. What is no file's name stays: a device, a pipe, a folder, or nothing.
///
/// # Errors
/// If Windows has no such name, and is the target.
pub(super) fn runnable(output: &Path, target: Platform) -> Result<PathBuf, Unfit> {
    if target != Target::WindowsX86_64 || is_no_file(output) {
        return Ok(output.to_owned());
    }
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    if let Some(why) = part::windows(&name) {
        let reason = format!("the output's name {} is none for Windows: {why}", printable(&name));
        return Err(Unfit::new(reason).of(&["output"]));
    }
    let extension = output.extension().map_or_else(Default::default, |extension| extension.to_string_lossy());
    let has_ending = extension.starts_with(|first: char| !first.is_ascii_digit());
    let mut file = output.as_os_str().to_owned();
    if !has_ending {
        file.push(".exe");
    }
    Ok(file.into())
}

/// Whether `output` is no file's name: a device, a pipe, a folder, or nothing.
fn is_no_file(output: &Path) -> bool {
    output.file_name().is_none()
        || output.metadata().is_ok_and(|metadata| !metadata.is_file())
        || is_special(output)
}
