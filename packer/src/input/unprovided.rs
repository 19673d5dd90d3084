//! Functions that a module imports and nobody provides.
//!
//! The module is packed all the same: many import what they never call. A call traps, and the trap names the import; but where
//! a function of WASIX is not known, the call answers so (`nosys`). Which functions they are tells what the module was built for.

use std::collections::HashSet;

use payload::info::printable;
use sandbox::{
    plain::{self, Parameter, Provided},
    table::PREVIEW1,
};
use wasmer_compiler::wasmparser::{BinaryReaderError, FuncType, ValType};

use super::imports::{Function, functions};

/// The most imports that a sentence names.
const MOST: usize = 3;
/// The most characters that it shows of a name.
const LONGEST: usize = 80;

/// Functions that a module imports and nobody provides: modules and names, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unprovided<'a> {
    /// Those of which a call ends the program.
    nowhere: Vec<(&'a str, &'a str)>,
    /// Those that answer that there is no such call.
    unknown: Vec<(&'a str, &'a str)>,
}

/// Something that modules are built for: a test of one import (module, name), what to call it, and what to do instead.
type Origin = (fn(&str, &str) -> bool, &'static str, &'static str);

/// All of them. A module is of the first kind that any of its imports belongs to.
const ORIGINS: &[Origin] = &[
    (
        |module, name| module.starts_with("__wbindgen") || module == "wbg" || name.starts_with("__wbindgen_"),
        "wasm-bindgen, which runs in JavaScript",
        "build it as a program for wasm32-wasip1, without wasm-bindgen and crates that need it",
    ),
    (
        |module, _| module.starts_with("wasix_"),
        "WASIX",
        "of that wasmpack has threads, pipes, epoll, fork, exec, setjmp, sockets and little more; build it as one static module, or for plain WASI \
         (preview 1)",
    ),
    (
        |module, name| {
            module == "gojs"
                || (module == "go" && ["runtime.", "syscall/js."].iter().any(|of| name.starts_with(of)))
        },
        "Go's js, which runs in JavaScript",
        "build it with GOOS=wasip1 GOARCH=wasm",
    ),
    (
        |module, name| {
            let of = ["emscripten_", "_emscripten_", "invoke_", "__syscall_", "__cxa_throw"];
            module == "env" && of.iter().any(|of| name.starts_with(of))
        },
        "Emscripten, which runs in JavaScript",
        "build it with -sSTANDALONE_WASM, or with wasi-sdk or zig",
    ),
    (
        |module, name| module == PREVIEW1 && name.starts_with("sock_"),
        "WasmEdge or another runtime with sockets of its own",
        "build it without those: of sockets wasmpack has preview 1's, and WasmEdge's and WASIX's for TCP",
    ),
    (
        |module, name| module == "env" && name == "abort",
        "AssemblyScript without WASI",
        "build it with --use abort= or with @assemblyscript/wasi-shim",
    ),
];

