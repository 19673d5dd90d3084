//! The bridge to wasmer: how a call gets from the guest into [`crate::calls`]. Which calls there are is declared in
//! [`crate::table`].
//!
//! Only the functions that an app imports are made, each as a typed static function, so nothing is looked up and
//! nothing is boxed when it is called. A failed call becomes its errno; only `proc_exit` and `proc_raise` unwind.

use std::sync::Arc;

use wasmer::{
    AsStoreMut, AsStoreRef, FromToNativeWasmType, Function, FunctionEnv, FunctionEnvMut, FunctionType,
    Memory as WasmMemory, RuntimeError, Type, Value,
};

use crate::caller::{Caller, Spawn, ThreadExit};
use crate::calls::proc::Raised;
use crate::calls::{
    args, clock, environ, fd_io, fd_stat, fd_table, path, poll, proc, random, readdir, sched, sock, threads,
    wasix,
};
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::{Bring, Memory};
use crate::piece::Piece;
use crate::preview0;
use crate::table::{PREVIEW0, PREVIEW1, SPAWN, THREADS, WASIX, calls, thread_calls};
use crate::threads::FIRST;

/// What host functions work on: the program's state, and its memory once it has one. Each thread of a program has one of its
/// own, because each has a store of its own; they share the program's state.
#[derive(Debug)]
pub struct State {
    ctx: Arc<Ctx>,
    memory: Guest,
    bring: Option<Bring>,
    tid: u32,
    spawner: Option<Arc<dyn Spawn>>,
}

/// The app's memory.
#[derive(Debug)]
enum Guest {
    /// There is none yet.
    None,
    /// One that one thread has.
    Own(WasmMemory),
    /// One that several threads have, and its address, which never changes. What the engine notes of it is not to be read
    /// while another thread lets it grow; its size can be asked for.
    Shared { memory: WasmMemory, address: usize },
}

impl State {
    /// State for an app that is not instantiated yet.
    pub fn new(ctx: impl Into<Arc<Ctx>>) -> State {
        State { ctx: ctx.into(), memory: Guest::None, bring: None, tid: FIRST, spawner: None }
    }

    /// The same state, with what makes part of the app's memory accessible before the operating system is handed it.
    #[must_use]
    pub fn bring_with(self, bring: Option<Bring>) -> State {
        State { bring, ..self }
    }

    /// The same state, as thread `tid` of the program has it, which starts others by `spawner`.
    #[must_use]
    pub fn of_thread(self, tid: u32, spawner: Arc<dyn Spawn>) -> State {
        State { tid, spawner: Some(spawner), ..self }
    }

    /// The program's state.
    pub fn ctx(&self) -> &Arc<Ctx> {
        &self.ctx
    }

    /// Says where the app's memory is, which no other thread has. Until then every pointer is a `fault`.
    pub fn attach(&mut self, memory: WasmMemory) {
        self.memory = Guest::Own(memory);
    }

    /// Says where the app's memory is, which its threads share: at `address`.
    ///
    /// # Safety
    /// It is there, and stays there for as long as `memory` does.
    #[allow(unsafe_code, reason = "an address is taken on trust")]
    pub unsafe fn attach_shared(&mut self, memory: WasmMemory, address: usize) {
        self.memory = Guest::Shared { memory, address };
    }
}

impl Guest {
    /// All of it, as it is now.
    fn all(&self, store: &impl AsStoreRef) -> Piece<'_> {
        let (start, len) = match self {
            Guest::None => return Piece::EMPTY,
            Guest::Own(memory) => {
                let view = memory.view(store);
                (view.data_ptr(), view.data_size() as usize)
            }
            Guest::Shared { memory, address } => (*address as *mut u8, memory.size(store).bytes().0),
        };
        // SAFETY: this is all of the app's memory, which never moves or shrinks and stays until the store goes. Only the app's
        // own code touches it, and what is reached from here: nothing makes a reference to it.
        #[allow(unsafe_code)]
        unsafe {
            Piece::at(start, len)
        }
    }
}

/// Runs one call with the guest's memory at hand.
fn with<T>(mut env: FunctionEnvMut<'_, State>, call: impl FnOnce(&State, &Memory<'_>) -> T) -> T {
    let (state, store) = env.data_and_store_mut();
    let memory = Memory::of(state.memory.all(&store)).bring_with(state.bring);
    call(state, &memory)
}

/// An errno as the guest gets it.
fn number(result: Result<()>) -> i32 {
    result.map_or_else(|error| error.0, |()| wasip1::ERRNO_SUCCESS).raw().into()
}

