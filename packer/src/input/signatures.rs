//! Types of functions that the engine cannot tell apart.
//!
//! wasmer tells function types apart by a CRC-32. It refuses a module two of whose own types have the same; a type that has
//! that of another one among WASI's functions would end the launcher when both are registered. Nobody meets one by chance.

use wasmer_compiler::wasmparser::{FuncType, ValType};
use wasmer_types::{FunctionType, Type};

use crate::{Error, Kind};

/// The types of WASI's functions, those of preview 0 and WASIX included: parameters, and whether there is a result. `i` is an i32, `I` an
/// i64.
const WASI: [(&str, bool); 22] = [
    ("", true),
    ("i", false),
    ("i", true),
    ("ii", false),
    ("ii", true),
    ("I", true),
    ("Ii", true),
    ("iI", true),
    ("iii", true),
    ("iiI", true),
    ("iIi", true),
    ("iII", true),
    ("iiii", true),
    ("iIii", true),
    ("iIIi", true),
    ("iiiii", true),
    ("iiiIi", true),
    ("iiiiii", true),
    ("iiiiiii", true),
    ("iiiiiiii", true),
    ("iiiiIIi", true),
    ("iiiiiIIii", true),
];

/// Refuses a module with a type among `types` that has the hash of one of WASI's.
///
/// # Errors
/// `Invalid`, naming the type's index.
pub(super) fn check(types: &[FuncType]) -> Result<(), Error> {
    let known: Vec<(u32, FunctionType)> = wasi().map(|ty| (ty.signature_hash(), ty)).collect();
    for (index, ty) in types.iter().enumerate() {
        // What the engine has no type for is refused by the compilers.
        let Some(ty) = engines(ty) else { continue };
        let hash = ty.signature_hash();
        if let Some((_, other)) = known.iter().find(|(of, other)| *of == hash && *other != ty) {
            let reason = format!(
                "its function type {index}, with {} parameters, has the CRC-32 ({hash:08x}) of the type {other} that functions of \
                 WASI have, and the engine tells types apart by that; give it a parameter more or less",
                ty.params().len()
            );
            return Err(Error::new(Kind::Invalid, reason));
        }
    }
    Ok(())
}

fn wasi() -> impl Iterator<Item = FunctionType> {
    let param = |letter| if letter == 'i' { Type::I32 } else { Type::I64 };
    WASI.iter().map(move |(params, result)| {
        let results = if *result { vec![Type::I32] } else { vec![] };
        FunctionType::new(params.chars().map(param).collect::<Vec<_>>(), results)
    })
}

/// The engine's word for a function type.
fn engines(ty: &FuncType) -> Option<FunctionType> {
    let all = |types: &[ValType]| -> Option<Vec<Type>> {
        types
            .iter()
            .map(|ty| match *ty {
                ValType::I32 => Some(Type::I32),
                ValType::I64 => Some(Type::I64),
                ValType::F32 => Some(Type::F32),
                ValType::F64 => Some(Type::F64),
                ValType::V128 => Some(Type::V128),
                ValType::FUNCREF => Some(Type::FuncRef),
                ValType::EXTERNREF => Some(Type::ExternRef),
                ValType::EXNREF => Some(Type::ExceptionRef),
                ValType::Ref(_) => None,
            })
            .collect()
    };
    Some(FunctionType::new(all(ty.params())?, all(ty.results())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmer_compiler::wasmparser::{Parser, Payload, TypeRef};

    /// Parameters of a function without results whose type has the CRC-32 of (i32, i32) -> (i32): found by a search.
    const COLLIDES: &str = "i32 f32 f32 i64 i64 i64 i32 f32 f32 i64 i32 f64 i32 f32 f64 i32 f32";

    fn types(module: &[u8]) -> Vec<FuncType> {
        let mut types = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::TypeSection(section) = payload.unwrap() {
                types.extend(section.into_iter_err_on_gc_types().map(Result::unwrap));
            }
        }
        types
    }

    #[test]
    fn a_type_that_has_the_hash_of_one_of_wasis_is_refused_and_that_one_is_not() {
        let of = |params: &str| {
            types(&wat::parse_str(format!("(module (type (func (param {params}))))")).unwrap())
        };
        let error = check(&of(COLLIDES)).unwrap_err();
        assert!(
            error.reason.starts_with("its function type 0, with 17 parameters, has the CRC-32"),
            "{error}"
        );
        assert_eq!(check(&of(&format!("{COLLIDES} i32"))), Ok(()));
        assert_eq!(check(&of("i32 i32 i64 f32 f64 v128 funcref externref exnref")), Ok(()));
        for (params, result) in WASI {
            let params: String = params.chars().map(|one| if one == 'i' { "i32 " } else { "i64 " }).collect();
            let result = if result { "(result i32)" } else { "" };
            let text = format!("(module (type (func (param {params}) {result})))");
            assert_eq!(check(&types(&wat::parse_str(text).unwrap())), Ok(()));
        }
    }

    #[test]
    fn every_function_of_wasi_that_a_fixture_imports_has_a_type_of_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "wasm") {
                continue;
            }
            let module = std::fs::read(&path).unwrap();
            let types = types(&module);
            for payload in Parser::new(0).parse_all(&module) {
                let Payload::ImportSection(imports) = payload.unwrap() else { continue };
                for import in imports.into_imports() {
                    let import = import.unwrap();
                    if let TypeRef::Func(index) = import.ty {
                        let ty = engines(&types[index as usize]).unwrap();
                        assert!(wasi().any(|one| one == ty), "{}: {} {ty}", path.display(), import.name);
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 40, "{seen}");
    }
}
