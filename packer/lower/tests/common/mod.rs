//! Cases in text, and what runs them.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::{fmt, fs, path::Path};

use lower::Lowered;
use wasmi::{Engine, Instance, Linker, Module, Store, Val, ValType};
use wasmparser::{KnownCustom, Name, Parser, Payload, Validator, WasmFeatures};

/// A module, and calls of its exports with what they must give.
pub struct Case {
    pub name: String,
    pub wasm: Vec<u8>,
    pub calls: Vec<Call>,
}

/// One call, on an instance of its own.
pub struct Call {
    pub export: String,
    pub args: Vec<String>,
    pub expect: Outcome,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// These results, as numbers are written.
    Values(Vec<String>),
    /// An exception that nobody catches, thrown by the function of that name, if it is known.
    Throws(Option<String>),
    Traps,
}

impl fmt::Display for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}({})", self.export, self.args.join(", "))
    }
}

impl Case {
    /// Whether it uses the older encoding, which wasmtime does not have, or the standard one, which node 20 has not.
    pub fn is_legacy(&self) -> bool {
        self.name.starts_with("legacy")
    }
}

/// All cases, in the order of their names.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let calls: Vec<Call> = text.lines().filter_map(|line| line.strip_prefix(";;! ")).map(call).collect();
    assert!(!calls.is_empty(), "{name} has no call");
    Case { name, wasm, calls }
}

/// `export(1, 2) = 3 4`, `export() traps`, `export() throws in function`.
fn call(line: &str) -> Call {
    let (export, rest) = line.split_once('(').unwrap();
    let (args, what) = rest.split_once(") ").unwrap();
    let args = args.split(", ").filter(|arg| !arg.is_empty()).map(str::to_owned).collect();
    let expect = if what == "traps" {
        Outcome::Traps
    } else if let Some(function) = what.strip_prefix("throws in ") {
        Outcome::Throws(Some(function.to_owned()))
    } else {
        let values = what.strip_prefix("= ").unwrap_or_else(|| panic!("not understood: {line}"));
        Outcome::Values(values.split(' ').map(str::to_owned).collect())
    };
    Call { export: export.to_owned(), args, expect }
}

/// The lowered module, which is valid without the proposal and the same each time.
pub fn lowered(name: &str, wasm: &[u8]) -> Lowered {
    let lowered = lower::exceptions(wasm).unwrap_or_else(|error| panic!("{name}: {error}"));
    let lowered = lowered.unwrap_or_else(|| panic!("{name} uses no exceptions"));
    valid_without_exceptions(name, &lowered.wasm);
    let again = lower::exceptions(wasm).unwrap().unwrap();
    assert!(again.wasm == lowered.wasm && again.map == lowered.map, "{name}: the same each time");
    assert_eq!(lower::exceptions(&lowered.wasm).unwrap().map(|_| ()), None, "{name}: nothing is left");
    lowered
}

pub fn valid_without_exceptions(name: &str, wasm: &[u8]) {
    let features = WasmFeatures::all() - WasmFeatures::EXCEPTIONS - WasmFeatures::LEGACY_EXCEPTIONS;
    let valid = Validator::new_with_features(features).validate_all(wasm).map(drop);
    assert!(valid.is_ok(), "{name}: {valid:?}");
}

/// Runs one call of a lowered module.
pub fn run(original: &[u8], lowered: &Lowered, call: &Call) -> Outcome {
    let mut config = wasmi::Config::default();
    config.wasm_tail_call(true);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, &lowered.wasm).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = match Linker::new(&engine).instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        // Only a start function that throws: there is no instance to ask for more.
        Err(error) if is_unreachable(&error) => return Outcome::Throws(None),
        Err(error) => panic!("{error}"),
    };
    let function = instance.get_func(&store, &call.export).unwrap_or_else(|| panic!("no {call}"));
    let ty = function.ty(&store);
    let args: Vec<Val> = ty.params().iter().zip(&call.args).map(|(ty, arg)| value(*ty, arg)).collect();
    let mut results = vec![Val::I32(0); ty.results().len()];
    match function.call(&mut store, &args, &mut results) {
        Ok(()) => Outcome::Values(results.iter().map(text).collect()),
        // Any trap may be the wrapper's; those of cases that trap come before anything was thrown, or are other traps.
        Err(error) => match thrown_in(original, lowered, &instance, &store) {
            Some(function) if is_unreachable(&error) && call.expect != Outcome::Traps => {
                Outcome::Throws(Some(function))
            }
            _ => Outcome::Traps,
        },
    }
}

fn is_unreachable(error: &wasmi::Error) -> bool {
    error.as_trap_code() == Some(wasmi::TrapCode::UnreachableCodeReached)
}

/// The name of the function that threw last, as a launcher would find it.
fn thrown_in(original: &[u8], lowered: &Lowered, instance: &Instance, store: &Store<()>) -> Option<String> {
    let uncaught = lowered.uncaught.as_ref()?;
    let origin = instance.get_global(store, &uncaught.export).expect("it is exported").get(store);
    let origin = origin.i32().filter(|&offset| offset != 0)?;
    let (index, _) = function_at(original, origin as u64).expect("the origin is in a body");
    Some(
        names(original)
            .into_iter()
            .find(|(other, _)| *other == index)
            .map_or(String::new(), |(_, name)| name),
    )
}

/// The function whose body has `offset`, and where the body begins.
pub fn function_at(wasm: &[u8], offset: u64) -> Option<(u32, u64)> {
    bodies(wasm)
        .into_iter()
        .find(|(_, range)| range.contains(&offset))
        .map(|(index, range)| (index, range.start))
}

/// The bodies of a module, by the index of the function.
pub fn bodies(wasm: &[u8]) -> Vec<(u32, std::ops::Range<u64>)> {
    let (mut index, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    index += u32::from(matches!(import.unwrap().ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => {
                bodies.push((index, body.range()));
                index += 1;
            }
            _ => {}
        }
    }
    bodies
}

/// The names of functions.
pub fn names(wasm: &[u8]) -> Vec<(u32, String)> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload.unwrap() else { continue };
        let KnownCustom::Name(sections) = section.as_known() else { continue };
        for section in sections {
            if let Name::Function(map) = section.unwrap() {
                names.extend(
                    map.into_iter().map(|name| name.unwrap()).map(|name| (name.index, name.name.to_owned())),
                );
            }
        }
    }
    names
}

fn value(ty: ValType, text: &str) -> Val {
    match ty {
        ValType::I32 => Val::I32(text.parse().unwrap()),
        ValType::I64 => Val::I64(text.parse().unwrap()),
        ValType::F32 => Val::F32(text.parse::<f32>().unwrap().into()),
        ValType::F64 => Val::F64(text.parse::<f64>().unwrap().into()),
        other => panic!("no argument of type {other:?}"),
    }
}

fn text(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) => f32::from(*value).to_string(),
        Val::F64(value) => f64::from(*value).to_string(),
        other => panic!("no result {other:?}"),
    }
}
