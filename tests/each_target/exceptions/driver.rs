//! The cases of the lowering pass as programs: each of their calls, and what must come of it.
//!
//! A case is a module in text whose first lines tell calls of its exports: `;;! name(args) = results`, `throws in FUNCTION` or
//! `traps`. What stands in `packer/lower/tests/cases` is compared with other engines there.

use std::collections::BTreeMap;
use std::path::Path;

use wasmparser::{ExternalKind, FuncType, Operator, Parser, Payload, TypeRef, ValType};

/// A module in text, and calls of its exports.
pub struct Case {
    pub name: String,
    text: String,
    outline: Outline,
}

/// What is to be known of a module in order to call its exports.
#[derive(Default)]
struct Outline {
    types: Vec<FuncType>,
    functions: Vec<u32>,
    exports: BTreeMap<String, u32>,
    starts_itself: bool,
}

impl Case {
    pub fn all() -> Vec<Case> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lower/tests/cases");
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let case = |path: &std::path::PathBuf| {
            let text = std::fs::read_to_string(path).unwrap();
            let outline = Outline::read(&wat::parse_str(&text).unwrap());
            Case { name: path.file_stem().unwrap().to_string_lossy().into_owned(), text, outline }
        };
        // One that throws before `_start` is another matter, and no compiler here has tail calls.
        let is_program = |case: &Case| !case.outline.starts_itself && !case.text.contains("return_call");
        paths.iter().map(case).filter(is_program).collect()
    }

    pub fn has_vectors(&self) -> bool {
        self.text.contains("v128")
    }

    /// Calls that have `outcome`: export, arguments, and what follows the outcome.
    fn calls(&self, outcome: &str) -> Vec<(&str, Vec<&str>, &str)> {
        let mut calls = Vec::new();
        for line in self.text.lines().filter_map(|line| line.strip_prefix(";;! ")) {
            let (export, rest) = line.split_once('(').unwrap();
            let (args, what) = rest.split_once(") ").unwrap();
            if let Some(what) = what.strip_prefix(outcome) {
                calls.push((export, args.split(", ").filter(|arg| !arg.is_empty()).collect(), what));
            }
        }
        calls
    }

    /// The case with a `_start` of this body.
    fn program(&self, locals: &str, body: &str) -> String {
        let end = self.text.rfind(')').unwrap();
        let memory = if self.text.contains("(memory") { "" } else { "(memory (export \"memory\") 1)" };
        format!("{} {memory} (func (export \"_start\") {locals} {body}))", &self.text[..end])
    }

    /// Programs that make the calls that give results, and trap where they are others; and how many calls each makes. A case that
    /// remembers something makes each in a program of its own.
    pub fn that_return(&self) -> Vec<(String, usize)> {
        let calls = self.calls("= ");
        let remembers = ["(mut ", "(memory", "(table"].iter().any(|word| self.text.contains(word));
        let programs = calls.chunks(if remembers { 1 } else { calls.len().max(1) });
        programs.map(|calls| (self.that_checks(calls), calls.len())).collect()
    }

    fn that_checks(&self, calls: &[(&str, Vec<&str>, &str)]) -> String {
        let (mut locals, mut body) = (String::new(), String::new());
        for (number, (export, args, results)) in calls.iter().enumerate() {
            let ty = self.outline.ty(export);
            body += &self.outline.call(export, args);
            for (place, ty) in ty.results().iter().enumerate().rev() {
                locals += &format!("(local $r{number}_{place} {ty})");
                body += &format!(" (local.set $r{number}_{place})");
            }
            for (place, (ty, value)) in ty.results().iter().zip(results.split(' ')).enumerate() {
                body += &format!(
                    " (if ({ty}.ne (local.get $r{number}_{place}) ({ty}.const {value})) (then (unreachable)))\n"
                );
            }
        }
        self.program(&locals, &body)
    }

    /// Programs that make one call that throws each, and the functions that do.
    pub fn that_throw(&self) -> Vec<(String, &str)> {
        let program = |(export, args, function): (&str, Vec<&str>, _)| {
            let drops = "(drop)".repeat(self.outline.ty(export).results().len());
            (self.program("", &(self.outline.call(export, &args) + &drops)), function)
        };
        self.calls("throws in ").into_iter().map(program).collect()
    }
}

impl Outline {
    fn read(wasm: &[u8]) -> Outline {
        let mut outline = Outline::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::TypeSection(types) => {
                    outline.types = types.into_iter_err_on_gc_types().map(Result::unwrap).collect();
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(ty) = import.unwrap().ty {
                            outline.functions.push(ty);
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    outline.functions.extend(functions.into_iter().map(Result::unwrap));
                }
                Payload::ExportSection(exports) => {
                    let functions = exports.into_iter().map(Result::unwrap);
                    let functions = functions.filter(|export| export.kind == ExternalKind::Func);
                    outline.exports =
                        functions.map(|export| (export.name.to_owned(), export.index)).collect();
                }
                Payload::StartSection { .. } => outline.starts_itself = true,
                _ => {}
            }
        }
        outline
    }

    fn ty(&self, export: &str) -> &FuncType {
        &self.types[self.functions[self.exports[export] as usize] as usize]
    }

    /// A call of `export`, in text.
    fn call(&self, export: &str, args: &[&str]) -> String {
        let args = self.ty(export).params().iter().zip(args);
        let args: String = args.map(|(ty, arg): (&ValType, _)| format!(" ({ty}.const {arg})")).collect();
        format!("(call {}{args})", self.exports[export])
    }
}

/// Where things are in a module: `FUNCTION throw`, `FUNCTION call N` for its call number N, and so on.
pub fn places(wasm: &[u8]) -> BTreeMap<String, u32> {
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload.unwrap() else { continue };
        let wasmparser::KnownCustom::Name(sections) = section.as_known() else { continue };
        for section in sections {
            if let wasmparser::Name::Function(map) = section.unwrap() {
                names.extend(
                    map.into_iter().map(|name| name.unwrap()).map(|name| (name.index, name.name.to_owned())),
                );
            }
        }
    }
    let mut places = BTreeMap::new();
    let bodies = Parser::new(0).parse_all(wasm).filter_map(|payload| match payload.unwrap() {
        Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    for (index, body) in (0u32..).zip(bodies) {
        let name = names.get(&index).cloned().unwrap_or_default();
        let (mut operators, mut calls) = (body.get_operators_reader().unwrap(), 0);
        while !operators.eof() {
            let at = operators.original_position() as u32;
            let what = match operators.read().unwrap() {
                Operator::Throw { .. } => "throw".to_owned(),
                Operator::ThrowRef => "throw_ref".to_owned(),
                Operator::Unreachable => "unreachable".to_owned(),
                Operator::Call { .. } => {
                    calls += 1;
                    format!("call {}", calls - 1)
                }
                _ => continue,
            };
            places.insert(format!("{name} {what}"), at);
        }
    }
    places
}
