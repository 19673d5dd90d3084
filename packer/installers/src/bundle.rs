//! Archives. The same members give the same bytes, wherever and whenever: owner, modes and times are fixed, the order is the one
//! that was given, and no header names the machine.

use std::io::Write;

use flate2::{Compression, GzBuilder, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter, time::UtcDateTime};

/// The earliest time that a zip archive can hold.
const EARLIEST: u64 = terms::YEAR_1980;
/// In 2106, the latest: a zip archive has 32 bits for it.
const LATEST: u64 = u32::MAX as u64;
/// "Unknown" in the header of a gzip file (RFC 1952, section 2.3.1): the bytes do not depend on the system that packs.
const ANY_SYSTEM: u8 = 255;

/// A regular file, among the permissions of Unix. Without it pip takes no file for an executable one.
const REGULAR: u32 = 0o100_000;

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

/// The time that both kinds of archive can hold next to `time`, in seconds since 1970; without it, 1980-01-01.
fn held(time: Option<u64>) -> u64 {
    time.unwrap_or(EARLIEST).clamp(EARLIEST, LATEST)
}

fn mode(member: &Member) -> u32 {
    if member.executable { 0o755 } else { 0o644 }
}

/// A `.tar.gz` with `members`, in this order, changed at `time`.
///
/// # Errors
/// For a name that it cannot hold.
pub fn tar_gz(members: &[Member], time: Option<u64>) -> std::io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).operating_system(ANY_SYSTEM);
    let mut tar = tar::Builder::new(gzip.write(Vec::new(), Compression::best()));
    for member in members {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(member.bytes.len() as u64);
        header.set_mode(mode(member));
        header.set_mtime(held(time));
        header.set_uid(0);
        header.set_gid(0);
        header.set_username("root")?;
        header.set_groupname("root")?;
        // It sets the checksum, and writes a longer header for a name that does not fit.
        tar.append_data(&mut header, member.name, member.bytes)?;
    }
    tar.into_inner()?.finish()
}

/// A `.zip` with `members`, in this order, changed at `time`.
///
/// # Errors
/// For a name that it cannot hold.
pub fn zip(members: &[Member], time: Option<u64>) -> std::io::Result<Vec<u8>> {
    zipped(members, UtcDateTime::from_unix(held(time) as i64)).map_err(std::io::Error::other)
}

fn zipped(members: &[Member], time: UtcDateTime) -> Result<Vec<u8>, rawzip::Error> {
    let mut zip = ZipArchiveWriter::new(Vec::new());
    for member in members {
        let file = zip.new_file(member.name).compression_method(CompressionMethod::DEFLATE);
        let file = file.last_modified(time).unix_permissions(REGULAR | mode(member));
        let (mut entry, config) = file.start()?;
        let mut data = config.wrap(DeflateEncoder::new(&mut entry, Compression::best()));
        data.write_all(member.bytes)?;
        let (encoder, descriptor) = data.finish()?;
        encoder.finish()?;
        entry.finish(descriptor)?;
    }
    zip.finish()
}
