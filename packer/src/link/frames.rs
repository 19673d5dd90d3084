//! Names, places and traps, taken from what the compiler recorded and boiled down to what a message needs, in the words of the
//! module that was given.

use lower::Role;
use payload::frames::{Frames, Function, Place};
use wasmer_compiler::{ArtifactBuild, ArtifactCreate, types::function::CompiledFunctionFrameInfo};
use wasmer_types::{FunctionIndex, SourceLoc, TrapCode, entity::EntityRef};

use super::layout::{Extent, Layout};
use crate::input::program::{Offsets, Origin};

/// The frames of `build`, which `origin` leads back to the module that was given, at the places of `layout`.
pub(super) fn frames(build: &ArtifactBuild, layout: &Layout, origin: &Origin) -> Frames {
    let module = build.module_info();
    let imported = module.num_imported_functions;
    let functions = layout.functions.iter().zip(build.get_frame_info_ref().values()).enumerate();
    let mut offsets = origin.offsets();
    let describe = |(index, (extent, info)): (usize, (&Extent, &CompiledFunctionFrameInfo))| {
        let index = FunctionIndex::new(imported + index);
        match origin.role(index.as_u32()) {
            None => {
                let name = module.function_names.get(&index).cloned().unwrap_or_default();
                function(*extent, info, name, &mut offsets)
            }
            Some(role) => added(*extent, role, origin),
        }
    };
    Frames { imported: imported as u32, functions: functions.map(describe).collect() }
}

fn function(
    (start, len): Extent,
    info: &CompiledFunctionFrameInfo,
    name: String,
    offsets: &mut Offsets<'_>,
) -> Function {
    let map = &info.address_map;
    let mut given = |place: SourceLoc| bits(place).and_then(|offset| offsets.given(offset));
    let module_start = given(map.start_srcloc).unwrap_or(0);
    let mut places: Vec<Place> = Vec::new();
    // What follows the last piece that is known belongs to the function as a whole.
    let mut known_up_to = 0;
    let mut put = |code: usize, module: u32| {
        let before = places.last().map_or(module_start, |place: &Place| place.module);
        if before != module {
            places.push(Place { code: code as u32, module });
        }
    };
    for piece in &map.instructions {
        if piece.code_offset > known_up_to {
            put(known_up_to, module_start);
        }
        put(piece.code_offset, given(piece.srcloc).unwrap_or(module_start));
        known_up_to = piece.code_offset + piece.code_len;
    }
    if known_up_to < len as usize {
        put(known_up_to, module_start);
    }
    // What fitting added is nowhere in the module that was given, and traps there are what the engine says they are.
    let is_given = module_start != 0;
    let traps =
        info.traps.iter().filter(|trap| is_given && trap.trap_code != TrapCode::HeapAccessOutOfBounds);
    let traps = traps.map(|trap| (trap.code_offset, trap.trap_code as u32)).collect();
    Function { start, len, name, module_start, places, traps }
}

/// A function that lowering added: it is nowhere in the module that was given. Its one trap says what its `unreachable` means.
fn added((start, len): Extent, role: Role, origin: &Origin) -> Function {
    let meaning = match role {
        Role::Reference => None,
        Role::ThrowReference => Some((TrapCode::UninitializedExnRef, "")),
        Role::Entry { .. } => Some((TrapCode::UncaughtException, origin.thrown_at().unwrap_or_default())),
    };
    let name = meaning.map_or(String::new(), |(_, name)| name.to_owned());
    let traps = meaning.map(|(code, _)| (0, code as u32)).into_iter().collect();
    Function { start, len, name, traps, ..Function::default() }
}

/// The offset in the module, where there is one.
fn bits(place: SourceLoc) -> Option<u32> {
    (!place.is_default()).then(|| place.bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmer_compiler::types::address_map::{FunctionAddressMap, InstructionAddressMap};
    use wasmer_types::TrapInformation;

    fn piece(code_offset: usize, code_len: usize, module: u32) -> InstructionAddressMap {
        InstructionAddressMap { srcloc: SourceLoc::new(module), code_offset, code_len }
    }

    #[test]
    fn pieces_of_one_place_are_one_and_gaps_are_the_function() {
        let info = CompiledFunctionFrameInfo {
            traps: vec![
                TrapInformation { code_offset: 3, trap_code: TrapCode::HeapAccessOutOfBounds },
                TrapInformation { code_offset: 5, trap_code: TrapCode::IntegerOverflow },
            ],
            address_map: FunctionAddressMap {
                instructions: vec![piece(4, 4, 70), piece(8, 2, 70), piece(20, 5, 80)],
                start_srcloc: SourceLoc::new(60),
                ..FunctionAddressMap::default()
            },
        };
        let origin = Origin::default();
        let function = function((64, 30), &info, "f".to_owned(), &mut origin.offsets());
        let place = |code, module| Place { code, module };
        assert_eq!(function.places, [place(4, 70), place(10, 60), place(20, 80), place(25, 60)]);
        assert_eq!(function.traps, [(5, TrapCode::IntegerOverflow as u32)]);
        assert_eq!((function.start, function.len, function.module_start), (64, 30, 60));
    }

    #[test]
    fn an_added_function_has_no_traps_of_its_own() {
        let traps = vec![TrapInformation { code_offset: 3, trap_code: TrapCode::StackOverflow }];
        let info = CompiledFunctionFrameInfo { traps, ..CompiledFunctionFrameInfo::default() };
        let added = function((64, 30), &info, String::new(), &mut Origin::default().offsets());
        assert_eq!((added.module_start, added.traps), (0, vec![]));
    }
}