/// Runs one call of a thread.
fn with_caller<T>(env: FunctionEnvMut<'_, State>, call: impl FnOnce(Caller<'_>, &Memory<'_>) -> T) -> T {
    with(env, |State { ctx, tid, spawner, .. }, memory| {
        call(Caller { ctx, tid: *tid, spawner: spawner.as_ref() }, memory)
    })
}

/// A call that becomes a function to be imported. What is called is a value and no type, so that all calls that take the same
/// are compiled once.
trait Import<Parameters> {
    fn import(self, store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function;
}

macro_rules! import {
    ($($parameter:ident)*) => {
        #[allow(non_snake_case, reason = "a parameter is called as its type")]
        impl<$($parameter: FromToNativeWasmType + 'static),*> Import<($($parameter,)*)>
            for fn(&Ctx, &Memory<'_>, $($parameter),*) -> Result<()>
        {
            fn import(self, store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
                let call = move |env: FunctionEnvMut<'_, State>, $($parameter: $parameter),*| -> i32 {
                    number(with(env, |state, memory| self(&state.ctx, memory, $($parameter),*)))
                };
                Function::new_typed_with_env(store, env, call)
            }
        }

        #[allow(non_snake_case, reason = "a parameter is called as its type")]
        impl<$($parameter: FromToNativeWasmType + 'static),*> Import<($($parameter,)*)>
            for fn(Caller<'_>, &Memory<'_>, $($parameter),*) -> Result<()>
        {
            fn import(self, store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
                let call = move |env: FunctionEnvMut<'_, State>, $($parameter: $parameter),*| -> i32 {
                    number(with_caller(env, |caller, memory| self(caller, memory, $($parameter),*)))
                };
                Function::new_typed_with_env(store, env, call)
            }
        }
    };
}

import!();
import!(A);
import!(A B);
import!(A B C);
import!(A B C D);
import!(A B C D E);
import!(A B C D E F);
import!(A B C D E F G);
import!(A B C D E F G H I);

/// A function that runs `$call` with the arguments of the given types.
macro_rules! function {
    ($store:expr, $env:expr, $call:path, ($($name:ident: $type:ty),*)) => {
        ($call as fn(&Ctx, &Memory<'_>, $($type),*) -> Result<()>).import($store, $env)
    };
}

/// The import `name` of `module`, or `None` if there is no such function. One that has another type than the app wants is
/// another function.
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
        WASIX => match name {
            "thread_exit" => Some(thread_exit(store)),
            "callback_signal" => Some(callback_signal(store)),
            _ => thread_call(store, env, name).or_else(|| preview1(store, env, name)),
        },
        THREADS if name == SPAWN => Some(thread_spawn(store, env)),
        _ => None,
    }
}

/// A function for an import of WASIX that is not known here, if its type `ty` lets it answer so.
pub fn unknown(store: &mut impl AsStoreMut, module: &str, ty: &FunctionType) -> Option<Function> {
    let answers = module == WASIX && ty.results() == [Type::I32];
    answers.then(|| Function::new(store, ty, |_| Ok(vec![Value::I32(wasip1::ERRNO_NOSYS.raw().into())])))
}

/// The import of wasi-threads that starts a thread.
fn thread_spawn(store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
    Function::new_typed_with_env(store, env, |env: FunctionEnvMut<'_, State>, argument: u32| -> i32 {
        with_caller(env, |caller, _| threads::spawn(caller, argument))
    })
}

/// The import of WASIX that ends the thread which calls it.
fn thread_exit(store: &mut impl AsStoreMut) -> Function {
    Function::new_typed(store, |_code: u32| -> std::result::Result<(), RuntimeError> {
        Err(RuntimeError::user(Box::new(ThreadExit)))
    })
}

/// The import of WASIX that says which function is to be told of signals. None ever comes.
fn callback_signal(store: &mut impl AsStoreMut) -> Function {
    Function::new_typed(store, |_name: u32, _name_len: u32| {})
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

/// Makes the imports of the table of the calls of threads.
macro_rules! thread_call {
    ($($name:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        fn thread_call(store: &mut impl AsStoreMut, env: &FunctionEnv<State>, name: &str) -> Option<Function> {
            $(
                if name == stringify!($name) {
                    let call = $family::$name as fn(Caller<'_>, &Memory<'_>, $($type),*) -> Result<()>;
                    return Some(call.import(store, env));
                }
            )*
            None
        }
    };
}

thread_calls!(thread_call);
