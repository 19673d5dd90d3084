//! Whether a program starts copies of its own process: it asks for that by an import.

use sandbox::plain::{self, Parameter, Provided};
use sandbox::table::WASIX;
use wasmer_compiler::wasmparser::{FuncType, Parser, Payload, TypeRef, ValType};

/// The import that makes a copy.
const FORK: &str = "proc_fork";

/// The imports that make one, which becomes another program.
const SPAWN: [&str; 2] = ["proc_spawn2", "proc_spawn3"];

/// The imports by which a program becomes another one.
const EXEC: [&str; 4] = ["proc_exec", "proc_exec2", "proc_exec3", "proc_exec4"];

/// True if `module`, which is valid, imports what makes it another program, or starts one.
pub fn becomes_others(module: &[u8]) -> bool {
    imports(module, &EXEC) || imports(module, &SPAWN)
}

/// True if `module`, which is valid, imports what makes a copy of its process.
pub fn starts_copies(module: &[u8]) -> bool {
    imports(module, &[FORK])
}

/// The same, or what starts another program in a copy.
pub fn starts_processes(module: &[u8]) -> bool {
    imports(module, &[FORK, SPAWN[0], SPAWN[1]])
}

/// True if it imports a function of WASIX that has one of these names, and that is provided.
fn imports(module: &[u8], names: &[&str]) -> bool {
    let mut types: Vec<FuncType> = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::TypeSection(section)) => {
                types.extend(section.into_iter_err_on_gc_types().map_while(Result::ok))
            }
            Ok(Payload::ImportSection(imports)) => {
                return imports.into_imports().map_while(Result::ok).any(|import| match import.ty {
                    TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                        import.module == WASIX
                            && names.contains(&import.name)
                            && types.get(ty as usize).is_some_and(|ty| is_it(import.name, ty))
                    }
                    _ => false,
                });
            }
            _ => {}
        }
    }
    false
}

/// True if what has this type is provided under that name: another one is another function.
fn is_it(name: &str, ty: &FuncType) -> bool {
    let numbers = |types: &[ValType]| -> Vec<_> {
        types.iter().map(|ty| (*ty == ValType::I32).then_some(Parameter::I32)).collect()
    };
    plain::provided(WASIX, name, &numbers(ty.params()), &numbers(ty.results())) == Provided::Here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_import_of_that_name_and_type_says_so() {
        let says = |import: &str| starts_copies(&wat::parse_str(format!("(module {import})")).unwrap());
        assert!(says(r#"(import "wasix_32v1" "proc_fork" (func (param i32 i32) (result i32)))"#));
        for other in [
            "",
            r#"(import "wasix_32v1" "proc_fork" (func (param i32) (result i32)))"#,
            r#"(import "env" "proc_fork" (func (param i32 i32) (result i32)))"#,
            r#"(import "wasix_32v1" "proc_join" (func (param i32 i32) (result i32)))"#,
            r#"(import "wasix_32v1" "proc_fork" (memory 1))"#,
        ] {
            assert!(!says(other), "{other}");
        }
    }
}
