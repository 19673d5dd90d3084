//! The bridge to wasmer: how a call gets from the guest into [`crate::calls`]. Which calls there are is declared in
//! [`crate::table`].
//!
//! Only the functions that an app imports are made, each as a typed static function, so nothing is looked up and
//! nothing is boxed when it is called. A failed call becomes its errno; only `proc_exit` and `proc_raise` unwind.

mod programs;
mod sockets;

use wasmer::{
    AsStoreMut, Exports, FromToNativeWasmType, Function, FunctionEnv, FunctionEnvMut, FunctionType,
    RuntimeError, Type, Value,
};

use crate::callbacks::back;
use crate::caller::{Caller, ThreadExit};
use crate::calls::proc::Raised;
use crate::calls::{
    args, clock, environ, epoll, fd_io, fd_stat, fd_table, made, open, path, poll, proc, processes, random,
    readdir, sched, sock, threads, tty, wasix,
};
use crate::errno::Result;
use crate::jumps;
use crate::memory::Memory;
use crate::pending;
use crate::preview0;
use crate::state::State;
use crate::table::{PREVIEW0, PREVIEW1, SIGNAL_HANDLER, SPAWN, THREADS, WASIX, calls, wasix_calls};

pub use programs::program;
pub use sockets::socket;

/// An errno as the guest gets it.
fn number(result: Result<()>) -> i32 {
    result.map_or_else(|error| error.0, |()| wasip1::ERRNO_SUCCESS).raw().into()
}

/// Runs one call with its caller and the guest's memory at hand.
fn with_caller<T>(env: &mut FunctionEnvMut<'_, State>, call: impl FnOnce(Caller<'_>, &Memory<'_>) -> T) -> T {
    let (state, store) = env.data_and_store_mut();
    let _inside = state.enter();
    call(state.caller(), &state.memory(&store))
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
            for fn(Caller<'_>, &Memory<'_>, $($parameter),*) -> Result<()>
        {
            fn import(self, store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
                let call = move |mut env: FunctionEnvMut<'_, State>, $($parameter: $parameter),*| {
                    let result = number(with_caller(&mut env, |caller, memory| self(caller, memory, $($parameter),*)));
                    if pending::any() {
                        tell(&mut env)?;
                    }
                    std::result::Result::<i32, RuntimeError>::Ok(result)
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
import!(A B C D E F G H);
import!(A B C D E F G H I);
import!(A B C D E F G H I J);

/// A function that runs `$call` with the arguments of the given types.
macro_rules! function {
    ($store:expr, $env:expr, $call:path, ($($name:ident: $type:ty),*)) => {
        {
            type Call = fn(Caller<'_>, &Memory<'_>, $($type),*) -> Result<()>;
            // Without a thread of its own: whoever calls is nothing to it.
            let call: Call = |caller, memory, $($name),*| $call(caller.ctx, memory, $($name),*);
            call.import($store, $env)
        }
    };
}

/// The import `name` of `module` that has the type `wanted`, or `None` if there is no such function. One that has another type
/// is another function.
pub fn function(
    store: &mut impl AsStoreMut,
    env: &FunctionEnv<State>,
    module: &str,
    name: &str,
    wanted: &FunctionType,
) -> Option<Function> {
    let now = named(store, env, module, name).filter(|function| function.ty(store) == *wanted);
    now.or_else(|| older(store, env, module, name).filter(|function| function.ty(store) == *wanted))
}

/// The import `name` of `module` as programs of earlier years have it, where that differs.
fn older(
    store: &mut impl AsStoreMut,
    env: &FunctionEnv<State>,
    module: &str,
    name: &str,
) -> Option<Function> {
    match name {
        _ if module != WASIX => None,
        "proc_join" => {
            let join = processes::proc_join_2022 as fn(Caller<'_>, &Memory<'_>, u32, u32) -> Result<()>;
            Some(join.import(store, env))
        }
        "thread_spawn" => {
            type Spawn = fn(Caller<'_>, &Memory<'_>, u64, u64, u64, u32, u32) -> Result<()>;
            Some((threads::thread_spawn_2022 as Spawn).import(store, env))
        }
        _ => None,
    }
}

/// The import `name` of `module`.
fn named(
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
        WASIX => {
            env.as_ref(store).ctx().be_wasix();
            match name {
                "thread_exit" => Some(thread_exit(store)),
                "callback_signal" => Some(callback_signal(store, env)),
                "thread_signal" => Some(thread_signal(store, env)),
                "proc_signal" => Some(proc_signal(store, env)),
                "stack_checkpoint" => Some(Function::new_typed_with_env(store, env, jumps::checkpoint)),
                "stack_restore" => Some(Function::new_typed_with_env(store, env, jumps::restore)),
                // It ends a copy that shares the program's memory otherwise; here none does.
                "proc_exit2" => Some(proc_exit(store)),
                _ => wasix_call(store, env, name).or_else(|| preview1(store, env, name)),
            }
        }
        THREADS if name == SPAWN => Some(thread_spawn(store, env)),
        _ => None,
    }
}

/// A function for an import of WASIX that is not known here, if its type `ty` lets it answer so.
pub fn unknown(store: &mut impl AsStoreMut, module: &str, ty: &FunctionType) -> Option<Function> {
    let answers = module == WASIX && ty.results() == [Type::I32];
    answers.then(|| Function::new(store, ty, |_| Ok(vec![Value::I32(wasip1::ERRNO_NOSYS.raw().into())])))
}

/// Lets the program handle signals by the function that its `exports` have for that, if they have one.
pub fn handle_signals(store: &mut impl AsStoreMut, env: &FunctionEnv<State>, exports: &Exports) {
    if let Ok(handler) = exports.get_function(SIGNAL_HANDLER) {
        let ty = handler.ty(store);
        let fits = ty.params() == [Type::I32] && ty.results().is_empty();
        env.as_mut(store).handler = fits.then(|| handler.clone());
    }
}

/// The import of wasi-threads that starts a thread.
fn thread_spawn(store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
    Function::new_typed_with_env(store, env, |mut env: FunctionEnvMut<'_, State>, argument: u32| -> i32 {
        with_caller(&mut env, |caller, _| threads::spawn(caller, argument))
    })
}

/// The import of WASIX that ends the thread which calls it.
fn thread_exit(store: &mut impl AsStoreMut) -> Function {
    Function::new_typed(store, |_code: u32| -> std::result::Result<(), RuntimeError> {
        Err(RuntimeError::user(Box::new(ThreadExit)))
    })
}

/// The import of WASIX that says which function is to be told of signals. It is the one that C libraries export for that.
fn callback_signal(store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
    Function::new_typed_with_env(store, env, |env: FunctionEnvMut<'_, State>, _name: u32, _name_len: u32| {
        env.data().ctx().handle_signals();
    })
}

