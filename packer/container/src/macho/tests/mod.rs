//! Tests of Mach-O stubs, good ones, broken ones, and arbitrary bytes.

mod embed;
mod golden;
mod opinion;
mod refuse;
mod rules;

use payload::{Locator, Target};

use super::{names::ALIGNMENT, *};
use crate::{
    Kind, MAX_LEN,
    testing::macho::{self as stub, ARM64, Stub, X86_64, command, u32_at},
};

const BOTH: [(Target, (u32, u32)); 2] = [(Target::MacosArm64, ARM64), (Target::MacosX86_64, X86_64)];
const PAYLOAD: &[u8] = b"a payload of thirty-eight short bytes.";

fn bare(cpu: (u32, u32)) -> Stub {
    stub::stub(cpu, &Locator::BARE)
}

fn arm64() -> Stub {
    bare(ARM64)
}

/// Packs a stub that is meant to work, and reads it again.
#[track_caller]
fn packed(stub: &[u8], target: Target, payload: &[u8]) -> Vec<u8> {
    let file = embed(stub, target, payload, "app").unwrap();
    verify(&file, stub, target, payload, "app").unwrap();
    file
}

fn u64_at(file: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*file[at..].first_chunk().unwrap())
}

/// Where the locator slot of `file` lies.
fn slot(file: &[u8], target: Target) -> Result<usize, Error> {
    slot_in(Layout::read(file, target)?.segment(&SLOT_SEGMENT))
}
