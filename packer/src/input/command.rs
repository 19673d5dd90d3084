//! Is this module a WASI command: a program that can start, and that finds what it imports?
//!
//! Any function may be imported; [`super::unprovided`] tells what becomes of one that nobody provides. So may be one memory, under
//! any name, which the program's threads share. Other imports (tables, globals) would have to exist at the start, and are refused.

use std::collections::HashMap;

use wasmer_compiler::wasmparser::{
    BinaryReaderError, ExternalKind, FuncType, Parser, Payload, TypeRef, ValType,
};

use payload::info::printable;
use sandbox::table::{PREVIEW0, PREVIEW1, WASIX};

use super::{signatures, unprovided::Unprovided};
use crate::{Error, Kind, input::proposals};

/// Modules whose functions work on the app's memory.
const WASI: [&str; 3] = [PREVIEW1, PREVIEW0, WASIX];

/// The facts about a module that matter when it is started.
#[derive(Default)]
struct Outline<'a> {
    types: Vec<FuncType>,
    /// Types of all functions, imported ones first.
    functions: Vec<u32>,
    /// Imports that are no functions, nor the shared memory: what, module, name.
    foreign: Vec<(&'static str, &'a str, &'a str)>,
    /// True if a memory is imported to be shared.
    imports_memory: bool,
    imports_wasi: bool,
    exports: HashMap<&'a str, (ExternalKind, u32)>,
}

/// Checks that `module`, which is valid, is a WASI command.
///
/// # Errors
/// `NotACommand` for a module without a `_start` that is a function without parameters and results, or with
/// WASI imports and no exported memory; `Import` for imports other than functions; `Invalid` for a function type that the
/// engine would take for another one.
pub fn check(module: &[u8]) -> Result<(), Error> {
    let outline = Outline::read(module).map_err(|error| proposals::invalid(&error))?;
    // A refusal also says which other system the module was probably built for: that is mostly the reason.
    let of_origin = |error: Error| {
        let origin = Unprovided::read(module).ok().and_then(|unprovided| unprovided.origin());
        Error {
            reason: error.reason + &origin.map_or_else(String::new, |origin| format!("; {origin}")),
            ..error
        }
    };
    outline.check_start().and_then(|()| outline.check_imports()).map_err(of_origin)?;
    outline.check_memory()?;
    signatures::check(&outline.types)
}

