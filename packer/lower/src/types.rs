//! The types of a module, and which of them are about exceptions.

use std::collections::HashMap;

use wasmparser::{
    AbstractHeapType, CompositeInnerType, FuncType, HeapType, RefType, StorageType, TypeSectionReader,
    ValType, types::TypesRef,
};

use crate::{Error, Kind};

/// Whether `ty` is a reference to an exception.
pub(crate) fn is_exception(ty: ValType) -> bool {
    matches!(ty, ValType::Ref(reference) if is_exception_ref(reference))
}

/// Whether `ty` is.
pub(crate) fn is_exception_ref(ty: RefType) -> bool {
    is_exception_heap(ty.heap_type())
}

/// Whether references to `heap` are.
pub(crate) fn is_exception_heap(heap: HeapType) -> bool {
    matches!(heap, HeapType::Abstract { ty: AbstractHeapType::Exn | AbstractHeapType::NoExn, .. })
}

/// Whether a function of type `ty` takes or gives one.
pub(crate) fn mentions(ty: &FuncType) -> bool {
    ty.params().iter().chain(ty.results()).any(|&ty| is_exception(ty))
}

/// The types that a module defines.
#[derive(Debug, Default)]
pub(crate) struct Types {
    /// By index; `None` for what is not a function.
    functions: Vec<Option<FuncType>>,
    /// The first type that is the same, by index.
    first: Vec<u32>,
    /// Whether a type is declared to be a subtype of another.
    has_subtypes: bool,
    /// Whether a type mentions exception references.
    pub(crate) mention: bool,
}

impl Types {
    /// Reads the type section.
    pub(crate) fn read(&mut self, section: TypeSectionReader<'_>) -> Result<(), Error> {
        for group in section.into_iter_with_offsets() {
            let (offset, group) = group?;
            for ty in group.into_types() {
                self.has_subtypes |= !ty.supertype_idxs.is_empty();
                let stores = match ty.composite_type.inner {
                    CompositeInnerType::Func(function) => {
                        self.mention |= mentions(&function);
                        self.functions.push(Some(function));
                        continue;
                    }
                    CompositeInnerType::Array(array) => is_exception_storage(array.0.element_type),
                    CompositeInnerType::Struct(fields) => {
                        fields.fields.iter().any(|field| is_exception_storage(field.element_type))
                    }
                    CompositeInnerType::Cont(_) => false,
                };
                if stores {
                    let what = format!("exception reference in type {}", self.functions.len());
                    return Err(Error::new(Kind::StoredReference, what, offset));
                }
                self.functions.push(None);
            }
        }
        Ok(())
    }

    /// Finds out which types are the same, when all are known.
    pub(crate) fn identify(&mut self, known: TypesRef<'_>) {
        let mut first = HashMap::new();
        self.first = (0..self.functions.len() as u32)
            .map(|index| *first.entry(known.core_type_at_in_module(index)).or_insert(index))
            .collect();
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u32 {
        self.functions.len() as u32
    }

    /// The function type at `index`, which a valid module has.
    pub(crate) fn function(&self, index: u32) -> &FuncType {
        self.functions[index as usize]
            .as_ref()
            .expect("the module was validated: it is the type of a function")
    }

    /// The first type that is the same as the one at `index`.
    pub(crate) fn first(&self, index: u32) -> u32 {
        self.first[index as usize]
    }

    /// A name for all types that a call of type `index` may find a function to be of.
    pub(crate) fn same(&self, index: u32) -> u32 {
        // It may be a subtype of what the call asks for: then any may be called.
        if self.has_subtypes { 0 } else { self.first(index) }
    }
}

fn is_exception_storage(ty: StorageType) -> bool {
    matches!(ty, StorageType::Val(ty) if is_exception(ty))
}
