//! Compiled programs as bytes, for the cache.

use wasmer_compiler::{ArtifactBuild, ArtifactCreate, serialize::SerializableModule};
use wasmer_types::MetadataHeader;

/// Bytes before what wasmer's archive holds: the name of its format, and a header.
const HEAD: usize = 16 + MetadataHeader::LEN;

/// `build` as bytes; `None` for one that is too large for wasmer's format.
pub(crate) fn bytes(build: &ArtifactBuild) -> Option<Vec<u8>> {
    build.serialize().ok()
}

/// What [`bytes`] was made of; `None` if these are none.
pub(crate) fn build(bytes: &[u8]) -> Option<ArtifactBuild> {
    parts(bytes).map(ArtifactBuild::from_serializable)
}

/// The same in its parts.
pub(super) fn parts(bytes: &[u8]) -> Option<SerializableModule> {
    let archive = bytes.get(HEAD..).filter(|_| ArtifactBuild::is_deserializable(bytes))?;
    // The archive is read in place, which it must be aligned for.
    let mut aligned: Vec<u8> = Vec::with_capacity(archive.len() + MetadataHeader::ALIGN);
    let start = aligned.as_ptr().align_offset(MetadataHeader::ALIGN);
    aligned.resize(start, 0);
    aligned.extend_from_slice(archive);
    let archived = SerializableModule::archive_from_slice_checked(aligned.get(start..)?).ok()?;
    SerializableModule::deserialize_from_archive(archived).ok()
}
