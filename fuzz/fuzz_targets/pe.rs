//! PE launchers: what is no launcher is refused, what is packed reads back.
#![no_main]

use container::testing::pe;
use libfuzzer_sys::fuzz_target;
use payload::{Locator, Target};

fuzz_target!(|data: &[u8]| {
    wasmpack_fuzz::pack(data, Target::WindowsX86_64, b"MZ", &pe::stub(&Locator::BARE));
});
