//! The function types of the merged module, each of which it has once.

use std::collections::HashMap;

use wasm_encoder::{
    HeapType, ValType,
    reencode::{self, Reencode},
};
use wasmparser::{FuncType, RefType};

use crate::Error;

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Signature {
    pub(crate) params: Vec<ValType>,
    pub(crate) results: Vec<ValType>,
}

/// All types.
#[derive(Default)]
pub(crate) struct Types {
    list: Vec<Signature>,
    numbers: HashMap<Signature, u32>,
}

impl Types {
    pub(crate) fn number(&mut self, signature: Signature) -> u32 {
        if let Some(&number) = self.numbers.get(&signature) {
            return number;
        }
        let number = self.list.len() as u32;
        self.list.push(signature.clone());
        self.numbers.insert(signature, number);
        number
    }

    /// The numbers of the types of a module, in their order.
    ///
    /// # Errors
    /// `Unsupported` for a type that needs itself or a later one.
    pub(crate) fn add(&mut self, types: &[FuncType]) -> Result<Vec<u32>, Error> {
        let mut known = Known(Vec::with_capacity(types.len()));
        for ty in types {
            let signature = Signature {
                params: ty.params().iter().map(|&ty| known.val_type(ty)).collect::<Result<_, _>>()?,
                results: ty.results().iter().map(|&ty| known.val_type(ty)).collect::<Result<_, _>>()?,
            };
            let number = self.number(signature);
            known.0.push(number);
        }
        Ok(known.0)
    }

    pub(crate) fn get(&self, number: u32) -> &Signature {
        &self.list[number as usize]
    }

    pub(crate) fn all(&self) -> &[Signature] {
        &self.list
    }
}

/// The types of a module so far, by their numbers in the merged one.
pub(crate) struct Known(pub(crate) Vec<u32>);

impl Reencode for Known {
    type Error = Error;

    fn type_index(&mut self, index: u32) -> Result<u32, reencode::Error<Error>> {
        let recursive = || {
            reencode::Error::UserError(Error::unsupported(
                "uses recursive function types, which no compiler of this version has: build it without",
            ))
        };
        self.0.get(index as usize).copied().ok_or_else(recursive)
    }
}

impl Known {
    pub(crate) fn val_type(&mut self, ty: wasmparser::ValType) -> Result<ValType, Error> {
        Ok(Reencode::val_type(self, ty)?)
    }

    pub(crate) fn ref_type(&mut self, ty: RefType) -> Result<wasm_encoder::RefType, Error> {
        Ok(Reencode::ref_type(self, ty)?)
    }
}

/// The type of a reference in a module whose types have the numbers `types`.
pub(crate) fn heap_type(types: &[u32], ty: wasmparser::HeapType) -> Result<HeapType, Error> {
    Ok(Reencode::heap_type(&mut Numbers(types), ty)?)
}

/// All types of a module, by their numbers in the merged one.
struct Numbers<'t>(&'t [u32]);

impl Reencode for Numbers<'_> {
    type Error = Error;

    fn type_index(&mut self, index: u32) -> Result<u32, reencode::Error<Error>> {
        let broken = || reencode::Error::UserError(Error::invalid("a type that is none"));
        self.0.get(index as usize).copied().ok_or_else(broken)
    }
}
