//! Mach-O launchers for both CPUs: what is no launcher is refused, what is packed reads back.
#![no_main]

use container::testing::macho;
use libfuzzer_sys::fuzz_target;
use payload::{Locator, Target};

const MAGIC: &[u8] = b"\xcf\xfa\xed\xfe";

fuzz_target!(|data: &[u8]| {
    let [cpu, rest @ ..] = data else { return };
    let (target, cpu) = match cpu & 1 {
        0 => (Target::MacosArm64, macho::ARM64),
        _ => (Target::MacosX86_64, macho::X86_64),
    };
    wasmpack_fuzz::pack(rest, target, MAGIC, &macho::stub(cpu, &Locator::BARE).build());
});
