//! Constant expressions, folded to one value.
//!
//! A module's constant expressions may name globals that it imports. In the merged module these are globals of its own, and only
//! the garbage collection proposal lets constant expressions name such ones. All of them are known when modules are merged.

use wasm_encoder::{ConstExpr, HeapType, Instruction};
use wasmparser::Operator;

use crate::{Error, types::heap_type};

/// The value of a constant expression; functions are those of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Constant {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(i128),
    Null(HeapType),
    Function(usize),
}

impl Constant {
    /// The expression; `index` gives a function its index.
    pub(crate) fn expression(&self, index: impl Fn(usize) -> u32) -> ConstExpr {
        ConstExpr::extended([match *self {
            Self::I32(value) => Instruction::I32Const(value),
            Self::I64(value) => Instruction::I64Const(value),
            Self::F32(bits) => Instruction::F32Const(f32::from_bits(bits).into()),
            Self::F64(bits) => Instruction::F64Const(f64::from_bits(bits).into()),
            Self::V128(value) => Instruction::V128Const(value),
            Self::Null(ty) => Instruction::RefNull(ty),
            Self::Function(function) => Instruction::RefFunc(index(function)),
        }])
    }
}

/// The value of an expression. `global` and `function` give what is at an index of the module.
///
/// # Errors
/// `Unsupported` for instructions of the garbage collection proposal.
pub(crate) fn fold(
    expression: &wasmparser::ConstExpr<'_>,
    types: &[u32],
    global: impl Fn(u32) -> Option<Constant>,
    function: impl Fn(u32) -> Option<usize>,
) -> Result<Constant, Error> {
    use Constant::{I32, I64};
    let mut stack: Vec<Constant> = Vec::new();
    let broken = || Error::invalid("a constant expression that cannot be");
    let mut reader = expression.get_operators_reader();
    while !reader.eof() {
        let value = match reader.read()? {
            Operator::End => break,
            Operator::I32Const { value } => I32(value),
            Operator::I64Const { value } => I64(value),
            Operator::F32Const { value } => Constant::F32(value.bits()),
            Operator::F64Const { value } => Constant::F64(value.bits()),
            Operator::V128Const { value } => Constant::V128(value.i128()),
            Operator::RefNull { hty } => Constant::Null(heap_type(types, hty)?),
            Operator::RefFunc { function_index } => {
                Constant::Function(function(function_index).ok_or_else(broken)?)
            }
            Operator::GlobalGet { global_index } => global(global_index).ok_or_else(broken)?,
            operator => {
                let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else { return Err(broken()) };
                match (operator, left, right) {
                    (Operator::I32Add, I32(a), I32(b)) => I32(a.wrapping_add(b)),
                    (Operator::I32Sub, I32(a), I32(b)) => I32(a.wrapping_sub(b)),
                    (Operator::I32Mul, I32(a), I32(b)) => I32(a.wrapping_mul(b)),
                    (Operator::I64Add, I64(a), I64(b)) => I64(a.wrapping_add(b)),
                    (Operator::I64Sub, I64(a), I64(b)) => I64(a.wrapping_sub(b)),
                    (Operator::I64Mul, I64(a), I64(b)) => I64(a.wrapping_mul(b)),
                    _ => {
                        return Err(Error::unsupported(
                            "uses garbage collection in a constant, which no compiler of this version has: build it without",
                        ));
                    }
                }
            }
        };
        stack.push(value);
    }
    match stack[..] {
        [value] => Ok(value),
        _ => Err(Error::unsupported(
            "uses garbage collection in a constant, which no compiler of this version has: build it without",
        )),
    }
}
