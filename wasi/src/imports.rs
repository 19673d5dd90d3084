//! The bridge to wasmer: how a call gets from the guest into [`crate::calls`]. Which calls there are is declared in
//! [`crate::table`].
//!
//! Only the functions that an app imports are made, each as a typed static function, so nothing is looked up and
//! nothing is boxed when it is called. A failed call becomes its errno; only `proc_exit` and `proc_raise` unwind.

use std::sync::Arc;

use wasmer::{AsStoreMut, Function, FunctionEnv, FunctionEnvMut, Memory as WasmMemory, RuntimeError};

use crate::calls::proc::Raised;
use crate::calls::{
    args, clock, environ, fd_io, fd_stat, fd_table, path, poll, proc, random, readdir, sched, sock,
};
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::{Bring, Memory};
use crate::piece::Piece;
use crate::preview0;
use crate::table::{PREVIEW0, PREVIEW1, calls};

/// What host functions work on: the program's state, and its memory once it has one. Each thread of a program has one of its
/// own, because each has a store of its own; they share the program's state.
#[derive(Debug)]
pub struct State {
    ctx: Arc<Ctx>,
    memory: Option<WasmMemory>,
    bring: Option<Bring>,
}

impl State {
    /// State for an app that is not instantiated yet.
    pub fn new(ctx: impl Into<Arc<Ctx>>) -> State {
        State { ctx: ctx.into(), memory: None, bring: None }
    }

    /// The same state, with what makes part of the app's memory accessible before the operating system is handed it.
    #[must_use]
    pub fn bring_with(self, bring: Option<Bring>) -> State {
        State { bring, ..self }
    }

    /// The program's state.
    pub fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// Says where the app's memory is. Until then every pointer is a `fault`.
    pub fn attach(&mut self, memory: WasmMemory) {
        self.memory = Some(memory);
    }
}

/// Runs one call with the guest's memory at hand.
fn with<T>(mut env: FunctionEnvMut<'_, State>, call: impl FnOnce(&Ctx, &Memory<'_>) -> T) -> T {
    let (state, store) = env.data_and_store_mut();
    let all = if let Some(memory) = &state.memory {
        let view = memory.view(&store);
        // SAFETY: this is all of the app's memory, which never moves and stays until the store goes. Only the app's own code
        // touches it, and what is reached from here: nothing makes a reference to it.
        #[allow(unsafe_code)]
        unsafe {
            Piece::at(view.data_ptr(), view.data_size() as usize)
        }
    } else {
        Piece::EMPTY
    };
    call(&state.ctx, &Memory::of(all).bring_with(state.bring))
}

/// Runs one call and answers with its errno.
fn answer(env: FunctionEnvMut<'_, State>, call: impl FnOnce(&Ctx, &Memory<'_>) -> Result<()>) -> i32 {
    match with(env, call) {
        Ok(()) => wasip1::ERRNO_SUCCESS.raw().into(),
        Err(error) => error.0.raw().into(),
    }
}

/// A function that runs `$call` with the arguments of the given types.
macro_rules! function {
    ($store:expr, $env:expr, $call:path, ($($name:ident: $type:ty),*)) => {
        Function::new_typed_with_env($store, $env, |env: FunctionEnvMut<'_, State>, $($name: $type),*| -> i32 {
            answer(env, |ctx, memory| $call(ctx, memory, $($name),*))
        })
    };
}

/// The import `name` of `module`, or `None` if WASI has no such function.
pub fn function(
    store: &mut impl AsStoreMut,
    env: &FunctionEnv<State>,
    module: &str,
    name: &str,
) -> Option<Function> {
    match module {
        PREVIEW1 => preview1(store, env, name),
        PREVIEW0 => Some(match name {
            "fd_seek" => {
                function!(store, env, preview0::fd_seek, (fd: u32, offset: i64, whence: u32, newoffset: u32))
            }
            "fd_filestat_get" => function!(store, env, preview0::fd_filestat_get, (fd: u32, buf: u32)),
            "path_filestat_get" => function!(
                store,
                env,
                preview0::path_filestat_get,
                (fd: u32, flags: u32, path: u32, path_len: u32, buf: u32)
            ),
            "poll_oneoff" => function!(
                store,
                env,
                preview0::poll_oneoff,
                (subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32)
            ),
            // Preview 0 did not have it.
            "sock_accept" => return None,
            _ => return preview1(store, env, name),
        }),
        _ => None,
    }
}

/// The import that ends the program.
fn proc_exit(store: &mut impl AsStoreMut) -> Function {
    Function::new_typed(store, |rval: u32| -> std::result::Result<(), RuntimeError> {
        Err(RuntimeError::user(Box::new(proc::proc_exit(rval))))
    })
}

/// The import that may end the program.
fn proc_raise(store: &mut impl AsStoreMut) -> Function {
    Function::new_typed(store, |sig: u32| -> std::result::Result<i32, RuntimeError> {
        match proc::proc_raise(sig) {
            Raised::Ignored => Ok(wasip1::ERRNO_SUCCESS.raw().into()),
            Raised::Failed(errno) => Ok(errno.raw().into()),
            Raised::Ended(exit) => Err(RuntimeError::user(Box::new(exit))),
        }
    })
}

/// Makes the imports of preview 1 of the table of calls.
macro_rules! preview1 {
    (by themselves: $($own:ident),*; $($name:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        fn preview1(store: &mut impl AsStoreMut, env: &FunctionEnv<State>, name: &str) -> Option<Function> {
            $(
                if name == stringify!($name) {
                    return Some(function!(store, env, $family::$name, ($($parameter: $type),*)));
                }
            )*
            $(
                if name == stringify!($own) {
                    return Some($own(store));
                }
            )*
            None
        }
    };
}

calls!(preview1);
