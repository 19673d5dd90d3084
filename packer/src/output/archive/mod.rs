//! The archives of a release: `.tar.gz` for systems where a file is executable by its mode, `.zip` for Windows.
//!
//! The same members give the same bytes, wherever and whenever: owner, modes and times are fixed, the order is the
//! one that was given, and no header names the machine. The functions here write nothing; who calls them has the
//! bytes of all members in memory anyway.

use std::io::Write;

use flate2::{Compression, GzBuilder, write::DeflateEncoder};
use payload::{Target, info::hex};
use rawzip::{CompressionMethod, ZipArchiveWriter, time::UtcDateTime};

use crate::{Error, Kind};

/// The earliest time that a zip archive can hold.
const EARLIEST: u64 = terms::YEAR_1980;
/// In 2106, the latest: a zip archive has 32 bits for it.
const LATEST: u64 = u32::MAX as u64;
/// "Unknown" in the header of a gzip file (RFC 1952, section 2.3.1): the bytes do not depend on the system that packs.
const ANY_SYSTEM: u8 = 255;

/// The file with the hashes of archives.
pub const SUMS: &str = "SHA256SUMS";

/// A file in an archive.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its path in the archive, with `/` between folders, which appear when it is unpacked.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// True for mode 0755, false for 0644.
    pub executable: bool,
}

/// The file name of an archive of `app` for `target`, such as `notes-linux-x86_64-1.2.0.tar.gz`.
pub fn name(app: &str, target: Target, version: Option<&str>) -> String {
    let version = version.map_or_else(String::new, |version| format!("-{version}"));
    format!("{app}-{}{version}{}", target.name(), target.os().archive_suffix())
}

/// The bytes of an archive with `members`, in this order, of the kind that users of `target` expect. `time` is when
/// they were changed, in seconds since 1970 (what `SOURCE_DATE_EPOCH` holds); without it, 1980-01-01. Times before
/// that, and after 2106, become the nearest that both kinds of archive can hold.
///
/// # Errors
/// `Archive` for a name that is empty, absolute or given twice, leads out of the archive, or holds a backslash or a
/// control character.
pub fn archive(target: Target, members: &[Member], time: Option<u64>) -> Result<Vec<u8>, Error> {
    for (index, member) in members.iter().enumerate() {
        check_name(member.name)?;
        if members[..index].iter().any(|other| other.name == member.name) {
            return Err(unusable(member.name, "two files have it"));
        }
    }
    let time = time.unwrap_or(EARLIEST).clamp(EARLIEST, LATEST);
    let failed = |what: String| Error::new(Kind::Archive, format!("cannot make the archive: {what}"));
    match target.os().archive_suffix() {
        ".zip" => zip(members, time).map_err(|error| failed(error.to_string())),
        _ => tar_gz(members, time).map_err(|error| failed(error.to_string())),
    }
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

/// Checks that unpacking `name` makes a file of that name below the folder where the archive is unpacked, on any
/// system.
fn check_name(name: &str) -> Result<(), Error> {
    if name.split('/').any(|part| ["", ".", ".."].contains(&part)) {
        return Err(unusable(name, "it must be a relative path without . and .."));
    }
    if name.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(unusable(name, "it has a backslash or a control character"));
    }
    Ok(())
}

fn unusable(name: &str, why: &str) -> Error {
    Error::new(Kind::Archive, format!("the name {name:?} cannot be used in an archive: {why}"))
}

fn mode(member: &Member) -> u32 {
    if member.executable { 0o755 } else { 0o644 }
}

fn tar_gz(members: &[Member], time: u64) -> std::io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).operating_system(ANY_SYSTEM);
    let mut tar = tar::Builder::new(gzip.write(Vec::new(), Compression::best()));
    for member in members {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(member.bytes.len() as u64);
        header.set_mode(mode(member));
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        header.set_username("root")?;
        header.set_groupname("root")?;
        // It sets the checksum, and writes a longer header for a name that does not fit.
        tar.append_data(&mut header, member.name, member.bytes)?;
    }
    tar.into_inner()?.finish()
}

fn zip(members: &[Member], time: u64) -> Result<Vec<u8>, rawzip::Error> {
    let mut zip = ZipArchiveWriter::new(Vec::new());
    let time = UtcDateTime::from_unix(time as i64);
    for member in members {
        let file = zip.new_file(member.name).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.last_modified(time).unix_permissions(mode(member)).start()?;
        let mut data = config.wrap(DeflateEncoder::new(&mut entry, Compression::best()));
        data.write_all(member.bytes)?;
        let (encoder, descriptor) = data.finish()?;
        encoder.finish()?;
        entry.finish(descriptor)?;
    }
    zip.finish()
}

#[cfg(test)]
mod tests;