impl<'a> Outline<'a> {
    fn read(module: &'a [u8]) -> Result<Outline<'a>, BinaryReaderError> {
        let mut outline = Outline::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => {
                    for function in types.into_iter_err_on_gc_types() {
                        outline.types.push(function?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        outline.imports_wasi |= WASI.contains(&import.module);
                        let foreign = match import.ty {
                            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                                outline.functions.push(index);
                                continue;
                            }
                            TypeRef::Memory(memory) if memory.shared && !outline.imports_memory => {
                                outline.imports_memory = true;
                                continue;
                            }
                            TypeRef::Memory(_) => "memory",
                            TypeRef::Table(_) => "table",
                            TypeRef::Global(_) => "global",
                            TypeRef::Tag(_) => "tag",
                        };
                        outline.foreign.push((foreign, import.module, import.name));
                    }
                }
                Payload::FunctionSection(functions) => {
                    for index in functions {
                        outline.functions.push(index?);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        outline.exports.insert(export.name, (export.kind, export.index));
                    }
                }
                // Nothing that matters here stands behind the exports.
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        Ok(outline)
    }

    fn check_start(&self) -> Result<(), Error> {
        let fail = |reason: String| Err(Error::new(Kind::NotACommand, reason));
        let Some((kind, index)) = self.exports.get("_start") else {
            return fail(if self.exports.contains_key("_initialize") {
                "a WASI reactor, not a command: it exports _initialize and no _start, so there is nothing to \
                 run; build it as a program"
                    .to_owned()
            } else {
                "a library, not a WASI command: it exports no _start, so there is nothing to run; build it \
                 as a program"
                    .to_owned()
            });
        };
        if !matches!(kind, ExternalKind::Func | ExternalKind::FuncExact) {
            return fail(format!("its _start is a {}, not a function", kind_name(*kind)));
        }
        let signature = self
            .functions
            .get(*index as usize)
            .and_then(|ty| self.types.get(*ty as usize))
            .expect("a valid module's exports have types");
        if !signature.params().is_empty() || !signature.results().is_empty() {
            return fail(format!(
                "its _start has the type {} -> {}; a WASI command's takes and returns nothing",
                tuple(signature.params()),
                tuple(signature.results())
            ));
        }
        Ok(())
    }

    fn check_imports(&self) -> Result<(), Error> {
        if self.foreign.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = self
            .foreign
            .iter()
            .take(5)
            .map(|(what, module, name)| format!("{what} {}.{}", printable(module), printable(name)))
            .collect();
        let more = match self.foreign.len().saturating_sub(list.len()) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let reason = format!(
            "imports the {}{more}, which wasmpack does not provide: only functions can be imported, and a memory that is shared \
             among threads; build the app as one complete module, not as a library or position-independent",
            list.join(", the ")
        );
        Err(Error::new(Kind::Import, reason))
    }

    fn check_memory(&self) -> Result<(), Error> {
        let has_memory = matches!(self.exports.get("memory"), Some((ExternalKind::Memory, _)));
        if has_memory || self.imports_memory || !self.imports_wasi {
            return Ok(());
        }
        let reason =
            "exports no memory named \"memory\", through which WASI calls pass their data; export it";
        Err(Error::new(Kind::NotACommand, reason))
    }
}

fn kind_name(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

fn tuple(types: &[ValType]) -> String {
    let names: Vec<String> = types.iter().map(ValType::to_string).collect();
    format!("({})", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        check(&wat::parse_str(text).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn a_command_passes_whatever_functions_it_imports() {
        let text = r#"(module (import "nobody" "knows" (func)) (import "wasi_unstable" "x" (func))
            (memory (export "memory") 1) (func (export "_start")))"#;
        assert_eq!(check(&wat::parse_str(text).unwrap()), Ok(()));
    }

    #[test]
    fn a_command_without_wasi_needs_no_memory() {
        assert_eq!(check(&wat::parse_str(r#"(module (func (export "_start")))"#).unwrap()), Ok(()));
    }

    #[test]
    fn an_imported_start_is_a_start() {
        let text = r#"(module (import "a" "b" (func (type 0))) (type (func)) (export "_start" (func 0)))"#;
        assert_eq!(check(&wat::parse_str(text).unwrap()), Ok(()));
    }

    #[test]
    fn libraries_and_reactors_are_told_apart() {
        assert!(reason("(module)").starts_with("a library"));
        assert!(reason(r#"(module (func (export "_initialize")))"#).starts_with("a WASI reactor"));
    }

    #[test]
    fn a_wrong_start_is_described() {
        assert!(reason(r#"(module (memory (export "_start") 1))"#).contains("_start is a memory"));
        let text = r#"(module (func (export "_start") (param i32 i64) (result i32) i32.const 0))"#;
        assert!(reason(text).contains("(i32, i64) -> (i32)"), "{}", reason(text));
    }

    #[test]
    fn a_memory_that_is_shared_may_be_imported_under_any_name_once() {
        let text = |more: &str| {
            format!(
                r#"(module (import "foo" "bar" (memory 1 2 shared)) {more} (import "wasix_32v1" "proc_exit" (func (param i32)))
                    (func (export "_start")))"#
            )
        };
        assert_eq!(check(&wat::parse_str(text("")).unwrap()), Ok(()));
        let second = r#"(import "foo" "two" (memory 1 2 shared))"#;
        assert!(reason(&text(second)).contains("the memory foo.two, which"));
    }

    #[test]
    fn foreign_imports_are_named() {
        let text = r#"(module (import "env" "memory" (memory 1)) (import "env" "sp" (global i32))
            (func (export "_start")))"#;
        assert!(reason(text).contains("the memory env.memory, the global env.sp, which"), "{}", reason(text));
    }

    #[test]
    fn wasi_needs_an_exported_memory() {
        let text = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (memory (export "mem") 1) (func (export "_start")))"#;
        assert!(reason(text).contains("\"memory\""), "{}", reason(text));
    }
}
