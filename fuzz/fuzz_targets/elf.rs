//! ELF launchers: what is no launcher is refused, what is packed reads back.
#![no_main]

use container::testing::elf;
use libfuzzer_sys::fuzz_target;
use payload::{Locator, Target};

fuzz_target!(|data: &[u8]| {
    wasmpack_fuzz::pack(data, Target::LinuxX86_64, b"\x7fELF\x02\x01\x01", &elf::stub(&Locator::BARE));
});
