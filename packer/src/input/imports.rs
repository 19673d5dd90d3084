//! The functions that a module imports.

use wasmer_compiler::wasmparser::{BinaryReaderError, FuncType, Parser, Payload, TypeRef};

/// One of them.
pub(super) struct Function<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    pub(super) ty: FuncType,
}

/// Those of `module`, which is valid, in their order.
///
/// # Errors
/// If it is not.
pub(super) fn functions(module: &[u8]) -> Result<Vec<Function<'_>>, BinaryReaderError> {
    let (mut types, mut found) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => {
                for function in section.into_iter_err_on_gc_types() {
                    types.push(function?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let (TypeRef::Func(ty) | TypeRef::FuncExact(ty)) = import.ty else { continue };
                    let ty: &FuncType = types.get(ty as usize).expect("a valid module's imports have types");
                    found.push(Function { module: import.module, name: import.name, ty: ty.clone() });
                }
                break;
            }
            _ => {}
        }
    }
    Ok(found)
}
