//! The manifest alone: what is accepted is written back byte for byte, so there is one way to write it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use payload::Manifest;

fuzz_target!(|data: &[u8]| {
    if let Ok(manifest) = Manifest::parse(data, 0) {
        assert_eq!(manifest.to_bytes(), data);
    }
});
