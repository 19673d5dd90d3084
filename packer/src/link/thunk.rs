//! Calls into the runtime: a jump through a table entry for each runtime function that the code calls directly.
//!
//! Most such calls go through wasmer's context and need nothing. The few that the compilers emit as plain calls end
//! here: in a few instructions that load the function's address from the table and go there. The table lies behind
//! the code in a page of its own, because it is written at start and code never is.

use payload::{Target, target::Cpu};
use wasmer_compiler::{
    ArtifactBuild,
    types::relocation::{Relocation, RelocationTarget},
};
use wasmer_types::{LibCall, entity::EntityRef};

use super::{failed, layout::Layout};
use crate::Error;

/// Bytes a thunk has room for, on every target.
const SIZE: usize = 16;
/// Bytes of a table entry.
const ENTRY: u32 = 8;

/// The thunks of one image.
#[derive(Debug)]
pub(super) struct Thunks {
    /// The runtime functions called, in the table's order.
    libcalls: Vec<LibCall>,
    /// Where the first thunk lies in the code image.
    start: u32,
    table_offset: u64,
}

impl Thunks {
    /// Finds which thunks are needed and reserves room for them behind the functions.
    pub(super) fn place(build: &ArtifactBuild, layout: &mut Layout) -> Thunks {
        let mut libcalls: Vec<LibCall> = Vec::new();
        let mut need = |relocation: &Relocation| {
            if let RelocationTarget::LibCall(libcall) = relocation.reloc_target
                && !libcalls.contains(&libcall)
            {
                libcalls.push(libcall);
            }
        };
        build.get_function_relocations().values().flatten().for_each(&mut need);
        for (index, relocations) in build.get_custom_section_relocations_ref().iter() {
            if layout.sections[index.index()].is_some() {
                relocations.iter().for_each(&mut need);
            }
        }
        libcalls.sort_by_key(|libcall| number(*libcall));
        let (start, _) = layout.reserve(libcalls.len() * SIZE, SIZE as u32);
        let table_offset = (layout.len() as u64).next_multiple_of(payload::section::IMAGE_ALIGNMENT);
        Thunks { libcalls, start, table_offset }
    }

    /// Where the table lies, in bytes from the start of the code image.
    pub(super) fn table_offset(&self) -> u64 {
        self.table_offset
    }

    /// The engine's number of the function that belongs in each entry.
    pub(super) fn numbers(&self) -> Vec<u16> {
        self.libcalls.iter().map(|libcall| number(*libcall)).collect()
    }

    /// Where the thunk to `libcall` lies in the code image.
    pub(super) fn to(&self, libcall: LibCall) -> Option<u32> {
        let index = self.libcalls.iter().position(|one| *one == libcall)?;
        Some(self.start + (index * SIZE) as u32)
    }

    /// Writes the thunks into `code`.
    pub(super) fn write(&self, target: Target, code: &mut [u8]) -> Result<(), Error> {
        for index in 0..self.libcalls.len() {
            let at = self.start + (index * SIZE) as u32;
            let entry = self.table_offset + index as u64 * u64::from(ENTRY);
            let bytes = thunk(target, at.into(), entry)
                .ok_or_else(|| failed("the code is too large to reach the table of runtime functions"))?;
            code[at as usize..][..SIZE].copy_from_slice(&bytes);
        }
        Ok(())
    }
}

/// The number that a table entry has in the file: wasmer's, of this very version.
fn number(libcall: LibCall) -> u16 {
    libcall as u16
}

/// The instructions at `at` that go where the table's entry at `entry` says; `None` if it is out of reach.
fn thunk(target: Target, at: u64, entry: u64) -> Option<[u8; SIZE]> {
    let distance = i64::try_from(entry).ok()? - i64::try_from(at).ok()?;
    let mut out = [0; SIZE];
    match target.cpu() {
        Cpu::X86_64 => {
            // jmp qword ptr [rip + distance], which counts from its own end.
            let distance = i32::try_from(distance - 6).ok()?;
            out[..2].copy_from_slice(&[0xff, 0x25]);
            out[2..6].copy_from_slice(&distance.to_le_bytes());
        }
        Cpu::Arm64 => {
            // adrp x17, entry; ldr x17, [x17, entry's low 12 bits]; br x17. x17 is free between a call and its callee.
            let pages = (entry >> 12) as i64 - (at >> 12) as i64;
            if !(-(1 << 20)..1 << 20).contains(&pages) {
                return None;
            }
            let pages = pages as u32;
            let adrp = 0x9000_0011 | (pages & 3) << 29 | (pages >> 2 & 0x7_ffff) << 5;
            let ldr = 0xf940_0231 | ((entry as u32 & 0xfff) >> 3) << 10;
            put(&mut out, &[adrp, ldr, 0xd61f_0220]);
        }
        Cpu::Riscv64 => {
            // auipc t1, high 20 bits; ld t1, low 12 bits(t1); jr t1. t1 is free there as well.
            let distance = i32::try_from(distance).ok()?;
            let high = (distance.checked_add(0x800)? >> 12) as u32;
            let low = distance as u32 & 0xfff;
            put(&mut out, &[high << 12 | 0x317, low << 20 | 0x3_3303, 0x3_0067]);
        }
    }
    Some(out)
}

fn put(out: &mut [u8; SIZE], instructions: &[u32]) {
    for (place, instruction) in out.chunks_exact_mut(4).zip(instructions) {
        place.copy_from_slice(&instruction.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x86_jumps_through_the_entry() {
        let bytes = thunk(Target::LinuxX86_64, 0x1000, 0x1_0008).unwrap();
        // 0x1_0008 - 0x1006
        assert_eq!(bytes[..6], [0xff, 0x25, 0x02, 0xf0, 0x00, 0x00]);
        assert_eq!(thunk(Target::LinuxX86_64, 0, 1 << 32), None);
    }

    #[test]
    fn arm_loads_the_entry_from_its_page() {
        let bytes = thunk(Target::LinuxArm64, 0x1010, 0x1_0008).unwrap();
        // Page 0x10 - page 1 = 15: immlo 3, immhi 3.
        let adrp: u32 = 0x9000_0011 | 3 << 29 | 3 << 5;
        assert_eq!(bytes[..4], adrp.to_le_bytes());
        // ldr x17, [x17, #8]
        assert_eq!(bytes[4..8], 0xf940_0631u32.to_le_bytes());
        // br x17
        assert_eq!(bytes[8..12], 0xd61f_0220u32.to_le_bytes());
        assert_eq!(thunk(Target::LinuxArm64, 0, 1 << 32), None);
    }

    #[test]
    fn riscv_loads_the_entry_by_distance() {
        let bytes = thunk(Target::LinuxRiscv64, 0x1000, 0x1_0808).unwrap();
        // The distance is 0xf808; its low 12 bits are negative, so the high part is one more: 0x10.
        assert_eq!(bytes[..4], 0x0001_0317u32.to_le_bytes());
        // ld t1, -0x7f8(t1)
        assert_eq!(bytes[4..8], 0x8083_3303u32.to_le_bytes());
        // jr t1
        assert_eq!(bytes[8..12], 0x0003_0067u32.to_le_bytes());
    }
}
