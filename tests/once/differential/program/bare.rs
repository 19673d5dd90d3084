//! The module as wasm-smith made it, as far as the command must know it.

use wasmparser::{CompositeInnerType, Parser, Payload, ValType};

/// What `_start` must know of the module it is added to.
pub(super) struct Bare {
    pub(super) types: u32,
    pub(super) functions: Vec<(Vec<ValType>, Vec<ValType>)>,
    pub(super) globals: Vec<ValType>,
}

impl Bare {
    pub(super) fn read(bytes: &[u8]) -> Bare {
        let mut signatures = Vec::new();
        let mut bare = Bare { types: 0, functions: Vec::new(), globals: Vec::new() };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.expect("a section") {
                Payload::TypeSection(types) => {
                    for group in types {
                        for ty in group.expect("a type").into_types() {
                            let CompositeInnerType::Func(ty) = ty.composite_type.inner else {
                                panic!("only functions have types without garbage collection");
                            };
                            signatures.push((ty.params().to_vec(), ty.results().to_vec()));
                        }
                    }
                    bare.types = signatures.len() as u32;
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        bare.functions.push(signatures[ty.expect("a type's index") as usize].clone());
                    }
                }
                Payload::GlobalSection(globals) => {
                    bare.globals
                        .extend(globals.into_iter().map(|global| global.expect("a global").ty.content_type));
                }
                _ => {}
            }
        }
        bare
    }
}
