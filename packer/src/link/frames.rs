//! Names, places and traps, taken from what the compiler recorded and boiled down to what a message needs, in the words of the
//! module that was given.

use lower::Role;
use payload::{
    Compiler,
    frames::{Frames, Function},
};
use wasmer_compiler::{ArtifactBuild, ArtifactCreate};
use wasmer_types::{FunctionIndex, LocalFunctionIndex, TrapCode, entity::EntityRef};

use super::{
    layout::{Extent, Layout},
    places::Made,
    readable::readable,
};
use crate::input::program::{Origin, Program};

/// The frames of `build`, which `compiler` made of `program`, at the places of `layout`.
pub(super) fn frames(
    build: &ArtifactBuild,
    layout: &Layout,
    program: &Program,
    compiler: Compiler,
) -> Frames {
    let (module, origin) = (build.module_info(), &program.origin);
    let (infos, relocations) = (build.get_frame_info_ref(), build.get_function_relocations());
    let mut offsets = origin.offsets();
    let describe = |(local, extent): (usize, &Extent)| {
        let index = FunctionIndex::new(module.num_imported_functions + local);
        if let Some(role) = origin.role(index.as_u32()) {
            return added(*extent, role, origin);
        }
        let (local, name) = (LocalFunctionIndex::new(local), module.function_names.get(&index));
        let info = &infos[local];
        let made = Made::new(compiler, extent.1, info, &relocations[local]);
        let start = made.start().and_then(|offset| offsets.given(offset)).unwrap_or(0);
        let places = made.places(&program.wasm, start, |offset| offsets.given(offset));
        // What fitting added is nowhere in the module that was given, and traps there are what the engine says they are.
        let traps = info.traps.iter().filter(|_| start != 0);
        let traps = traps.filter(|trap| trap.trap_code != TrapCode::HeapAccessOutOfBounds);
        Function {
            start: extent.0,
            len: extent.1,
            name: name.map(|name| readable(name)).unwrap_or_default(),
            module_start: start,
            places,
            traps: traps.map(|trap| (trap.code_offset, trap.trap_code as u32)).collect(),
        }
    };
    let functions = layout.functions.iter().enumerate().map(describe).collect();
    Frames { imported: module.num_imported_functions as u32, functions }
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
