//! Runs merged modules in an interpreter, with the few functions of preview 1 that the tests need.
#![allow(dead_code, reason = "not every test needs all of it")]

use wasmi::{Caller, Engine, Error, Extern, ExternType, Linker, Module, Store, errors::HostError};

/// How a program ended, and what it wrote to standard output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub code: Option<i32>,
    pub output: Vec<u8>,
}

#[derive(Default)]
struct State {
    output: Vec<u8>,
    arguments: Vec<&'static str>,
}

#[derive(Debug)]
struct Exit(i32);

impl std::fmt::Display for Exit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "exit {}", self.0)
    }
}

impl std::error::Error for Exit {}
impl HostError for Exit {}

/// The module that the component in `text` becomes.
#[track_caller]
pub fn module(text: &str) -> Vec<u8> {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    component::command(&bytes).unwrap_or_else(|error| panic!("{error}")).wasm
}

/// Merges the component in `text` and runs it.
#[track_caller]
pub fn run(text: &str) -> Ended {
    start(&module(text), &[])
}

/// Starts a module of preview 1. `None` as code: it trapped.
///
/// The interpreter goes from instruction to instruction by tail calls, which are calls when it is not optimized: each takes
/// a piece of the stack.
#[track_caller]
pub fn start(wasm: &[u8], arguments: &[&'static str]) -> Ended {
    let run = |wasm: &[u8]| {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(1 << 30);
            thread.spawn_scoped(scope, || interpret(wasm, arguments)).unwrap().join()
        })
    };
    run(wasm).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn interpret(wasm: &[u8], arguments: &[&'static str]) -> Ended {
    let features = wasmparser::WasmFeatures::WASM2 | wasmparser::WasmFeatures::EXTENDED_CONST;
    let valid = wasmparser::Validator::new_with_features(features).validate_all(wasm);
    valid.unwrap_or_else(|error| panic!("not valid: {error}"));
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
    let state = State { arguments: arguments.to_vec(), ..State::default() };
    let mut store = Store::new(&engine, state);
    let mut linker = Linker::new(&engine);
    preview1(&mut linker);
    // What nobody provides traps.
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else { panic!("an import that is no function") };
        if !PROVIDED.contains(&import.name()) {
            let trap = |_: Caller<'_, State>, _: &[_], _: &mut [_]| Err(Error::new("nobody provides this"));
            linker.func_new(import.module(), import.name(), ty.clone(), trap).unwrap();
        }
    }
    // A segment may lie outside of its memory.
    let Ok(instance) = linker.instantiate_and_start(&mut store, &module) else { return Ended::default() };
    let start = instance.get_typed_func::<(), ()>(&store, "_start").unwrap();
    let code = match start.call(&mut store, ()) {
        Ok(()) => Some(0),
        Err(error) => error.downcast_ref::<Exit>().map(|exit| exit.0),
    };
    Ended { code, output: std::mem::take(&mut store.data_mut().output) }
}

/// The functions of preview 1 that are there.
const PROVIDED: [&str; 4] = ["proc_exit", "fd_write", "args_sizes_get", "args_get"];

fn preview1(linker: &mut Linker<State>) {
    const NAME: &str = "wasi_snapshot_preview1";
    linker.func_wrap(NAME, "proc_exit", |code: i32| Err::<(), _>(Error::host(Exit(code)))).unwrap();
    linker
        .func_wrap(
            NAME,
            "fd_write",
            |mut caller: Caller<'_, State>, fd: i32, at: i32, count: i32, written: i32| {
                let memory = memory(&caller);
                let mut bytes = Vec::new();
                for vec in 0..count {
                    let mut place = [0; 8];
                    memory.read(&caller, (at + vec * 8) as usize, &mut place).unwrap();
                    let [address, len] =
                        [0, 4].map(|at| u32::from_le_bytes(place[at..at + 4].try_into().unwrap()));
                    let mut piece = vec![0; len as usize];
                    memory.read(&caller, address as usize, &mut piece).unwrap();
                    bytes.extend(piece);
                }
                memory.write(&mut caller, written as usize, &(bytes.len() as u32).to_le_bytes()).unwrap();
                if fd == 1 {
                    caller.data_mut().output.extend(bytes);
                }
                0
            },
        )
        .unwrap();
    linker
        .func_wrap(NAME, "args_sizes_get", |mut caller: Caller<'_, State>, count: i32, bytes: i32| {
            let memory = memory(&caller);
            let (number, len) = {
                let arguments = &caller.data().arguments;
                (
                    arguments.len() as u32,
                    arguments.iter().map(|argument| argument.len() as u32 + 1).sum::<u32>(),
                )
            };
            memory.write(&mut caller, count as usize, &number.to_le_bytes()).unwrap();
            memory.write(&mut caller, bytes as usize, &len.to_le_bytes()).unwrap();
            0
        })
        .unwrap();
    linker
        .func_wrap(NAME, "args_get", |mut caller: Caller<'_, State>, list: i32, mut bytes: i32| {
            let memory = memory(&caller);
            for (number, argument) in caller.data().arguments.clone().into_iter().enumerate() {
                memory.write(&mut caller, list as usize + number * 4, &bytes.to_le_bytes()).unwrap();
                memory.write(&mut caller, bytes as usize, argument.as_bytes()).unwrap();
                memory.write(&mut caller, bytes as usize + argument.len(), &[0]).unwrap();
                bytes += argument.len() as i32 + 1;
            }
            0
        })
        .unwrap();
}

fn memory(caller: &Caller<'_, State>) -> wasmi::Memory {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => memory,
        _ => panic!("the module exports no memory"),
    }
}

/// Declares the instances `$streams` and `$stdout`, by which a component writes to standard output.
pub const OUTPUT: &str = r#"(import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
(alias export $error "error" (type $error-type))
(import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type $o (sub resource)))
  (alias outer 1 $error-type (type $e)) (export "error" (type $e2 (eq $e)))
  (type $f (variant (case "last-operation-failed" (own $e2)) (case "closed"))) (export "stream-error" (type $g (eq $f)))
  (export "[method]output-stream.blocking-write-and-flush"
    (func (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $g)))))))
(alias export $streams "output-stream" (type $output))
(import "wasi:cli/stdout@0.2.0" (instance $stdout (alias outer 1 $output (type $out)) (export "output-stream" (type $o (eq $out)))
  (export "get-stdout" (func (result (own $o))))))"#;

/// A component whose `run` is the core function `run` of the core instance `$main`, which `parts` define; it may call `$exit`,
/// a core function.
pub fn command(parts: &str) -> String {
    format!(
        r#"(component
            (import "wasi:cli/exit@0.2.6" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
            (core func $exit (canon lower (func $exit "exit-with-code")))
            (core instance $host (export "exit" (func $exit)))
            {parts}
            (func $run (result (result)) (canon lift (core func $main "run")))
            (instance $command (export "run" (func $run)))
            (export "wasi:cli/run@0.2.6" (instance $command)))"#
    )
}
