//! The start that is tried, interpreted in the packer itself.
//!
//! What a trial finds decides the bytes of the executable. So nothing of the machine has a part in it: the program is
//! interpreted, by the same steps on every system and CPU. Its clocks are counted, its random numbers are always the same, its
//! input is empty, its output goes nowhere, and its files are those that it carries. It ends when it has taken a number of
//! steps ([`STEPS`]), or wants more memory than [`limits::MOST_MEMORY`]; what it touched until then counts. A machine that has no
//! memory for that is an error. No process is started, and nothing is written.

mod calls;
mod given;
mod limits;
mod notes;
mod state;
mod tried;

use std::{fmt, sync::Arc};

use sandbox::{Access, Ctx, Exit, table::WASIX};
use wasmer_compiler::wasmparser::{Parser, Payload, TypeRef};
use wasmi::{CompilationMode, Config, Engine, Linker, Module, Store, TrapCode};

use self::{
    limits::{Limits, Refused},
    state::{Ends, Notes, State},
};
use super::{carried::Carried, noting};
use crate::{Error, Kind};

pub use given::Given;
pub use tried::{Ended, Tried};

/// Steps that a start may take: turns of loops and calls of functions that call others. wasmi's own fuel is not used: it charges
/// an interpreter's loop for all of its instructions at every turn.
const STEPS: i32 = 10_000_000;
/// Calls within calls, and bytes of their values.
const MOST_CALLS: usize = 50_000;
const MOST_STACK: usize = 16 << 20;

/// Tries a start of `module`, with what it is `given` of the executable's own. `Ok(Err)` is the reason why such a program is
/// not tried, on no machine.
///
/// # Errors
/// `Profile` if this machine has no memory for it.
pub fn start(module: &[u8], given: &Given, carried: &Arc<Carried>) -> Result<Result<Tried, String>, Error> {
    let unfit = |what: &dyn fmt::Display| Ok(Err(format!("the program cannot be interpreted: {what}")));
    if shares_memory(module) {
        return unfit(&"it may have threads, and the interpreter has one");
    }
    let noting = match noting::noting(module, STEPS) {
        Ok(noting) => noting,
        Err(error) => return unfit(&error),
    };
    let engine = Engine::new(&config());
    let module = match Module::new(&engine, &noting) {
        Ok(module) => module,
        Err(error) => return unfit(&error),
    };
    drop(noting);
    let ctx = match context(given, carried) {
        Ok(ctx) => ctx,
        Err(reason) => return Ok(Err(reason)),
    };
    if module.imports().any(|import| import.module() == WASIX) {
        ctx.be_wasix();
    }
    let mut store = Store::new(&engine, State { ctx, notes: Notes::default(), limits: Limits::default() });
    store.limiter(|state| &mut state.limits);
    let mut linker = Linker::new(&engine);
    if let Err(error) = notes::link(&mut linker).and_then(|()| calls::link(&mut linker, &module)) {
        return unfit(&error);
    }
    let mut left = None;
    let ran = linker.instantiate_and_start(&mut store, &module).and_then(|instance| {
        left = instance.get_global(&store, noting::LEFT);
        let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
        start.call(&mut store, ())
    });
    let left = left.and_then(|left| left.get(&store).i32()).unwrap_or_default();
    let took = (STEPS - left) as u64;
    let State { notes, limits, .. } = store.into_data();
    let ended = match ran {
        Ok(()) => Ended::Exit(0),
        Err(error) => match (limits.refused, error.downcast_ref::<Ends>(), error.as_trap_code()) {
            (Some(Refused::System(bytes)), ..) => return Err(no_memory(&format!("it wants {bytes} bytes"))),
            (None, None, Some(TrapCode::OutOfSystemMemory)) => return Err(no_memory("its stack grows")),
            (Some(Refused::Trial), ..) => Ended::Memory,
            (None, Some(Ends(Exit(code))), _) => Ended::Exit(*code),
            (None, None, Some(TrapCode::OutOfFuel)) => Ended::Steps,
            (None, None, _) => Ended::Trap,
        },
    };
    Ok(Ok(Tried { steps: notes.steps, ended, took }))
}

/// True if the module has a memory that threads can share.
fn shares_memory(module: &[u8]) -> bool {
    let is_shared = |payload| match payload {
        Payload::ImportSection(imports) => imports.into_imports().any(|import| {
            import.is_ok_and(|import| matches!(import.ty, TypeRef::Memory(memory) if memory.shared))
        }),
        Payload::MemorySection(memories) => {
            memories.into_iter().any(|memory| memory.is_ok_and(|memory| memory.shared))
        }
        _ => false,
    };
    Parser::new(0).parse_all(module).any(|payload| payload.is_ok_and(is_shared))
}

/// On a machine with more the trial would find more: so this one cannot go on without.
fn no_memory(why: &str) -> Error {
    let reason = format!(
        "there is no memory to try a start ({why}); pack without the trial (--no-trial), or with a profile that another \
         machine saved (--use-profile)"
    );
    Error::new(Kind::Profile, reason)
}

fn config() -> Config {
    let mut config = Config::default();
    config
        .compilation_mode(CompilationMode::Lazy)
        .ignore_custom_sections(true)
        .wasm_wide_arithmetic(true)
        .set_max_recursion_depth(MOST_CALLS)
        .set_max_stack_height(MOST_STACK);
    config
}

fn context(given: &Given, carried: &Arc<Carried>) -> Result<Ctx, String> {
    let mut builder = Ctx::builder().repeatable().detached().arg(given.name.as_bytes());
    for arg in &given.args {
        builder = builder.arg(arg.as_bytes());
    }
    for variable in &given.env {
        builder = builder.env(variable.as_bytes());
    }
    for (root, (guest, writable)) in (0..).zip(&given.files) {
        let access = if *writable { Access::ReadWrite } else { Access::ReadOnly };
        builder = builder.files(Arc::clone(carried) as Arc<dyn sandbox::Files>, root, guest, access);
    }
    if let Some(guest) = &given.tmp {
        builder = builder.temporary(guest);
    }
    if let Some(guest) = &given.cwd {
        builder = builder.cwd(guest);
    }
    builder.build().map_err(|_| "its working directory is in none of the files that it carries".to_owned())
}
