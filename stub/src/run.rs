//! Running the app: imports, instance, `_start`, and what its end means.

use payload::info::printable;
use sandbox::{Ctx, Exit, Miss, State, Used};
use wasmer::{
    AsStoreMut, Extern, ExternType, Function, FunctionEnv, FunctionType, Instance, InstantiationError,
    Module, RuntimeError, Store,
};

use crate::fail::{self, Context, Failure};
use crate::image;
use crate::{sys, trace};

/// Exit code of an app that trapped: what a shell reports for a native program that aborted.
const EXIT_TRAP: i32 = 134;
/// Frames that a trap's report shows; a stack that overflowed has thousands.
const FRAMES_SHOWN: usize = 32;

/// What came of a program.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it asked for in vain.
    pub(crate) misses: Vec<Miss>,
    /// What it used of the host, if that was to be known.
    pub(crate) used: Used,
}

/// Runs a WASI command to its end.
pub(crate) fn command(store: &mut Store, module: &Module, ctx: Ctx) -> Result<Ended, Failure> {
    sys::stack::learn().context("cannot have a stack for the program")?;
    trace::install(store);
    let env = FunctionEnv::new(store, State::new(ctx).bring_with(image::TOUCH));
    let code = exit_code(store, module, &env)?;
    let ctx = env.as_ref(store).ctx();
    Ok(Ended { code, misses: ctx.misses(), used: ctx.used() })
}

fn exit_code(store: &mut Store, module: &Module, env: &FunctionEnv<State>) -> Result<i32, Failure> {
    let imports = imports(store, module, env)?;
    let instance = match Instance::new_by_index(store, module, &imports) {
        Ok(instance) => instance,
        // Data or elements that do not fit.
        Err(InstantiationError::Start(error)) => return Ok(ended(error, &mut |_| None)),
        Err(error) => {
            let limits = sys::OfMemory;
            return Err(match image::memory::refused() {
                Some(failure) => Failure::new(failure.to_string()),
                None => Failure::new(format!("cannot set up the program: {error}{limits}")),
            });
        }
    };
    sys::cross::install(store, &instance);
    if let Ok(memory) = instance.exports.get_memory("memory") {
        env.as_mut(store).attach(memory.clone());
    }
    let start = instance.exports.get_typed_function::<(), ()>(&*store, "_start");
    let start = start.context("the program has no start function")?;
    let ended_by = start.call(store);
    let mut number = |name: &str| {
        let value = instance.exports.get_global(name).ok()?.get(store);
        value.i32().map(|value| value as u32)
    };
    Ok(ended_by.map_or_else(|error| ended(error, &mut number), |()| 0))
}

/// What the app imports, in its order: WASI, and for a function that nobody provides one that says so when called.
fn imports(store: &mut Store, module: &Module, env: &FunctionEnv<State>) -> Result<Vec<Extern>, Failure> {
    let provide = |import: wasmer::ImportType| {
        let (from, name) = (import.module(), import.name());
        let ExternType::Function(wanted) = import.ty() else {
            let message =
                format!("the program imports {from}.{name}, which is no function; nothing provides it");
            return Err(Failure::new(message));
        };
        let function = sandbox::imports::function(store, env, from, name)
            .filter(|function| function.ty(store) == *wanted)
            .unwrap_or_else(|| missing(store, wanted, from, name));
        Ok(function.into())
    };
    module.imports().map(provide).collect()
}

fn missing(store: &mut impl AsStoreMut, ty: &FunctionType, from: &str, name: &str) -> Function {
    let message = printable(&format!("the program called {from}.{name}, which nothing here provides"));
    Function::new(store, ty, move |_| Err(RuntimeError::new(message.clone())))
}

/// The exit code of a program that ended by itself, or trapped; a trap is reported. `number` tells what the exported i32 global
/// of a name holds.
fn ended(error: RuntimeError, number: &mut dyn FnMut(&str) -> Option<u32>) -> i32 {
    match error.downcast::<Exit>() {
        // Systems that keep a byte of it take the lowest.
        Ok(Exit(code)) => code as i32,
        Err(trap) => {
            fail::say(&report(&trap, number));
            EXIT_TRAP
        }
    }
}

fn report(trap: &RuntimeError, number: &mut dyn FnMut(&str) -> Option<u32>) -> String {
    let (message, frames) = trace::describe(trap, number);
    let mut text = format!("trap: {message}");
    for frame in frames.iter().take(FRAMES_SHOWN) {
        let name =
            if frame.name.is_empty() { format!("function {}", frame.index) } else { printable(&frame.name) };
        text += &format!("\n    at {name} (offset {:#x} in the module)", frame.module_offset);
    }
    if frames.len() > FRAMES_SHOWN {
        text += "\n    …";
    }
    text
}
