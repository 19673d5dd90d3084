//! Whether a program starts copies of its own process: it asks for that by an import.

use sandbox::plain::{self, Parameter, Provided};
use sandbox::table::WASIX;
use wasmer_compiler::wasmparser::{FuncType, ValType};

use super::imports::{Function, functions};

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
    let is = |function: &Function| {
        function.module == WASIX && names.contains(&function.name) && is_it(function.name, &function.ty)
    };
    functions(module).is_ok_and(|functions| functions.iter().any(is))
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
