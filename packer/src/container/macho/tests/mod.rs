//! Tests of Mach-O stubs, good ones, broken ones, and arbitrary bytes.

mod embed;
mod golden;
mod opinion;
mod refuse;
mod rules;
pub mod stub;

use payload::{Locator, Target};

use self::stub::{ARM64, Stub, X86_64};
use super::*;

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

pub fn u32_at(file: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*file[at..].first_chunk().unwrap())
}

fn u64_at(file: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*file[at..].first_chunk().unwrap())
}

/// Where the `n`th command of a number starts.
pub fn command(file: &[u8], number: u32, n: usize) -> usize {
    let (mut at, mut found) = (32, 0);
    for _ in 0..u32_at(file, 16) {
        if u32_at(file, at) == number {
            if found == n {
                return at;
            }
            found += 1;
        }
        at += u32_at(file, at + 4) as usize;
    }
    panic!("{found} commands {number:#x}, but {} was asked for", n + 1)
}

/// Where the locator slot of `file` lies.
fn slot(file: &[u8], target: Target) -> Result<usize, Error> {
    slot_in(Layout::read(file, target)?.segment(&SLOT_SEGMENT))
}
