//! The representation of exception references.
//!
//! A program can see of an exception reference whether it is null, and throw it. It has no identity, so it needs no place
//! where the exception lies: it is the exception itself, tag and payload, as one number. Nothing is allocated, nothing
//! leaks, nothing dangles. The number is an i64 if every payload that is caught by reference is nothing or one value of 32
//! bits, as in everything that LLVM emits; else a v128.
//!
//! The lower half of either has the tag in its low 32 bits, one more than its index, so that null is zero, and the first
//! word of the payload in its high ones. The upper half of a v128 is the first long one.

use std::{collections::BTreeSet, convert::Infallible};

use wasm_encoder::{
    HeapType, Instruction, ValType,
    reencode::{Error as EncodeError, Reencode, utils},
};
use wasmparser::{self as wp, FuncType, Operator};

use crate::{
    Error, Kind,
    facts::ByReference,
    module::Module,
    types::{is_exception, is_exception_heap, mentions},
};

/// How exception references are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exnref {
    /// As an i64: a payload of at most one word.
    Narrow,
    /// As a v128: a payload of at most three words, two of which may be a long one.
    Wide,
}

impl Exnref {
    /// The type that holds all exceptions of `module` that are caught by reference.
    pub(crate) fn choose(module: &Module<'_>) -> Result<Self, Error> {
        let mut chosen = Self::Narrow;
        for (what, &(function, offset)) in &module.facts.by_reference {
            let tags: Vec<u32> = match what {
                ByReference::Tag(tag) => vec![*tag],
                ByReference::AllBut(but) => {
                    (0..module.tags.len() as u32).filter(|tag| !but.contains(tag)).collect()
                }
            };
            for tag in tags {
                let ty = module.types.function(module.tags[tag as usize].0);
                // What is never thrown is never caught.
                if Self::Narrow.fits(ty) || !module.facts.thrown.contains(&tag) {
                    continue;
                }
                if !Self::Wide.fits(ty) {
                    let what = format!("a reference to exceptions of tag {tag}, made");
                    return Err(Error::new(Kind::WidePayload, what, offset).in_function(function));
                }
                chosen = Self::Wide;
            }
        }
        chosen.tells_apart(module)?;
        Ok(chosen)
    }

    /// Whether it holds exceptions whose payload is the parameters of `ty`.
    pub(crate) fn fits(self, ty: &FuncType) -> bool {
        let words =
            ty.params().iter().filter(|&&ty| matches!(ty, wp::ValType::I32 | wp::ValType::F32)).count();
        let longs =
            ty.params().iter().filter(|&&ty| matches!(ty, wp::ValType::I64 | wp::ValType::F64)).count();
        let only = words + longs == ty.params().len();
        match self {
            Self::Narrow => only && longs == 0 && words <= 1,
            Self::Wide => only && matches!((words, longs), (0..=1, 0..=1) | (2, 0)),
        }
    }

    /// Refuses a module in which a call through a table would take one function type for another.
    fn tells_apart(self, module: &Module<'_>) -> Result<(), Error> {
        let types = &module.types;
        if !types.mention {
            return Ok(());
        }
        let lowered = |ty: u32| {
            let ty = types.function(ty);
            let lower = |list: &[wp::ValType]| -> Vec<wp::ValType> {
                list.iter().map(|&ty| if is_exception(ty) { self.parsed_type() } else { ty }).collect()
            };
            (lower(ty.params()), lower(ty.results()))
        };
        let kinds = |functions: &BTreeSet<u32>| -> BTreeSet<u32> {
            functions.iter().map(|&function| types.first(module.functions[function as usize])).collect()
        };
        let taken = kinds(&module.facts.taken);
        for (&called, &(function, offset)) in &module.facts.called {
            let called = types.first(called);
            for &other in &taken {
                let matter = mentions(types.function(called)) || mentions(types.function(other));
                if matter && called != other && lowered(called) == lowered(other) {
                    let what = format!(
                        "the function types {called} and {other}, of an indirect call and a function,"
                    );
                    return Err(Error::new(Kind::Types, what, offset).in_function(function));
                }
            }
        }
        Ok(())
    }

    fn parsed_type(self) -> wp::ValType {
        match self {
            Self::Narrow => wp::ValType::I64,
            Self::Wide => wp::ValType::V128,
        }
    }

    /// The type of what holds a reference.
    pub(crate) fn val_type(self) -> ValType {
        match self {
            Self::Narrow => ValType::I64,
            Self::Wide => ValType::V128,
        }
    }

    /// The null reference.
    pub(crate) fn null(self) -> Instruction<'static> {
        match self {
            Self::Narrow => Instruction::I64Const(0),
            Self::Wide => Instruction::V128Const(0),
        }
    }

    /// Whether the reference on the stack is null, as an i32.
    pub(crate) fn is_null(self) -> &'static [Instruction<'static>] {
        match self {
            Self::Narrow => &[Instruction::I64Eqz],
            Self::Wide => &[Instruction::V128AnyTrue, Instruction::I32Eqz],
        }
    }
}

/// Types and constants with references made numbers; everything else stays.
impl Reencode for Exnref {
    type Error = Infallible;

    fn val_type(&mut self, ty: wp::ValType) -> Result<ValType, EncodeError<Infallible>> {
        if is_exception(ty) {
            return Ok(Self::val_type(*self));
        }
        utils::val_type(self, ty)
    }

    fn instruction<'a>(&mut self, op: Operator<'a>) -> Result<Instruction<'a>, EncodeError<Infallible>> {
        match op {
            Operator::RefNull { hty } if is_exception_heap(hty) => Ok(self.null()),
            op => utils::instruction(self, op),
        }
    }
}

/// The null value of `ty`, if it has one.
pub(crate) fn null_of(ty: ValType) -> Option<Instruction<'static>> {
    Some(match ty {
        ValType::I32 => Instruction::I32Const(0),
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0.into()),
        ValType::F64 => Instruction::F64Const(0.0.into()),
        ValType::V128 => Instruction::V128Const(0),
        ValType::Ref(reference) if reference.nullable => Instruction::RefNull(bottom(reference.heap_type)),
        ValType::Ref(_) => return None,
    })
}

fn bottom(heap: HeapType) -> HeapType {
    match heap {
        // `ref.null` names no exact type.
        HeapType::Exact(index) => HeapType::Concrete(index),
        other => other,
    }
}
