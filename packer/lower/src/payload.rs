//! Where the payload of an exception in flight lies: in globals behind all others.
//!
//! Payloads share them, since one exception is in flight at a time: the second i64 of any tag is the second i64 global.
//! Floats lie in the integers of their size, bit for bit.

use std::collections::HashMap;

use wasm_encoder::{Instruction, RefType, ValType, reencode::Reencode};
use wasmparser as wp;

use crate::{Error, exnref::Exnref, module::Module};

/// The globals for payloads.
#[derive(Debug, Default)]
pub(crate) struct Payloads {
    /// The number of the first one.
    base: u32,
    /// The type of each.
    globals: Vec<ValType>,
    /// For each tag, where its values lie.
    tags: Vec<Vec<Slot>>,
}

/// Where one value of a payload lies.
#[derive(Clone, Copy, Debug)]
struct Slot {
    global: u32,
    form: Form,
}

/// As what it lies there.
#[derive(Clone, Copy, Debug)]
enum Form {
    Plain,
    /// An f32 as its bits.
    Float,
    /// An f64 as its bits.
    Double,
    /// An i32 in an i64.
    Word,
    /// An f32 in an i64.
    FloatWord,
    /// A reference that is not null, in a global that starts with null.
    NotNull,
}

impl Form {
    /// What makes a value what lies in the global.
    fn pack(self) -> &'static [Instruction<'static>] {
        match self {
            Self::Plain | Self::NotNull => &[],
            Self::Float => &[Instruction::I32ReinterpretF32],
            Self::Double => &[Instruction::I64ReinterpretF64],
            Self::Word => &[Instruction::I64ExtendI32U],
            Self::FloatWord => &[Instruction::I32ReinterpretF32, Instruction::I64ExtendI32U],
        }
    }

    /// The way back.
    fn unpack(self) -> &'static [Instruction<'static>] {
        match self {
            Self::Plain => &[],
            Self::NotNull => &[Instruction::RefAsNonNull],
            Self::Float => &[Instruction::F32ReinterpretI32],
            Self::Double => &[Instruction::F64ReinterpretI64],
            Self::Word => &[Instruction::I32WrapI64],
            Self::FloatWord => &[Instruction::I32WrapI64, Instruction::F32ReinterpretI32],
        }
    }
}

impl Payloads {
    /// Gives every value of every tag its place, in globals from `base` on.
    pub(crate) fn new(module: &Module<'_>, exnref: Exnref, base: u32) -> Result<Self, Error> {
        let mut payloads = Self { base, ..Self::default() };
        for (ty, _) in &module.tags {
            let ty = module.types.function(*ty);
            // What is caught by reference lies where a reference takes it from: in the first word and the first long one.
            let one_word = exnref == Exnref::Wide && exnref.fits(ty);
            let mut used: HashMap<ValType, usize> = HashMap::new();
            let mut slots = Vec::with_capacity(ty.params().len());
            for &value in ty.params() {
                let second = one_word && used.contains_key(&ValType::I32);
                let (ty, form) = place(value, second, exnref)?;
                let nth = used.entry(ty).or_default();
                slots.push(Slot { global: payloads.global(ty, *nth), form });
                *nth += 1;
            }
            payloads.tags.push(slots);
        }
        Ok(payloads)
    }

    /// The `nth` global of a type, which is made if there is none.
    fn global(&mut self, ty: ValType, nth: usize) -> u32 {
        let of_type = |(_, other): &(usize, &ValType)| **other == ty;
        let found = self.globals.iter().enumerate().filter(of_type).nth(nth).map(|(at, _)| at);
        let at = found.unwrap_or_else(|| {
            self.globals.push(ty);
            self.globals.len() - 1
        });
        self.base + at as u32
    }

    /// The types of all globals.
    pub(crate) fn globals(&self) -> &[ValType] {
        &self.globals
    }

    /// The first global.
    pub(crate) fn base(&self) -> u32 {
        self.base
    }

    /// The first global of a type.
    pub(crate) fn first(&self, ty: ValType) -> Option<u32> {
        self.globals.iter().position(|&other| other == ty).map(|at| self.base + at as u32)
    }

    /// The globals that an exception of `tag` uses, or one of any tag.
    pub(crate) fn used(&self, tag: Option<u32>) -> Vec<u32> {
        match tag {
            Some(tag) => self.tags[tag as usize].iter().map(|slot| slot.global).collect(),
            None => (self.base..).take(self.globals.len()).collect(),
        }
    }

    /// Takes the payload of `tag` from the stack.
    pub(crate) fn store(&self, tag: u32, mut emit: impl FnMut(&Instruction<'static>)) {
        for slot in self.tags[tag as usize].iter().rev() {
            slot.form.pack().iter().for_each(&mut emit);
            emit(&Instruction::GlobalSet(slot.global));
        }
    }

    /// Puts it there.
    pub(crate) fn load(&self, tag: u32, mut emit: impl FnMut(&Instruction<'static>)) {
        for slot in &self.tags[tag as usize] {
            emit(&Instruction::GlobalGet(slot.global));
            slot.form.unpack().iter().for_each(&mut emit);
        }
    }
}

/// The type of the global for a value of type `ty`, and as what the value lies there.
fn place(ty: wp::ValType, second_word: bool, mut exnref: Exnref) -> Result<(ValType, Form), Error> {
    Ok(match ty {
        wp::ValType::I32 if second_word => (ValType::I64, Form::Word),
        wp::ValType::F32 if second_word => (ValType::I64, Form::FloatWord),
        wp::ValType::F32 => (ValType::I32, Form::Float),
        wp::ValType::F64 => (ValType::I64, Form::Double),
        other => match Reencode::val_type(&mut exnref, other).map_err(wasm_encoder_error)? {
            ValType::Ref(reference) if !reference.nullable => {
                (ValType::Ref(RefType { nullable: true, ..reference }), Form::NotNull)
            }
            other => (other, Form::Plain),
        },
    })
}

fn wasm_encoder_error(error: wasm_encoder::reencode::Error) -> Error {
    error.into()
}
