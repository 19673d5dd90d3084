//! The functions that a lowered module has behind its own.

use wasm_encoder::{BlockType, Instruction as I, ValType};

use crate::{exnref::Exnref, output::Code, plan::Plan};

/// Their code, in the order of their indices.
pub(crate) fn write(plan: &Plan<'_, '_>) -> Code {
    let mut code = Code::default();
    if plan.take.is_some() {
        code.added(&take(plan));
    }
    if plan.put.is_some() {
        code.added(&put(plan));
    }
    for &function in plan.wrappers.keys() {
        code.added(&wrapper(plan, function));
    }
    code
}

/// The first word of a payload and the first long one, which are what references hold.
fn held(plan: &Plan<'_, '_>) -> (Option<u32>, Option<u32>) {
    let long = plan.payloads.first(ValType::I64).filter(|_| plan.exnref == Exnref::Wide);
    (plan.payloads.first(ValType::I32), long)
}

/// Makes a reference of what is in flight, which it no longer is.
fn take(plan: &Plan<'_, '_>) -> Vec<I<'static>> {
    let (word, long) = held(plan);
    let mut code = vec![I::GlobalGet(plan.tag), I::I64ExtendI32U];
    if let Some(word) = word {
        code.extend([I::GlobalGet(word), I::I64ExtendI32U, I::I64Const(32), I::I64Shl, I::I64Or]);
    }
    if plan.exnref == Exnref::Wide {
        code.push(I::I64x2Splat);
        if let Some(long) = long {
            code.extend([I::GlobalGet(long), I::I64x2ReplaceLane(1)]);
        }
    }
    code.extend([I::I32Const(0), I::GlobalSet(plan.tag)]);
    code
}

/// Puts in flight what a reference holds; traps if it is null.
fn put(plan: &Plan<'_, '_>) -> Vec<I<'static>> {
    let (word, long) = held(plan);
    let low: &[I<'static>] = match plan.exnref {
        Exnref::Narrow => &[I::LocalGet(0)],
        Exnref::Wide => &[I::LocalGet(0), I::I64x2ExtractLane(0)],
    };
    let mut code = low.to_vec();
    code.extend([I::I64Eqz, I::If(BlockType::Empty), I::Unreachable, I::End]);
    if let Some(word) = word {
        code.extend_from_slice(low);
        code.extend([I::I64Const(32), I::I64ShrU, I::I32WrapI64, I::GlobalSet(word)]);
    }
    if let Some(long) = long {
        code.extend([I::LocalGet(0), I::I64x2ExtractLane(1), I::GlobalSet(long)]);
    }
    code.extend_from_slice(low);
    code.extend([I::I32WrapI64, I::GlobalSet(plan.tag)]);
    code
}

/// Calls `function` for the outside, and traps if an exception comes out. That one is over then, should the outside call
/// again.
fn wrapper(plan: &Plan<'_, '_>, function: u32) -> Vec<I<'static>> {
    let ty = plan.module.types.function(plan.module.functions[function as usize]);
    let mut code: Vec<I<'static>> = (0..ty.params().len() as u32).map(I::LocalGet).collect();
    code.extend([
        I::Call(function),
        I::GlobalGet(plan.tag),
        I::If(BlockType::Empty),
        I::I32Const(0),
        I::GlobalSet(plan.tag),
        I::Unreachable,
        I::End,
    ]);
    code
}
