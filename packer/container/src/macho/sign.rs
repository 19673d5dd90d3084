//! The ad-hoc signature: a hash of every page of the file, in the form that linkers write.
//!
//! ```text
//! SuperBlob       0xfade0cc0, length, count = 1
//!   index         type 0 (code directory), offset 20
//! CodeDirectory   0xfade0c02, length, version, flags … (88 bytes)
//!   identifier    the app's name, NUL-terminated
//!   slots         SHA-256 of each 4 KiB page before the signature
//! ```
//!
//! All numbers in it are big-endian. Names and layouts are those of xnu's `osfmk/kern/cs_blobs.h`. It says nothing
//! about who made the file (that takes a certificate), only that the file is whole; arm64 Macs start nothing
//! without it. It is marked as a linker's, so that `codesign` replaces it without being forced.

use std::ops::Range;

/// `CSMAGIC_EMBEDDED_SIGNATURE`.
pub(super) const SUPER_BLOB: u32 = 0xfade_0cc0;
/// `CSMAGIC_CODEDIRECTORY`.
pub(super) const CODE_DIRECTORY: u32 = 0xfade_0c02;
/// `CS_SUPPORTSEXECSEG`: the oldest version with the fields that say where `__TEXT` lies.
pub(super) const VERSION: u32 = 0x2_0400;
/// `CS_ADHOC | CS_LINKER_SIGNED`.
pub(super) const FLAGS: u32 = 0x2_0002;
/// Bytes in a page that is hashed: 4 KiB on both CPUs, whatever the page of the machine, as all linkers have it.
pub(super) const PAGE: usize = 1 << PAGE_LOG2;
pub(super) const PAGE_LOG2: u8 = 12;
/// `CS_HASHTYPE_SHA256`.
pub(super) const SHA256: u8 = 2;
pub(super) const HASH_SIZE: usize = 32;
/// `CS_EXECSEG_MAIN_BINARY`: this is an executable, not a library.
pub(super) const MAIN_BINARY: u64 = 1;
/// Where the signature starts: a multiple of this many bytes (cctools' `codesign_allocate` expects it there).
pub(super) const ALIGNMENT: u64 = 16;

/// Length of the SuperBlob with its one index entry.
const SUPER_BLOB_SIZE: usize = 20;
/// Length of a CodeDirectory of [`VERSION`], without identifier and slots.
const CODE_DIRECTORY_SIZE: usize = 88;

/// Length in bytes of the signature over `code_limit` bytes for `identifier`.
pub(super) fn size(code_limit: u64, identifier: &str) -> u64 {
    let head = (SUPER_BLOB_SIZE + CODE_DIRECTORY_SIZE + identifier.len() + 1) as u64;
    head + code_limit.div_ceil(PAGE as u64) * HASH_SIZE as u64
}

/// The signature over `code`, the whole file before its signature.
///
/// `text` is where `__TEXT` lies in the file. Everything before the signature must be final: the load commands,
/// which are in the first page, hold the signature's own offset and length. `code` is shorter than 4 GiB.
pub(super) fn signature(code: &[u8], text: Range<u64>, identifier: &str) -> Vec<u8> {
    let size = size(code.len() as u64, identifier) as usize;
    let hashes_at = CODE_DIRECTORY_SIZE + identifier.len() + 1;
    let mut blob = Vec::with_capacity(size);
    // SuperBlob: magic, length, count; its index: type, offset.
    be32(&mut blob, &[SUPER_BLOB, size as u32, 1, 0, SUPER_BLOB_SIZE as u32]);
    // CodeDirectory: magic, length, version, flags,
    be32(&mut blob, &[CODE_DIRECTORY, (size - SUPER_BLOB_SIZE) as u32, VERSION, FLAGS]);
    // hashOffset, identOffset, nSpecialSlots,
    be32(&mut blob, &[hashes_at as u32, CODE_DIRECTORY_SIZE as u32, 0]);
    // nCodeSlots, codeLimit,
    be32(&mut blob, &[code.len().div_ceil(PAGE) as u32, code.len() as u32]);
    // hashSize, hashType, platform, pageSize,
    blob.extend_from_slice(&[HASH_SIZE as u8, SHA256, 0, PAGE_LOG2]);
    // spare2, scatterOffset, teamOffset, spare3,
    be32(&mut blob, &[0; 4]);
    // codeLimit64, execSegBase, execSegLimit, execSegFlags.
    for field in [0, text.start, text.end - text.start, MAIN_BINARY] {
        blob.extend_from_slice(&field.to_be_bytes());
    }
    blob.extend_from_slice(identifier.as_bytes());
    blob.push(0);
    // The last page counts as long as it is: padded with zeros, macOS 27 kills the program (bun#32159).
    for page in code.chunks(PAGE) {
        blob.extend_from_slice(&payload::sha256(page));
    }
    debug_assert_eq!(blob.len(), size);
    blob
}

fn be32(blob: &mut Vec<u8>, fields: &[u32]) {
    fields.iter().for_each(|field| blob.extend_from_slice(&field.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_page_is_hashed_unpadded() {
        let code = [7; PAGE + 5];
        let blob = signature(&code, 0..PAGE as u64, "app");
        let slots = &blob[blob.len() - 2 * HASH_SIZE..];
        assert_eq!(slots[..HASH_SIZE], payload::sha256(&[7; PAGE]));
        assert_eq!(slots[HASH_SIZE..], payload::sha256(&[7; 5]));
    }

    #[test]
    fn size_is_the_length_of_the_signature() {
        for (len, name) in
            [(0, ""), (1, "a"), (PAGE, "app"), (PAGE + 1, "a longer name"), (9 * PAGE - 1, "é")]
        {
            let blob = signature(&vec![0; len], 0..0, name);
            assert_eq!(blob.len() as u64, size(len as u64, name), "{len} bytes, {name:?}");
        }
    }

    #[test]
    fn fields_are_as_documented() {
        let blob = signature(&[1; 100], 0..0x4000, "app");
        #[rustfmt::skip]
        let expected = [
            0xfa, 0xde, 0x0c, 0xc0, 0, 0, 0, 144, 0, 0, 0, 1, // SuperBlob
            0, 0, 0, 0, 0, 0, 0, 20,
            0xfa, 0xde, 0x0c, 0x02, 0, 0, 0, 124, 0, 2, 4, 0, // CodeDirectory, version
            0, 2, 0, 2, 0, 0, 0, 92, 0, 0, 0, 88, 0, 0, 0, 0, // flags, hashOffset, identOffset, nSpecialSlots
            0, 0, 0, 1, 0, 0, 0, 100, 32, 2, 0, 12,           // nCodeSlots, codeLimit, hashSize to pageSize
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   // spare2, scatterOffset, teamOffset, spare3
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   // codeLimit64, execSegBase
            0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 1, // execSegLimit, execSegFlags
            b'a', b'p', b'p', 0,
        ];
        assert_eq!(blob[..expected.len()], expected);
        assert_eq!(blob[expected.len()..], payload::sha256(&[1; 100]));
    }
}