impl<'a> Unprovided<'a> {
    /// Those of `module`, which is valid.
    ///
    /// # Errors
    /// If it is not.
    pub fn read(module: &'a [u8]) -> Result<Unprovided<'a>, BinaryReaderError> {
        let (mut found, mut named) = (Unprovided::default(), HashSet::new());
        for Function { module, name, ty } in functions(module)? {
            let name = (module, name);
            let list = match provided(name, &ty) {
                Provided::Here => continue,
                Provided::Unknown => &mut found.unknown,
                Provided::Nowhere => &mut found.nowhere,
            };
            if named.insert(name) {
                list.push(name);
            }
        }
        Ok(found)
    }

    /// A sentence that names what the module was probably built for, and what to do instead. `None` if its imports do not tell.
    pub fn origin(&self) -> Option<String> {
        let all = || self.nowhere.iter().chain(&self.unknown);
        let is_one = |(of, ..): &&Origin| all().any(|(module, name)| of(module, name));
        let (_, what, instead) = ORIGINS.iter().find(is_one)?;
        Some(format!("it seems to be built for {what}: {instead}"))
    }

    /// Sentences about them, if there are any.
    pub fn all(&self) -> Vec<String> {
        self.note().into_iter().chain(self.unknown()).collect()
    }

    /// A sentence about them, if there are any.
    pub fn note(&self) -> Option<String> {
        let name = |(module, name): &(&str, &str)| format!("{}.{}", printable(module), printable(name));
        let origin = self.origin().map_or_else(String::new, |origin| format!("; {origin}"));
        sentence(&self.nowhere, name).map(|sentence| sentence + &origin)
    }

    /// A sentence about those that answer that there is no such call, if there are any.
    pub fn unknown(&self) -> Option<String> {
        // They are all of one module.
        let (named, more) = list(&self.unknown, |(_, name)| printable(name).to_string());
        let module = self.unknown.first().map(|(module, _)| printable(module))?;
        Some(format!(
            "of {module} it imports {named}{more}, which wasmpack does not have: a call answers nosys, and the program goes on"
        ))
    }
}

/// The first names of a list, and how many more there are.
fn list<T>(imports: &[T], name: impl Fn(&T) -> String) -> (String, String) {
    let short = |name: String| match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name,
    };
    let named: Vec<String> = imports.iter().take(MOST).map(name).map(short).collect();
    let more = match imports.len() - named.len() {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    (named.join(", "), more)
}

/// A sentence about `imports` that nobody provides, if there are any: it names a few of them.
pub(super) fn sentence<T>(imports: &[T], name: impl Fn(&T) -> String) -> Option<String> {
    let (named, more) = list(imports, name);
    (!imports.is_empty()).then(|| {
        format!("it imports {named}{more}, which wasmpack does not provide: a call ends the program")
    })
}

/// What becomes of the import `name` of this type.
fn provided((module, name): (&str, &str), ty: &FuncType) -> Provided {
    let parameter = |ty: &ValType| match ty {
        ValType::I32 => Some(Parameter::I32),
        ValType::I64 => Some(Parameter::I64),
        _ => None,
    };
    let all = |types: &[ValType]| -> Vec<_> { types.iter().map(parameter).collect() };
    plain::provided(module, name, &all(ty.params()), &all(ty.results()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(imports: &[(&str, &str)]) -> Option<String> {
        let imports: String =
            imports.iter().map(|(module, name)| format!("(import \"{module}\" \"{name}\" (func))")).collect();
        let module = wat::parse_str(format!("(module {imports})")).unwrap();
        Unprovided::read(&module).unwrap().note()
    }

    #[test]
    fn what_is_provided_is_not_named_and_what_has_another_type_is() {
        let of = |import: &str| {
            let module = wat::parse_str(format!("(module {import} (memory 1))")).unwrap();
            Unprovided::read(&module).unwrap().note().is_some()
        };
        assert!(!of(r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#));
        assert!(!of(r#"(import "wasi_unstable" "proc_exit" (func (param i32)))"#));
        assert!(!of(""));
        assert!(of(r#"(import "wasi_snapshot_preview1" "sched_yield" (func))"#));
        assert!(of(r#"(import "wasi_snapshot_preview1" "nothing" (func (result i32)))"#));
    }

    #[test]
    fn what_answers_that_it_is_not_there_is_told_apart_from_what_ends_the_program() {
        let text = r#"(module (import "wasix_32v1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasix_32v1" "futex_wait" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasix_32v1" "proc_fork" (func (param i32 i32) (result i32)))
            (import "wasix_32v1" "proc_snapshot" (func (result i32)))
            (import "wasix_32v1" "proc_exec" (func (param i32 i32 i32 i32)))
            (import "wasix_32v1" "proc_exec2" (func (param i32 i32 i32 i32))))"#;
        let module = wat::parse_str(text).unwrap();
        let found = Unprovided::read(&module).unwrap();
        assert_eq!(
            found.unknown().unwrap(),
            "of wasix_32v1 it imports proc_snapshot, which wasmpack does not have: a call answers nosys, and the program goes on"
        );
        let note = found.note().unwrap();
        assert!(
            note.starts_with("it imports wasix_32v1.proc_exec2, which") && note.contains("WASIX"),
            "{note}"
        );
        assert_eq!(Unprovided::default().unknown(), None);
    }

    #[test]
    fn a_few_are_named_each_once() {
        let said = note(&[("a", "b"), ("a", "b"), ("a", "c"), ("d", "e"), ("d", "f"), ("d", "g")]).unwrap();
        assert!(said.starts_with("it imports a.b, a.c, d.e and 2 more, which"), "{said}");
        assert!(!said.contains("seems"), "{said}");
    }

    #[test]
    fn a_long_name_is_cut() {
        let said = note(&[("é", &"x".repeat(5000))]).unwrap();
        assert!(said.contains("xx..., which") && said.chars().count() < 200, "{said}");
    }

    #[test]
    fn what_it_was_built_for_is_told() {
        for (module, name, what) in [
            ("env", "emscripten_memcpy_js", "Emscripten"),
            ("env", "invoke_vii", "Emscripten"),
            ("wasix_32v1", "thread_spawn", "WASIX"),
            ("wasi_snapshot_preview1", "sock_open", "WasmEdge"),
            ("__wbindgen_placeholder__", "__wbindgen_throw", "wasm-bindgen"),
            ("wbg", "__wbg_log", "wasm-bindgen"),
            ("env", "abort", "AssemblyScript"),
            ("gojs", "runtime.wasmExit", "GOOS=wasip1"),
            ("go", "runtime.wasmExit", "GOOS=wasip1"),
        ] {
            let said = note(&[("x", "y"), (module, name)]).unwrap();
            assert!(said.contains("seems to be built for") && said.contains(what), "{said}");
        }
    }
}
