//! Damaged metadata: numbers that would lead out of the images that they are for.

use payload::image::Image;

use super::{CODE_LEN, Case, Input, MEMORY_LEN, put};

/// Offsets of the fields.
const MEMORY_START: usize = 0;
const TABLE_OFFSET: usize = 8;

pub fn cases() -> Vec<Case> {
    let image = Image {
        memory_start: (1 << 32) - MEMORY_LEN,
        table_offset: CODE_LEN,
        metadata: b"what the engine reads".to_vec(),
        functions: vec![0, 0x100],
        ..Image::default()
    };
    let base = image.to_bytes();
    let case = |name, at: usize, why, new: u64| {
        let (bytes, base) = (put(&base, at, &new.to_le_bytes()), base.clone());
        Case { name, input: Input::Metadata, class: "Value", at: at as u64, why, bytes, base }
    };
    vec![
        case(
            "metadata-memory-start",
            MEMORY_START,
            "the image ends behind 4 GiB",
            image.memory_start + 0x1000,
        ),
        case("metadata-memory-start-wraps", MEMORY_START, "start and length do not fit 64 bits", !0x13fff),
        case("metadata-memory-start-odd", MEMORY_START, "the image starts within a page", 0x1_0800),
        case("metadata-table", TABLE_OFFSET, "the table is farther away than it must be", 0x2_0000),
        case("metadata-table-in-code", TABLE_OFFSET, "the table is part of the code", 0),
        case("metadata-table-endless", TABLE_OFFSET, "the table ends behind all addresses", !0xffff),
    ]
}