/// The import of WASIX that sends a signal to a thread of the program: the one that calls gets it. Older C libraries do not know
/// the number of the first, and say 0.
fn thread_signal(store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
    Function::new_typed_with_env(store, env, |env: FunctionEnvMut<'_, State>, tid: u32, signal: u32| {
        if env.data().ctx().threads.is_there(tid) {
            send(env, signal)
        } else {
            Ok(wasip1::ERRNO_SRCH.raw().into())
        }
    })
}

/// The import of WASIX that sends a signal to a process: itself, or a copy.
fn proc_signal(store: &mut impl AsStoreMut, env: &FunctionEnv<State>) -> Function {
    Function::new_typed_with_env(store, env, |mut env: FunctionEnvMut<'_, State>, pid: u32, signal: u32| {
        if pid == env.data().ctx().processes.number() {
            send(env, signal)
        } else {
            Ok(number(with_caller(&mut env, |caller, _| processes::signal(caller, pid, signal))))
        }
    })
}

/// Tells the program of signals that came from outside, one after the other, if it handles signals. One that is just being told
/// of some is told of others later, as if these were blocked meanwhile.
fn tell(env: &mut FunctionEnvMut<'_, State>) -> std::result::Result<(), RuntimeError> {
    let state = env.data_mut();
    if std::mem::replace(&mut state.is_being_told, true) {
        return Ok(());
    }
    let around = state.around;
    let handler = state.handler.clone().filter(|_| state.ctx().handles_signals());
    let mut result = Ok(());
    while result.is_ok()
        && let Some(signal) = pending::take()
    {
        // Nobody else notices these.
        if let Some(handler) = &handler {
            let signal = Value::I32(proc::to_linux(signal) as i32);
            result = back(around, || handler.call(env, &[signal])).map(drop);
        }
    }
    env.data_mut().is_being_told = false;
    result
}

/// Lets the program handle a signal, which its C library counts as Linux does, if it said that it does; otherwise that does what
/// it does by itself.
fn send(mut env: FunctionEnvMut<'_, State>, signal: u32) -> std::result::Result<i32, RuntimeError> {
    let own = match proc::from_linux(signal) {
        Ok(own) => own,
        Err(error) => return Ok(number(Err(error))),
    };
    let state = env.data();
    let around = state.around;
    let handled = state.ctx().handles_signals() && proc::can_be_handled(own);
    match state.handler.clone().filter(|_| handled) {
        Some(handler) => back(around, || handler.call(&mut env, &[Value::I32(signal as i32)])).map(|_| 0),
        None => raised(proc::proc_raise(own)),
    }
}

/// The import that ends the program.
fn proc_exit(store: &mut impl AsStoreMut) -> Function {
    Function::new_typed(store, |rval: u32| -> std::result::Result<(), RuntimeError> {
        Err(RuntimeError::user(Box::new(proc::proc_exit(rval))))
    })
}

/// What the guest gets of a raised signal.
fn raised(raised: Raised) -> std::result::Result<i32, RuntimeError> {
    match raised {
        Raised::Ignored => Ok(wasip1::ERRNO_SUCCESS.raw().into()),
        Raised::Failed(errno) => Ok(errno.raw().into()),
        Raised::Ended(exit) => Err(RuntimeError::user(Box::new(exit))),
    }
}

/// The import that may end the program.
fn proc_raise(store: &mut impl AsStoreMut) -> Function {
    Function::new_typed(store, |sig: u32| raised(proc::proc_raise(sig)))
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

/// Makes the imports of the table of the calls of WASIX.
macro_rules! wasix_call {
    ($($name:ident($($parameter:ident: $type:ty),*) in $family:ident;)*) => {
        fn wasix_call(store: &mut impl AsStoreMut, env: &FunctionEnv<State>, name: &str) -> Option<Function> {
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

wasix_calls!(wasix_call);
