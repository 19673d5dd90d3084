//! Running the app: imports, instance, `_start`, and what its end means.

use std::sync::Arc;

use payload::info::printable;
use sandbox::programs::Exec;
use sandbox::{Ctx, Exit, FIRST, State, ThreadExit, gate};
use wasmer::{
    AsStoreMut, Extern, ExternType, Function, FunctionEnv, FunctionType, Instance, InstantiationError,
    Memory, MemoryType, Module, RuntimeError, Store,
};

use crate::ending::Ending;
use crate::fail::{self, Context, Failure};
use crate::image::{self, Program, Programs};
use crate::threads::{Common, Spawner};
use crate::{copies, sys, trace};

/// Exit code of an app that trapped: what a shell reports for a native program that aborted.
const EXIT_TRAP: i32 = 134;
/// Frames that a trap's report shows; a stack that overflowed has thousands.
const FRAMES_SHOWN: usize = 32;

/// How a program ended.
enum End {
    /// With this exit code.
    Code(i32),
    /// It becomes another one.
    Exec(Exec),
}

/// Runs a WASI command, and what it becomes, to the end; the exit code.
pub(crate) fn command(
    programs: &'static Programs,
    ctx: Ctx,
    ending: &'static Ending,
) -> Result<i32, Failure> {
    match program(programs.get(0)?, programs, Arc::new(ctx), ending)? {
        (End::Code(code), _) => Ok(code),
        (End::Exec(exec), ctx) => become_other(exec, programs, ctx, ending),
    }
}

/// Goes on as another program, and what that becomes, to the end, with `ctx`, which nobody else has; the exit code.
pub(crate) fn become_other(
    mut exec: Exec,
    programs: &'static Programs,
    mut ctx: Arc<Ctx>,
    ending: &'static Ending,
) -> Result<i32, Failure> {
    loop {
        copies::became(ctx.process());
        let number = ctx.become_other(exec);
        // Notes about where the engine was entered are of code that is gone.
        sys::frames::noted();
        (exec, ctx) = match program(programs.get(number)?, programs, ctx, ending)? {
            (End::Code(code), _) => return Ok(code),
            (End::Exec(exec), ctx) => (exec, ctx),
        };
    }
}

/// Runs one program to its end; with what was behind its calls.
fn program(
    program: &'static Program,
    programs: &'static Programs,
    ctx: Arc<Ctx>,
    ending: &'static Ending,
) -> Result<(End, Arc<Ctx>), Failure> {
    let mut store = program.begin();
    let ended = instance(&mut store, program, programs, &ctx, ending)?;
    match ended {
        // The process ends. Taking apart what the system takes back as a whole would be work for nothing.
        End::Code(_) => std::mem::forget(store),
        End::Exec(_) => {
            image::leave();
            drop(store);
        }
    }
    Ok((ended, ctx))
}

/// Runs a program in `store`.
fn instance(
    store: &mut Store,
    program: &'static Program,
    programs: &'static Programs,
    ctx: &Arc<Ctx>,
    ending: &'static Ending,
) -> Result<End, Failure> {
    let module = &program.module;
    sys::stack::learn().context("cannot have a stack for the program")?;
    trace::install(store);
    let state =
        State::new(Arc::clone(ctx)).bring_with(image::TOUCH).call_back_by(sys::cross::on_further_stack);
    let memory = memory_type(module).map(|ty| Memory::new(store, ty)).transpose().map_err(|e| refused(&e))?;
    let (env, address, common) = match &memory {
        None => {
            let state = state.fork_with(copies::starter(ending, None));
            (FunctionEnv::new(store, state), 0, None)
        }
        Some(memory) => {
            let address = memory.view(store).data_ptr() as usize;
            let shared = memory.as_shared(store).ok_or_else(|| refused(&"its memory cannot be shared"))?;
            let engine = store.engine().clone();
            let common = Common::new((engine, program), (shared, address), (ending, programs));
            let common = Arc::new(common);
            let spawner = Arc::new(Spawner(Arc::clone(&common)));
            let forker = copies::starter(ending, Some(&common));
            common.fork_with(forker.as_ref());
            let state = state.fork_with(forker);
            (FunctionEnv::new(store, state.of_thread(FIRST, spawner)), address, Some(common))
        }
    };
    let imports = imports(store, module, &env, memory.as_ref())?;
    let instance = match Instance::new_by_index(store, module, &imports) {
        Ok(instance) => instance,
        // Data or elements that do not fit.
        Err(InstantiationError::Start(error)) => {
            return Ok(end(ending, (ctx, None), Err(error), &mut |_| None));
        }
        Err(error) => return Err(refused(&error)),
    };
    sys::cross::install(store, &instance, memory.is_some());
    match memory {
        #[allow(unsafe_code, reason = "where the memory is was found above")]
        // SAFETY: the address is the memory's, which never moves, and the store has it.
        Some(memory) => unsafe { env.as_mut(store).attach_shared(memory, address) },
        None => {
            if let Ok(memory) = instance.exports.get_memory("memory") {
                env.as_mut(store).attach(memory.clone());
            }
        }
    }
    State::attach_jumps(&env, store, &instance, None);
    sandbox::imports::handle_signals(store, &env, &instance.exports);
    let start = instance.exports.get_typed_function::<(), ()>(&*store, "_start");
    let start = start.context("the program has no start function")?;
    let result = start.call(store);
    Ok(end(ending, (ctx, common.as_deref()), result, &mut number(store, &instance)))
}

