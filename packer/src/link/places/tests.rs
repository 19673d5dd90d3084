use std::collections::HashSet;

use payload::Target;
use wasmer_compiler::{
    types::address_map::InstructionAddressMap,
    wasmparser::{Operator, Parser, Payload, TypeRef},
};
use wasmer_types::{TrapCode, TrapInformation};

use super::*;
use crate::{
    compile::{compile, cpu::Raise},
    input::program::Program,
    progress::Progress,
    testing::random_module,
};

/// Where the instructions of a module are that call by another way than by the name of a function that the module defines.
fn unnamed(wasm: &[u8]) -> HashSet<u32> {
    use Operator::*;
    let (mut imported, mut found) = (0, HashSet::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => {
                let imports = imports.into_imports().map(|import| import.unwrap());
                imported = imports.filter(|import| matches!(import.ty, TypeRef::Func(_))).count() as u32;
            }
            Payload::CodeSectionEntry(body) => {
                let mut operators = body.get_operators_reader().unwrap();
                while !operators.eof() {
                    let at = operators.original_position() as u32;
                    let calls = match operators.read().unwrap() {
                        Call { function_index } => function_index < imported,
                        CallIndirect { .. } | Unreachable | RefFunc { .. } => true,
                        MemoryGrow { .. } | MemorySize { .. } | MemoryCopy { .. } | MemoryFill { .. } => true,
                        MemoryInit { .. } | DataDrop { .. } | ElemDrop { .. } => true,
                        TableGet { .. } | TableSet { .. } | TableGrow { .. } | TableSize { .. } => true,
                        TableFill { .. } | TableCopy { .. } | TableInit { .. } => true,
                        MemoryAtomicNotify { .. } | MemoryAtomicWait32 { .. } | MemoryAtomicWait64 { .. } => {
                            true
                        }
                        _ => false,
                    };
                    if calls {
                        found.insert(at);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// How many places the compiler recorded for `wasm`, and how many are kept. All answers are the same wherever one is asked for:
/// at traps, at calls that the compiler names, up to the end of their pieces, in all pieces of instructions that call otherwise,
/// and where frames are made. `None` if the compiler does not take the module.
fn assert_answers(name: &str, wasm: &[u8], target: Target, compiler: Compiler) -> Option<(usize, usize)> {
    let program = Program::new(wasm, lower::exceptions(wasm).ok()?, None).unwrap();
    let build = compile(&program.wasm, target, compiler, Raise::default(), &Progress::hidden()).ok()?.build;
    let unnamed = unnamed(&program.wasm);
    let mut offsets = program.origin.offsets();
    let (mut recorded, mut kept) = (0, 0);
    for (index, body) in build.get_function_bodies_ref().iter() {
        let info = &build.get_frame_info_ref()[index];
        let relocations = &build.get_function_relocations()[index];
        let made = Made::new(compiler, body.body.len() as u32, info, relocations);
        let start = made.start().and_then(|offset| offsets.given(offset)).unwrap_or(0);
        let places = made.places(&program.wasm, start, |offset| offsets.given(offset));
        assert!(places.is_sorted_by(|a, b| a.code < b.code && a.module != b.module), "{name}: {places:?}");
        (recorded, kept) = (recorded + info.address_map.instructions.len(), kept + places.len());

        let pieces = &info.address_map.instructions;
        let code =
            |one: &InstructionAddressMap| one.code_offset as u32..(one.code_offset + one.code_len) as u32;
        let mut asked: Vec<u32> = info.traps.iter().map(|trap| trap.code_offset).collect();
        for piece in pieces {
            let code = code(piece);
            let named = relocations.iter().map(|one| one.offset).filter(|call| code.contains(call)).min();
            match named {
                _ if code.start == 0 || unnamed.contains(&piece.srcloc.bits()) => asked.extend(code),
                // From the call's first byte to its last.
                Some(call) => asked.extend(call.saturating_sub(1).max(code.start)..(call + 8).min(code.end)),
                None => {}
            }
        }
        for at in asked {
            let before = pieces[..pieces.partition_point(|one| one.code_offset as u32 <= at)].last();
            let of = before.filter(|one| code(one).contains(&at)).and_then(|one| offset(one.srcloc));
            let right = of.and_then(|at| offsets.given(at)).unwrap_or(start);
            let told = places.iter().rev().find(|place| place.code <= at).map_or(start, |place| place.module);
            assert_eq!(told, right, "{name}, {} by {}, {index:?} at {at}", target.name(), compiler.name());
        }
    }
    Some((recorded, kept))
}

const LINUX: [Target; 3] = [Target::LinuxX86_64, Target::LinuxArm64, Target::LinuxRiscv64];

#[test]
fn whatever_is_asked_for_in_a_fixture_is_told_as_it_was_recorded_and_cranelift_keeps_little() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures");
    for file in ["hello", "probe", "exceptions-legacy", "exceptions-standard", "names/rust", "names/as"] {
        let wasm = std::fs::read(format!("{folder}/{file}.wasm")).unwrap();
        for target in LINUX {
            let (recorded, kept) = assert_answers(file, &wasm, target, Compiler::Cranelift).unwrap();
            assert!(kept > 100 && kept < recorded * 6 / 10, "{file}: {kept} of {recorded}");
            assert_answers(file, &wasm, target, Compiler::Singlepass).unwrap();
        }
    }
}

#[test]
fn whatever_is_asked_for_in_any_module_is_told_as_it_was_recorded() {
    let mut compiled = 0;
    for seed in 0..300 {
        let Some(wasm) = random_module(seed) else { continue };
        let target = LINUX[seed as usize % LINUX.len()];
        for compiler in [Compiler::Cranelift, Compiler::Singlepass] {
            compiled +=
                usize::from(assert_answers(&format!("module {seed}"), &wasm, target, compiler).is_some());
        }
    }
    assert!(compiled > 200, "{compiled} compiled");
}

/// The record of a function with 100 bytes of code.
fn recorded(pieces: &[(usize, usize, u32)], traps: &[u32]) -> CompiledFunctionFrameInfo {
    let piece = |&(code_offset, code_len, module): &(usize, usize, u32)| InstructionAddressMap {
        srcloc: SourceLoc::new(module),
        code_offset,
        code_len,
    };
    let trap = |&code_offset: &u32| TrapInformation { code_offset, trap_code: TrapCode::IntegerOverflow };
    CompiledFunctionFrameInfo {
        traps: traps.iter().map(trap).collect(),
        address_map: FunctionAddressMap {
            instructions: pieces.iter().map(piece).collect(),
            start_srcloc: SourceLoc::new(1),
            ..FunctionAddressMap::default()
        },
    }
}

#[test]
fn plain_code_is_told_as_what_lies_beside_it_and_singlepass_code_as_it_is() {
    // An addition, a load, `call_indirect`, and a load again.
    let mut wasm = [0x6a; 80];
    (wasm[20], wasm[30], wasm[40]) = (0x28, 0x11, 0x28);
    let pieces = [(4, 4, 10), (8, 9, 20), (20, 5, 10), (25, 5, 30), (30, 2, 10), (32, 9, 40), (45, 5, 10)];
    let info = recorded(&pieces, &[13, 14, 39]);
    let places = |compiler| Made::new(compiler, 60, &info, &[]).places(&wasm, 1, |at| Some(at + 100));
    let place = |code, module| Place { code, module };
    // At 0 the frame is made, up to 4. From 13 and 39 on, loads trap; the call is anywhere from 25 on.
    assert_eq!(places(Compiler::Cranelift), [place(8, 120), place(24, 130), place(32, 140)]);
    let whole = [
        (4, 110),
        (8, 120),
        (17, 1),
        (20, 110),
        (25, 130),
        (30, 110),
        (32, 140),
        (41, 1),
        (45, 110),
        (50, 1),
    ];
    assert_eq!(places(Compiler::Singlepass), whole.map(|(code, module)| place(code, module)));
}

#[test]
fn a_number_is_as_round_as_it_may_be() {
    for (free, wanted) in
        [(0..=9, 0), (5..=5, 5), (5..=6, 6), (5..=9, 8), (9..=15, 12), (1..=300, 256), (257..=300, 288)]
    {
        assert_eq!(round(free.clone()), wanted, "{free:?}");
    }
}
