//! The start function.
//!
//! WebAssembly runs it while the instance is being made. The launcher cannot prepare an instance before there is one: it
//! would not see where the app enters the engine, and calls of WASI would not find its memory. So `_start` becomes a new
//! function that calls the start function and then the old `_start`. Nothing runs between the two.
//!
//! Each thread has an instance of its own, so the same is done with what a thread runs, `wasi_thread_start`, or `_start_thread` in
//! WASIX programs of 2022.
//!
//! A program that jumps back over its stack (asyncify) is called again for that. What comes first is then done already, and a
//! global variable says so.

use wasm_encoder::{BlockType, Encode, Instruction, SectionId, ValType};
use wasmer_compiler::wasmparser::{BinaryReaderError, Export, ExternalKind, Parser, Payload, TypeRef};

use sandbox::table::{THREAD_START, THREAD_START_2022};

use super::parts::Parts;

/// The export that a command starts with.
const ENTRY: &str = "_start";
/// The export by which a program is led back to where it was when it is called again.
const REWIND: &str = "asyncify_start_rewind";
/// The mark of an export that is a function.
const FUNCTION: u8 = 0;

/// Facts about a module's start.
pub(super) struct Entry<'a> {
    /// How many functions it imports.
    imported: u32,
    /// The types of all functions.
    types: Vec<u32>,
    /// The start function.
    start: Option<u32>,
    /// The function that is exported as `_start`.
    entry: u32,
    /// The functions that threads run: name, number, and how many parameters each has, which are handed on.
    threads: Vec<(&'static str, u32, u32)>,
    exports: Vec<Export<'a>>,
}

impl<'a> Entry<'a> {
    /// `None` if there is no `_start`.
    pub(super) fn read(module: &'a [u8]) -> Result<Option<Entry<'a>>, BinaryReaderError> {
        let (mut types, mut exports, mut start) = (Vec::new(), Vec::<Export<'_>>::new(), None);
        let mut parameters = Vec::new();
        let mut imported = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        parameters.push(ty?.params().len() as u32);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import?.ty {
                            types.push(ty);
                        }
                    }
                    imported = types.len() as u32;
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        types.push(ty?);
                    }
                }
                Payload::ExportSection(section) => exports = section.into_iter().collect::<Result<_, _>>()?,
                Payload::StartSection { func, .. } => start = Some(func),
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        let find = |name| exports.iter().find(|export| is_function(export, name)).map(|export| export.index);
        let parameters = |index: u32| parameters[types[index as usize] as usize];
        let threads = [THREAD_START, THREAD_START_2022].into_iter();
        let threads =
            threads.filter_map(|name| find(name).map(|index| (name, index, parameters(index)))).collect();
        let entry = find(ENTRY);
        Ok(entry.map(|entry| Entry { imported, types, start, entry, threads, exports }))
    }

    /// Has `_start` run `first`, encoded instructions that leave nothing behind, and the start function before all else. True
    /// if there is anything to run.
    pub(super) fn fit(&self, parts: &mut Parts<'_>, first: &[u8]) -> Result<bool, BinaryReaderError> {
        if first.is_empty() && self.start.is_none() {
            return Ok(false);
        }
        // No locals.
        let mut body = vec![0];
        let once = self.once(parts)?;
        begin(once, &mut body);
        body.extend_from_slice(first);
        self.start.iter().for_each(|start| Instruction::Call(*start).encode(&mut body));
        end(once, &mut body);
        Instruction::Call(self.entry).encode(&mut body);
        Instruction::End.encode(&mut body);
        // It takes and returns nothing, as `_start` does.
        let ty = self.types[self.entry as usize];
        let entry = parts.add_function(self.imported, ty, body)?;
        let mut replaced = vec![(ENTRY, entry)];
        for &(name, thread, parameters) in self.threads.iter().filter(|_| self.start.is_some()) {
            let mut body = vec![0];
            begin(once, &mut body);
            self.start.iter().for_each(|start| Instruction::Call(*start).encode(&mut body));
            end(once, &mut body);
            (0..parameters).for_each(|local| Instruction::LocalGet(local).encode(&mut body));
            Instruction::Call(thread).encode(&mut body);
            Instruction::End.encode(&mut body);
            let ty = self.types[thread as usize];
            replaced.push((name, parts.add_function(self.imported, ty, body)?));
        }
        parts.replace(SectionId::Export, self.exports(&replaced));
        parts.remove(SectionId::Start);
        Ok(true)
    }

    /// The variable that says what was done, if the program may be called again.
    fn once(&self, parts: &mut Parts<'_>) -> Result<Option<u32>, BinaryReaderError> {
        if !self.exports.iter().any(|export| is_function(export, REWIND)) {
            return Ok(None);
        }
        // A number that can be changed, and is 0 at first.
        let mut variable = Vec::new();
        ValType::I32.encode(&mut variable);
        variable.push(1);
        Instruction::I32Const(0).encode(&mut variable);
        Instruction::End.encode(&mut variable);
        parts.add_global(variable).map(Some)
    }

    /// The export section, in which some functions are `replaced`: name and new number.
    fn exports(&self, replaced: &[(&str, u32)]) -> Vec<u8> {
        let mut content = Vec::new();
        (self.exports.len() as u32).encode(&mut content);
        for export in &self.exports {
            export.name.encode(&mut content);
            let (kind, index) = match replaced.iter().find(|(name, _)| is_function(export, name)) {
                Some((_, function)) => (FUNCTION, *function),
                None => (mark(export.kind), export.index),
            };
            content.push(kind);
            index.encode(&mut content);
        }
        content
    }
}

