//! Damaged headers, made from the minimal payload.

use super::{Case, minimal, payload, put, put_sealed, sealed};

pub fn cases() -> Vec<Case> {
    let base = minimal();
    let case = |name, class, at, why, bytes| payload(name, class, at, why, &base, bytes);
    let field = |at, new: &[u8]| put_sealed(&base, at, new);
    let mut unix_line_ends = base.clone();
    unix_line_ends.remove(4);
    vec![
        case("empty", "Truncated", 0, "no byte at all", Vec::new()),
        case("header-magic", "NotAPayload", 0, "another magic", field(0, b"\x7fELF")),
        case("header-line-ends", "NotAPayload", 0, "a tool turned CR LF into LF", unix_line_ends),
        case("header-version-next", "Version", 8, "version 6", field(8, &[6])),
        case("header-version-1", "Version", 8, "version 1, which held wasmer's artifact", field(8, &[1])),
        case("header-version-0", "Version", 8, "version 0, which never was", field(8, &[0])),
        case("header-target", "Value", 10, "target 65535 is not in the table", field(10, &[0xff, 0xff])),
        case("header-target-0", "Value", 10, "target 0 is no target", field(10, &[0])),
        case("header-no-section", "Value", 12, "section count 0", field(12, &[0])),
        case("header-sections", "Value", 12, "section count 65, one above the limit", field(12, &[65])),
        case(
            "header-prefix-short",
            "Value",
            16,
            "the prefix ends one byte before the end of the section table",
            field(16, &135u32.to_le_bytes()),
        ),
        case(
            "header-prefix-limit",
            "Value",
            16,
            "a prefix of 16 MiB and one byte",
            put(&base, 16, &(16 * 1024 * 1024 + 1u32).to_le_bytes()),
        ),
        case(
            "header-prefix-beyond-payload",
            "Truncated",
            0,
            "the prefix is a byte longer than the payload",
            put(&base, 16, &(base.len() as u32 + 1).to_le_bytes()),
        ),
        case(
            "header-prefix-length",
            "Mismatch",
            16,
            "the prefix ends a byte before the manifest does",
            field(16, &(base.len() as u32 - 1).to_le_bytes()),
        ),
        case("header-compiler", "Value", 30, "compiler 3 is not in the table", field(30, &[3])),
        case("header-compiler-0", "Value", 30, "compiler 0 is no compiler", field(30, &[0])),
        case("header-cpu", "Value", 32, "CPU feature bit 63 has no meaning", field(39, &[0x80])),
        case("header-payload-length", "Mismatch", 40, "a byte less than the locator says", field(40, &[212])),
        case("header-reserved-low", "Mismatch", 48, "the reserved field is used", field(48, &[1])),
        case(
            "header-reserved-high",
            "Mismatch",
            56,
            "the reserved field is used at its end",
            field(63, &[1]),
        ),
        case("header-cut", "Truncated", 32, "the file ends within the header", base[..33].to_vec()),
        case("payload-cut", "Mismatch", 40, "the file ends within the manifest", base[..200].to_vec()),
        case(
            "payload-continues",
            "Mismatch",
            40,
            "a byte follows the last section, and the header counts it",
            sealed([put(&base, 40, &[214]), vec![0]].concat()),
        ),
        case("digest", "Digest", 64, "one bit of the SHA-256 is another", put(&base, 95, &[base[95] ^ 1])),
        case(
            "digest-engine",
            "Digest",
            64,
            "the engine version was changed afterwards",
            put(&base, 28, &[1]),
        ),
        case("digest-manifest", "Digest", 64, "the app's name was changed afterwards", put(&base, 170, b"j")),
    ]
}