/// Does what is to be done when the first thread is at its end, unless the program becomes another one.
fn end(
    ending: &Ending,
    (ctx, threads): (&Ctx, Option<&Common>),
    result: Result<(), RuntimeError>,
    number: &mut dyn FnMut(&str) -> Option<u32>,
) -> End {
    let result = match result.map_err(RuntimeError::downcast::<Exec>) {
        Err(Ok(exec)) => return End::Exec(exec),
        Err(Err(error)) => Err(error),
        Ok(()) => Ok(()),
    };
    let result = match result {
        // The program goes on for as long as another thread does.
        Err(error) if error.downcast_ref::<ThreadExit>().is_some() => {
            if let Some(threads) = threads {
                let _inside = gate::enter();
                threads.join(ctx);
            }
            Ok(())
        }
        result => result,
    };
    ending.claim();
    let code = result.map_or_else(|error| code(error, number), |()| 0);
    ending.finish(ctx, code);
    End::Code(code)
}

/// Why there is no memory, or no instance.
fn refused(error: &dyn std::fmt::Display) -> Failure {
    match image::memory::refused() {
        Some(failure) => Failure::new(failure.to_string()),
        None => Failure::new(format!("cannot set up the program: {error}{}", sys::OfMemory)),
    }
}

/// The type of the memory that the app imports to share it among its threads, if it does.
fn memory_type(module: &Module) -> Option<MemoryType> {
    module.imports().find_map(|import| match import.ty() {
        ExternType::Memory(ty) if ty.shared => Some(*ty),
        _ => None,
    })
}

/// Tells what the exported i32 global of a name holds.
pub(crate) fn number<'a>(store: &'a mut Store, instance: &'a Instance) -> impl FnMut(&str) -> Option<u32> {
    move |name: &str| {
        let value = instance.exports.get_global(name).ok()?.get(store);
        value.i32().map(|value| value as u32)
    }
}

/// What the app imports, in its order: its memory, if its threads share it, WASI, and for a function that nobody provides one
/// that says so when called.
pub(crate) fn imports(
    store: &mut Store,
    module: &Module,
    env: &FunctionEnv<State>,
    memory: Option<&Memory>,
) -> Result<Vec<Extern>, Failure> {
    let provide = |import: wasmer::ImportType| {
        let (from, name) = (import.module(), import.name());
        let wanted = match (import.ty(), memory) {
            (ExternType::Function(wanted), _) => wanted,
            (ExternType::Memory(ty), Some(memory)) if ty.shared => return Ok(memory.clone().into()),
            _ => {
                let message =
                    format!("the program imports {from}.{name}, which is no function; nothing provides it");
                return Err(Failure::new(message));
            }
        };
        let function = sandbox::imports::function(store, env, from, name, wanted)
            .or_else(|| sandbox::imports::socket(store, env, from, name, wanted))
            .or_else(|| sandbox::imports::program(store, env, from, name, wanted))
            .or_else(|| sandbox::imports::unknown(store, from, wanted))
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
pub(crate) fn code(error: RuntimeError, number: &mut dyn FnMut(&str) -> Option<u32>) -> i32 {
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