/// Begins what is done once, if there is a variable that says whether it was.
fn begin(once: Option<u32>, body: &mut Vec<u8>) {
    let Some(variable) = once else { return };
    Instruction::GlobalGet(variable).encode(body);
    Instruction::I32Eqz.encode(body);
    Instruction::If(BlockType::Empty).encode(body);
    Instruction::I32Const(1).encode(body);
    Instruction::GlobalSet(variable).encode(body);
}

/// Ends it.
fn end(once: Option<u32>, body: &mut Vec<u8>) {
    once.iter().for_each(|_| Instruction::End.encode(body));
}

fn is_function(export: &Export<'_>, name: &str) -> bool {
    export.name == name && matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact)
}

/// The mark of an export of this kind (WebAssembly specification, "Export Section").
fn mark(kind: ExternalKind) -> u8 {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => FUNCTION,
        ExternalKind::Table => 1,
        ExternalKind::Memory => 2,
        ExternalKind::Global => 3,
        ExternalKind::Tag => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fit;
    use super::super::parts::bodies;
    use super::*;

    fn fitted(text: &str) -> (Vec<u8>, Vec<u8>) {
        let module = wat::parse_str(text).unwrap();
        let fitted = fit(module.clone(), None).unwrap().wasm;
        (module, fitted)
    }

    #[test]
    fn without_a_start_function_a_module_stays() {
        let (module, fitted) = fitted(r#"(module (func (export "_start")))"#);
        assert_eq!(fitted, module);
    }

    #[test]
    fn the_start_function_becomes_the_head_of_the_entry() {
        let (module, fitted) = fitted(
            r#"(module (import "a" "b" (func)) (memory (export "memory") 1) (global (export "g") i32 (i32.const 0))
                (table (export "t") 1 funcref) (tag (export "e")) (func $one (export "one")) (func $two) (start $two)
                (func (export "_start") (call $one)))"#,
        );
        let entry = Entry::read(&fitted).unwrap().unwrap();
        assert_eq!((entry.start, entry.entry), (None, 4));
        let before = Entry::read(&module).unwrap().unwrap();
        for (old, new) in before.exports.iter().zip(&entry.exports) {
            assert_eq!((old.name, old.kind), (new.name, new.kind));
            assert!(old.index == new.index || old.name == ENTRY, "{}", old.name);
        }
        // No locals; call $two; call the old _start; end.
        assert_eq!(entry_code(&fitted), [0, 0x10, 2, 0x10, 3, 0x0b]);
        assert_eq!(
            fit(fitted.clone(), None).unwrap().wasm,
            fitted,
            "and that is a module without a start function"
        );
    }

    fn entry_code(module: &[u8]) -> &[u8] {
        let range = bodies(module).unwrap().last().unwrap().range();
        &module[range]
    }

    #[test]
    fn what_a_thread_runs_begins_with_the_start_function_as_well() {
        for name in ["wasi_thread_start", "_start_thread"] {
            let (_, fitted) = fitted(&format!(
                r#"(module (func $two) (start $two) (func (export "_start"))
                    (func (export "{name}") (param i32 i32)) (func (export "last")))"#,
            ));
            let entry = Entry::read(&fitted).unwrap().unwrap();
            assert_eq!((entry.start, entry.entry, entry.threads), (None, 4, vec![(name, 5, 2)]));
            // No locals; call $two; both parameters; call the old one; end.
            assert_eq!(entry_code(&fitted), [0, 0x10, 0, 0x20, 0, 0x20, 1, 0x10, 2, 0x0b]);
            assert_eq!(entry.exports.last().map(|export| export.index), Some(3));
        }
    }

    #[test]
    fn what_is_called_again_does_not_begin_again() {
        for import in ["", r#"(import "a" "g" (global i32))"#] {
            let (_, fitted) = fitted(&format!(
                r#"(module {import} (global i32 (i32.const 7)) (func $two) (start $two) (func (export "_start"))
                    (func (export "asyncify_start_rewind") (param i32))
                    (func (export "wasi_thread_start") (param i32 i32)))"#
            ));
            let variable = 1 + u8::from(!import.is_empty());
            // No locals; if the variable is 0, it becomes 1 and $two is called; both parameters; call the old one; end.
            let once = [0x23, variable, 0x45, 0x04, 0x40, 0x41, 1, 0x24, variable, 0x10, 0, 0x0b];
            let expected = [&[0][..], &once, &[0x20, 0, 0x20, 1, 0x10, 3, 0x0b]].concat();
            assert_eq!(entry_code(&fitted), expected);
        }
    }

    #[test]
    fn functions_are_led_back_to_where_they_were_and_the_new_one_to_nowhere() {
        for other in ["", "(func) ", &"(func) ".repeat(200)] {
            for imports in [0, 1, 130] {
                let imports = r#"(import "a" "b" (func)) "#.repeat(imports);
                let module = wat::parse_str(format!(
                    r#"(module {imports} {other} (func $two unreachable) (start $two) (func (export "_start") nop))"#
                ))
                .unwrap();
                let fitted = fit(module.clone(), None).unwrap();
                let places = |module: &[u8]| -> Vec<u32> {
                    bodies(module).unwrap().iter().map(|body| body.range().start as u32).collect()
                };
                let map = fitted.map.unwrap();
                let back: Vec<_> = places(&fitted.wasm).into_iter().map(|at| map.original(at)).collect();
                let given: Vec<_> = places(&module).into_iter().map(Some).chain([None]).collect();
                assert_eq!(back, given);
            }
        }
    }

    #[test]
    fn an_entry_that_is_imported_is_called_as_well() {
        let (_, fitted) = fitted(
            r#"(module (import "a" "b" (func $b)) (func $two) (start $two) (export "_start" (func $b)))"#,
        );
        assert_eq!(entry_code(&fitted), [0, 0x10, 1, 0x10, 0, 0x0b]);
    }
}
