//! Relocations inside the code image: each place that names another function gets the distance to it.
//!
//! Everything moves together, so only distances are ever needed. An address proper (`Abs8`) would be an error here.

use wasmer_compiler::{
    ArtifactBuild,
    types::relocation::{Relocation, RelocationKind, RelocationTarget},
};
use wasmer_types::entity::EntityRef;

use super::{failed, layout::Layout, thunk::Thunks};
use crate::Error;

/// Resolves the relocations of every function.
pub(super) fn functions(
    build: &ArtifactBuild,
    layout: &Layout,
    thunks: &Thunks,
    code: &mut [u8],
) -> Result<(), Error> {
    for ((start, _), relocations) in layout.functions.iter().zip(build.get_function_relocations().values()) {
        body(*start, relocations, layout, thunks, code)?;
    }
    Ok(())
}

/// Resolves the relocations of the compiler's sections that hold code.
pub(super) fn sections(
    build: &ArtifactBuild,
    layout: &Layout,
    thunks: &Thunks,
    code: &mut [u8],
) -> Result<(), Error> {
    for (start, relocations) in
        layout.sections.iter().zip(build.get_custom_section_relocations_ref().values())
    {
        if let Some(start) = start {
            body(*start, relocations, layout, thunks, code)?;
        }
    }
    Ok(())
}

fn body(
    start: u32,
    relocations: &[Relocation],
    layout: &Layout,
    thunks: &Thunks,
    code: &mut [u8],
) -> Result<(), Error> {
    for relocation in relocations {
        let unknown = || failed(format!("a relocation to {:?}", relocation.reloc_target));
        let to = match relocation.reloc_target {
            RelocationTarget::LocalFunc(index) => layout.functions[index.index()].0,
            RelocationTarget::DynamicTrampoline(index) => {
                *layout.dynamic_trampolines.get(index.index()).ok_or_else(unknown)?
            }
            RelocationTarget::LibCall(libcall) => thunks.to(libcall).ok_or_else(unknown)?,
            RelocationTarget::CustomSection(index) => {
                layout.sections.get(index.index()).copied().flatten().ok_or_else(unknown)?
            }
        };
        let at = start + relocation.offset;
        apply(relocation.kind, at, i64::from(to) + relocation.addend, code)?;
    }
    Ok(())
}

/// Writes the distance from `at` to `to`, both in bytes from the start of `code`, as `kind` wants it.
fn apply(kind: RelocationKind, at: u32, to: i64, code: &mut [u8]) -> Result<(), Error> {
    let distance = to - i64::from(at);
    let far = || {
        failed(format!(
            "a call over {distance} bytes, farther than an instruction of this target reaches; the other compiler \
             may make smaller code"
        ))
    };
    let place = &mut code[at as usize..];
    match kind {
        RelocationKind::X86CallPCRel4 | RelocationKind::X86CallPLTRel4 | RelocationKind::PCRel4 => {
            place[..4].copy_from_slice(&i32::try_from(distance).map_err(|_| far())?.to_le_bytes());
        }
        RelocationKind::PCRel8 => place[..8].copy_from_slice(&distance.to_le_bytes()),
        // A64 "BL": 26 bits of words. wasmer's own check allows twice as far.
        RelocationKind::Arm64Call => {
            if !(-(1 << 27)..1 << 27).contains(&distance) {
                return Err(far());
            }
            let words = (distance >> 2) as u32 & 0x03ff_ffff;
            let instruction = word(place) & 0xfc00_0000 | words;
            place[..4].copy_from_slice(&instruction.to_le_bytes());
        }
        // RISC-V psABI, R_RISCV_CALL: an AUIPC with the high 20 bits and a JALR with the signed low 12.
        RelocationKind::RiscvCall => {
            let distance = i32::try_from(distance).map_err(|_| far())?;
            let high = distance.checked_add(0x800).ok_or_else(far)? as u32 & 0xffff_f000;
            let auipc = word(place) & 0xfff | high;
            let jalr = word(&place[4..]) & 0x000f_ffff | (distance as u32 & 0xfff) << 20;
            place[..4].copy_from_slice(&auipc.to_le_bytes());
            place[4..8].copy_from_slice(&jalr.to_le_bytes());
        }
        other => {
            return Err(failed(format!("a relocation of the unknown kind {other:?}")));
        }
    }
    Ok(())
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `instructions` at 0x10 after a relocation there to `to`.
    fn applied(kind: RelocationKind, instructions: &[u8], to: i64) -> Result<Vec<u8>, Error> {
        let mut code = vec![0; 0x10];
        code.extend_from_slice(instructions);
        apply(kind, 0x10, to, &mut code)?;
        Ok(code.split_off(0x10))
    }

    #[test]
    fn an_x86_call_gets_the_distance_from_its_end() {
        // wasmer gives the addend -4: the distance counts from behind the four bytes.
        for kind in [RelocationKind::X86CallPCRel4, RelocationKind::X86CallPLTRel4, RelocationKind::PCRel4] {
            assert_eq!(applied(kind, &[0; 4], 0x110 - 4).unwrap(), [0xfc, 0, 0, 0]);
            assert_eq!(applied(kind, &[0; 4], -4).unwrap(), [0xec, 0xff, 0xff, 0xff]);
            assert!(applied(kind, &[0; 4], 1 << 32).is_err());
        }
    }

    #[test]
    fn a_distance_of_eight_bytes() {
        let bytes = applied(RelocationKind::PCRel8, &[0; 8], 0x1_0000_0010).unwrap();
        assert_eq!(bytes, [0, 0, 0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn an_arm_call_gets_words_and_keeps_its_opcode() {
        let bl = 0x9400_0000u32.to_le_bytes();
        assert_eq!(applied(RelocationKind::Arm64Call, &bl, 0x18).unwrap(), 0x9400_0002u32.to_le_bytes());
        assert_eq!(applied(RelocationKind::Arm64Call, &bl, 0).unwrap(), 0x97ff_fffcu32.to_le_bytes());
        let last = (1 << 27) + 0x10 - 4;
        assert_eq!(applied(RelocationKind::Arm64Call, &bl, last).unwrap(), 0x95ff_ffffu32.to_le_bytes());
        assert!(applied(RelocationKind::Arm64Call, &bl, last + 4).is_err());
        assert!(applied(RelocationKind::Arm64Call, &bl, -(1 << 27) + 0x10 - 4).is_err());
    }

    #[test]
    fn a_riscv_call_is_split_with_a_signed_low_part() {
        // auipc ra, 0; jalr ra, 0(ra)
        let call = [0x97, 0x00, 0x00, 0x00, 0xe7, 0x80, 0x00, 0x00];
        // A distance of 0x1800: high 0x2000, low -0x800.
        let bytes = applied(RelocationKind::RiscvCall, &call, 0x1810).unwrap();
        assert_eq!(bytes, [0x97, 0x20, 0x00, 0x00, 0xe7, 0x80, 0x00, 0x80]);
        // A distance of -16: high 0, low 0xff0.
        let bytes = applied(RelocationKind::RiscvCall, &call, 0).unwrap();
        assert_eq!(bytes, [0x97, 0x00, 0x00, 0x00, 0xe7, 0x80, 0x00, 0xff]);
        assert!(applied(RelocationKind::RiscvCall, &call, 1 << 31).is_err());
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        let error = applied(RelocationKind::Abs8, &[0; 8], 0).unwrap_err();
        assert!(error.to_string().contains("Abs8"), "{error}");
    }
}
