//! The archives of a release: `.tar.gz` for systems where a file is executable by its mode, `.zip` for Windows.
//!
//! The same members give the same bytes, wherever and whenever: owner, modes and times are fixed, the order is the
//! one that was given, and no header names the machine. The functions here write nothing; who calls them has the
//! bytes of all members in memory anyway.

use installers::bundle;
pub use installers::bundle::Member;
use payload::{info::hex, target::Os};

use crate::{
    Error, Kind,
    targets::{part, platform::Platform},
};

/// The file with the hashes of archives.
pub const SUMS: &str = "SHA256SUMS";

/// The file name of an archive of `app` for `target`, such as `notes-linux-x86_64-1.2.0.tar.gz`.
pub fn name(app: &str, target: impl Into<Platform>, version: Option<&str>) -> String {
    let target = target.into();
    let version = version.map_or_else(String::new, |version| format!("-{version}"));
    format!("{app}-{}{version}{}", target.name(), target.os().archive_suffix())
}

/// The bytes of an archive with `members`, in this order, of the kind that users of `target` expect. `time` is when
/// they were changed, in seconds since 1970 (what `SOURCE_DATE_EPOCH` holds); without it, 1980-01-01. Times before
/// that, and after 2106, become the nearest that both kinds of archive can hold.
///
/// # Errors
/// `Archive` for a name that is empty, absolute or given twice, leads out of the archive, holds a backslash or a
/// control character, or is none for Windows where that is the target.
pub fn archive(target: impl Into<Platform>, members: &[Member], time: Option<u64>) -> Result<Vec<u8>, Error> {
    let target = target.into();
    for (index, member) in members.iter().enumerate() {
        check(member.name, target)?;
        if members[..index].iter().any(|other| is_same(other.name, member.name)) {
            return Err(unusable(member.name, "two files have it"));
        }
    }
    let made = match target.os().archive_suffix() {
        ".zip" => bundle::zip(members, time),
        _ => bundle::tar_gz(members, time),
    };
    made.map_err(|error| Error::new(Kind::Archive, format!("cannot make the archive: {error}")))
}

/// The text of a `SHA256SUMS` file, as `sha256sum -c` reads it: one line a file, sorted by name.
pub fn sums(files: &[(String, [u8; 32])]) -> String {
    let mut lines: Vec<_> = files.iter().collect();
    lines.sort();
    lines.into_iter().map(|(name, digest)| sum(name, digest)).collect()
}

/// One line. A name with a backslash or a line end in it is escaped, which a backslash at the start of the line says
/// (GNU coreutils, "cksum output modes").
fn sum(name: &str, digest: &[u8; 32]) -> String {
    let escaped = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    let mark = if escaped == name { "" } else { "\\" };
    format!("{mark}{}  {escaped}\n", hex(digest))
}

/// Whether a file of one of these names would replace that of the other where case does not matter.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Checks that unpacking `name` makes a file of that name below the folder where the archive for `target` is unpacked. Windows lacks
/// names that others have.
///
/// # Errors
/// As [`archive`], for this name alone.
pub(crate) fn check(name: &str, target: Platform) -> Result<(), Error> {
    if name.split('/').any(|part| ["", ".", ".."].contains(&part)) {
        return Err(unusable(name, "it must be a relative path without . and .."));
    }
    if name.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(unusable(name, "it has a backslash or a control character"));
    }
    if target.os() == Os::Windows
        && let Some(why) = name.split('/').find_map(part::windows)
    {
        return Err(unusable(name, &why));
    }
    Ok(())
}

fn unusable(name: &str, why: &str) -> Error {
    Error::new(Kind::Archive, format!("the name {name:?} cannot be used in an archive: {why}"))
}

#[cfg(test)]
mod tests;
