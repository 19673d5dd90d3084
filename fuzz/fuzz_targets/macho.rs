//! Mach-O launchers for both CPUs: what is no launcher is refused, what is packed reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use payload::{Locator, Target};

#[path = "../../packer/src/container/macho/tests/stub.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod stub;

const MAGIC: &[u8] = b"\xcf\xfa\xed\xfe";

fuzz_target!(|data: &[u8]| {
    let [cpu, rest @ ..] = data else { return };
    let (target, cpu) = match cpu & 1 {
        0 => (Target::MacosArm64, stub::ARM64),
        _ => (Target::MacosX86_64, stub::X86_64),
    };
    wasmpack_fuzz::pack(rest, target, MAGIC, &stub::stub(cpu, &Locator::BARE).build());
});
