//! PE launchers: what is no launcher is refused, what is packed reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use payload::{Locator, Target};

#[path = "../../packer/tests/cli/pe_stub.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod pe_stub;

fuzz_target!(|data: &[u8]| {
    wasmpack_fuzz::pack(data, Target::WindowsX86_64, b"MZ", &pe_stub::stub(&Locator::BARE));
});
