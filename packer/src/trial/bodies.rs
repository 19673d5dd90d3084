//! Functions told apart by their code, so that one is found again when others came or went around it.
//!
//! The hash of a function covers its instructions, types of locals and small numbers. It leaves out what changes when something
//! else in the program does: the numbers of functions, types, globals, tables and segments, and large constants, which may be
//! addresses. Functions with one hash are told apart by their names, or else by their order.

use wasm_encoder::{
    Function,
    reencode::{self, Reencode, utils},
};
use wasmparser::{
    BinaryReaderError, FunctionBody, KnownCustom, MemArg, Name, Operator, Parser, Payload, TypeRef,
};

use crate::parallel;

/// From here on a number may be an address.
const ADDRESS: u64 = 1024;

/// What is known of the functions that a module defines, in their order.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    pub(super) hashes: Vec<u64>,
    /// Those that have one.
    pub(super) names: Vec<Option<String>>,
}

impl Bodies {
    /// Those of `module`, which is valid.
    pub(super) fn of(module: &[u8]) -> Result<Bodies, BinaryReaderError> {
        let (mut bodies, mut imported, mut names) = (Vec::new(), 0, Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::CustomSection(section) => {
                    let KnownCustom::Name(sections) = section.as_known() else { continue };
                    // Names that cannot be read are none.
                    for name in sections.into_iter().map_while(Result::ok) {
                        let Name::Function(functions) = name else { continue };
                        for naming in functions.into_iter().map_while(Result::ok) {
                            names.push((naming.index, naming.name));
                        }
                    }
                }
                _ => {}
            }
        }
        let mut named = vec![None; bodies.len()];
        for (index, name) in names {
            let place = index.checked_sub(imported).and_then(|index| named.get_mut(index as usize));
            if let Some(place) = place {
                *place = Some(payload::info::printable(name));
            }
        }
        let hashes = parallel::map(bodies.len(), || (), |(), index| hash(&bodies[index]));
        Ok(Bodies { hashes: hashes.into_iter().collect::<Result<_, _>>()?, names: named })
    }
}

fn hash(body: &FunctionBody<'_>) -> Result<u64, BinaryReaderError> {
    let mut locals = Vec::new();
    for pair in body.get_locals_reader()? {
        let (count, ty) = pair?;
        locals.push((count, Plain.val_type(ty).unwrap_or(wasm_encoder::ValType::I32)));
    }
    let mut function = Function::new(locals);
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        // What cannot be written again is not compiled either.
        if let Ok(instruction) = Plain.instruction(plain(operators.read()?)) {
            function.instruction(&instruction);
        }
    }
    let [a, b, c, d, e, f, g, h, ..] = payload::sha256(&function.into_raw_body());
    Ok(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

/// The operator without a number that may be an address.
fn plain(operator: Operator<'_>) -> Operator<'_> {
    match operator {
        Operator::I32Const { value } if u64::from(value.unsigned_abs()) >= ADDRESS => {
            Operator::I32Const { value: 0 }
        }
        Operator::I64Const { value } if value.unsigned_abs() >= ADDRESS => Operator::I64Const { value: 0 },
        other => other,
    }
}

/// Writes no index of what is elsewhere in the module.
struct Plain;

type Written<T> = Result<T, reencode::Error<std::convert::Infallible>>;

impl Reencode for Plain {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, _: u32) -> Written<u32> {
        Ok(0)
    }

    fn type_index(&mut self, _: u32) -> Written<u32> {
        Ok(0)
    }

    fn global_index(&mut self, _: u32) -> Written<u32> {
        Ok(0)
    }

    fn table_index(&mut self, _: u32) -> Written<u32> {
        Ok(0)
    }

    fn data_index(&mut self, _: u32) -> Written<u32> {
        Ok(0)
    }

    fn element_index(&mut self, _: u32) -> Written<u32> {
        Ok(0)
    }

    fn mem_arg(&mut self, arg: MemArg) -> Written<wasm_encoder::MemArg> {
        let offset = if arg.offset >= ADDRESS { 0 } else { arg.offset };
        utils::mem_arg(self, MemArg { offset, ..arg })
    }
}
