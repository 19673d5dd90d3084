//! Damaged section tables, made from a payload with two sections: entries at 0x60 and 0x88.

use super::{Case, chunked, minimal, payload, put, put_sealed, sealed};

/// Offsets of the fields of an entry.
const ENCODING: usize = 4;
const OFFSET: usize = 8;
const STORED_LEN: usize = 16;
const LEN: usize = 24;
const CHUNK_SIZE: usize = 32;
const RESERVED: usize = 36;

/// The manifest's entry and the metadata's.
const FIRST: usize = 96;
const SECOND: usize = 136;

pub fn cases() -> Vec<Case> {
    let base = chunked();
    let small = minimal();
    let case = |name, class, at: usize, why, bytes| payload(name, class, at as u64, why, &base, bytes);
    let field = |at, new: &[u8]| put_sealed(&base, at, new);
    let read = |at: usize| u64::from_le_bytes(base[at..at + 8].try_into().expect("eight bytes"));
    let (offset, manifest_len) = (read(SECOND + OFFSET), read(FIRST + STORED_LEN));
    let stored_len = read(SECOND + STORED_LEN);

    // Metadata is in chunks.
    let mut only_metadata = put(&small, FIRST, &[3, 0, 0, 0, 1]);
    only_metadata = put(&only_metadata, FIRST + CHUNK_SIZE, &4096u32.to_le_bytes());
    only_metadata = sealed(only_metadata);

    // The metadata first, with nothing in it, and the manifest after it at the same offset.
    let mut swapped = small[..FIRST].to_vec();
    swapped.extend_from_slice(&base[FIRST..SECOND + 40]);
    swapped.extend_from_slice(&small[144..]);
    let small_len = (small.len() - 144) as u64;
    let manifest_entry = swapped[FIRST..SECOND].to_vec();
    swapped = put(&swapped, SECOND, &manifest_entry);
    swapped = put(&swapped, FIRST, &[3, 0, 0, 0, 1]);
    swapped = put(&swapped, FIRST + CHUNK_SIZE, &4096u32.to_le_bytes());
    swapped = put(&swapped, SECOND + STORED_LEN, &small_len.to_le_bytes());
    swapped = put(&swapped, SECOND + LEN, &small_len.to_le_bytes());
    swapped = put(&swapped, FIRST + STORED_LEN, &[0; 16]);
    let len = swapped.len() as u32;
    swapped = put(&swapped, 12, &[2]);
    swapped = put(&swapped, 16, &len.to_le_bytes());
    swapped = sealed(put(&swapped, 40, &len.to_le_bytes()));

    vec![
        case("section-kind", "Value", SECOND, "kind 12 is not in the table", field(SECOND, &[12])),
        case("section-kind-artifact", "Value", SECOND, "kind 2 was wasmer's artifact", field(SECOND, &[2])),
        case("section-kind-0", "Value", FIRST, "kind 0 is no kind", field(FIRST, &[0])),
        case("section-twice", "Mismatch", SECOND, "a second manifest", {
            let raw = put(&base, SECOND, &[1, 0, 0, 0, 0]);
            let raw = put(&raw, SECOND + LEN, &stored_len.to_le_bytes());
            sealed(put(&raw, SECOND + CHUNK_SIZE, &[0; 4]))
        }),
        payload(
            "section-order",
            "Mismatch",
            SECOND as u64,
            "the manifest is not first",
            &swapped,
            swapped.clone(),
        ),
        payload(
            "section-no-manifest",
            "Mismatch",
            FIRST as u64,
            "metadata and no manifest",
            &small,
            only_metadata,
        ),
        case("section-manifest-chunked", "Value", FIRST + ENCODING, "the manifest is in chunks", {
            let chunked = put(&base, FIRST + ENCODING, &[1]);
            sealed(put(&chunked, FIRST + CHUNK_SIZE, &4096u32.to_le_bytes()))
        }),
        case("section-encoding", "Value", SECOND + ENCODING, "encoding 2", field(SECOND + ENCODING, &[2])),
        case("section-gap", "Mismatch", SECOND + OFFSET, "16 bytes lie between the sections", {
            field(SECOND + OFFSET, &(offset + 16).to_le_bytes())
        }),
        case("section-overlap", "Mismatch", SECOND + OFFSET, "it starts within the manifest", {
            field(SECOND + OFFSET, &(offset - 16).to_le_bytes())
        }),
        case("section-unaligned", "Mismatch", SECOND + OFFSET, "it starts right after the manifest", {
            field(SECOND + OFFSET, &(176 + manifest_len).to_le_bytes())
        }),
        case("section-in-table", "Mismatch", FIRST + OFFSET, "the manifest starts within the table", {
            field(FIRST + OFFSET, &160u64.to_le_bytes())
        }),
        case("section-out-of-bounds", "Truncated", SECOND + STORED_LEN, "it ends after the payload", {
            field(SECOND + STORED_LEN, &(stored_len + 1).to_le_bytes())
        }),
        case("section-table-large", "Value", SECOND + LEN, "metadata of 256 MiB and a byte", {
            field(SECOND + LEN, &(256u64 * 1024 * 1024 + 1).to_le_bytes())
        }),
        case("section-endless", "Truncated", SECOND + STORED_LEN, "offset and length do not fit 64 bits", {
            field(SECOND + STORED_LEN, &u64::MAX.to_le_bytes())
        }),
        case("section-raw", "Value", SECOND + ENCODING, "metadata without checksums", {
            let raw = put(&base, SECOND + ENCODING, &[0]);
            let raw = put(&raw, SECOND + LEN, &stored_len.to_le_bytes());
            sealed(put(&raw, SECOND + CHUNK_SIZE, &[0; 4]))
        }),
        case("section-raw-length", "Mismatch", FIRST + LEN, "raw, and two lengths", {
            field(FIRST + LEN, &(manifest_len + 1).to_le_bytes())
        }),
        case("section-raw-chunk-size", "Mismatch", FIRST + CHUNK_SIZE, "raw, and a chunk size", {
            field(FIRST + CHUNK_SIZE, &4096u32.to_le_bytes())
        }),
        case("section-chunk-size-0", "Value", SECOND + CHUNK_SIZE, "chunks of no byte", {
            field(SECOND + CHUNK_SIZE, &[0; 4])
        }),
        case("section-chunk-size-small", "Value", SECOND + CHUNK_SIZE, "chunks of 2 KiB", {
            field(SECOND + CHUNK_SIZE, &2048u32.to_le_bytes())
        }),
        case("section-chunk-size-odd", "Value", SECOND + CHUNK_SIZE, "chunks of 5000 bytes", {
            field(SECOND + CHUNK_SIZE, &5000u32.to_le_bytes())
        }),
        case("section-chunk-size-large", "Value", SECOND + CHUNK_SIZE, "chunks of 32 MiB", {
            field(SECOND + CHUNK_SIZE, &(32 * 1024 * 1024u32).to_le_bytes())
        }),
        case("section-length", "Value", SECOND + LEN, "4 GiB and one byte once decoded", {
            field(SECOND + LEN, &(4 * 1024 * 1024 * 1024u64 + 1).to_le_bytes())
        }),
        case("section-reserved", "Mismatch", SECOND + RESERVED, "the reserved field is used", {
            field(SECOND + RESERVED, &[1])
        }),
        payload(
            "section-padding",
            "Mismatch",
            143,
            "the padding is not zero",
            &small,
            put_sealed(&small, 143, &[1]),
        ),
    ]
}
