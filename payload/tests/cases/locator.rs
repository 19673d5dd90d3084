//! Damaged locator slots.

use super::{Case, Input, put};
use payload::Locator;

pub fn cases() -> Vec<Case> {
    let base = Locator { offset: 0x11_0000, len: 0x2345 }.to_bytes();
    let case = |name, class, at, why, bytes| Case {
        name,
        input: Input::Locator,
        class,
        at,
        why,
        bytes,
        base: base.to_vec(),
    };
    vec![
        case("locator-magic", "NotAPayload", 0, "another magic", put(&base, 0, b"WPKLOX")),
        case("locator-version", "Mismatch", 8, "version 2", put(&base, 8, &[2])),
        case("locator-format", "Version", 12, "a stub that reads a later format", put(&base, 12, &[6])),
        case("locator-reserved", "Mismatch", 14, "the reserved field is used", put(&base, 14, &[1])),
        case(
            "locator-offset-without-length",
            "Mismatch",
            16,
            "a bare slot has neither offset nor length; this one has an offset",
            put(&base, 24, &[0; 8]),
        ),
        case(
            "locator-length-without-offset",
            "Value",
            16,
            "a payload at the start of the file, where the stub is",
            put(&base, 16, &[0; 8]),
        ),
        case(
            "locator-range",
            "Value",
            24,
            "offset and length together do not fit 64 bits",
            put(&base, 24, &(u64::MAX - 0x10_ffff).to_le_bytes()),
        ),
    ]
}
