//! The bridge to wasmer: which imports there are, and how a call gets from the guest into [`crate::calls`].
//!
//! Only the functions that an app imports are made, each as a typed static function, so nothing is looked up and
//! nothing is boxed when it is called. A failed call becomes its errno; only `proc_exit` and `proc_raise` unwind.

use std::ptr::NonNull;

use wasmer::{AsStoreMut, Function, FunctionEnv, FunctionEnvMut, Memory as WasmMemory, RuntimeError};

use crate::calls::proc::Raised;
use crate::calls::{
    args, clock, environ, fd_io, fd_stat, fd_table, path, poll, proc, random, readdir, sched, sock,
};
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::memory::{Bring, Memory};
use crate::preview0;

/// The module name of preview 1's imports.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The module name of preview 0's imports.
pub const PREVIEW0: &str = "wasi_unstable";

/// What host functions work on: the program's state, and its memory once it has one.
#[derive(Debug)]
pub struct State {
    ctx: Ctx,
    memory: Option<WasmMemory>,
    before: Option<MemoryBefore>,
    bring: Option<Bring>,
}

/// Where the app's memory lies at this moment, once there is one.
pub type MemoryBefore = fn() -> Option<NonNull<[u8]>>;

impl State {
    /// State for an app that is not instantiated yet.
    pub fn new(ctx: Ctx) -> State {
        State { ctx, memory: None, before: None, bring: None }
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

    /// The same state, with a way to the app's memory until [`State::attach`] says where it is: a module's start function runs
    /// while there is no instance to ask.
    ///
    /// # Safety
    /// What `before` returns must be all of the memory of the app that calls, valid to be read and written until that call is
    /// answered.
    #[must_use]
    #[allow(unsafe_code)]
    pub unsafe fn memory_before(self, before: MemoryBefore) -> State {
        State { before: Some(before), ..self }
    }

    /// Says where the app's memory is. Until then every pointer is a `fault`, unless there is another way to it.
    pub fn attach(&mut self, memory: WasmMemory) {
        self.memory = Some(memory);
    }
}

/// Runs one call with the guest's memory at hand.
fn with<T>(mut env: FunctionEnvMut<'_, State>, call: impl FnOnce(&mut Ctx, &mut Memory<'_>) -> T) -> T {
    let (state, store) = env.data_and_store_mut();
    let view;
    let bytes: &mut [u8] = if let Some(wasm_memory) = &state.memory {
        view = wasm_memory.view(&store);
        // SAFETY: the app has one thread, nothing here can start another, and it waits for this call, so nothing else
        // touches its memory while the slice lives; calls do not re-enter the app.
        #[allow(unsafe_code)]
        unsafe {
            view.data_unchecked_mut()
        }
    } else if let Some(mut memory) = state.before.and_then(|before| before()) {
        // SAFETY: as above, and whoever gave `before` promised that this is the app's memory.
        #[allow(unsafe_code)]
        unsafe {
            memory.as_mut()
        }
    } else {
        &mut []
    };
    call(&mut state.ctx, &mut Memory::new(bytes).bring_with(state.bring))
}

/// Runs one call and answers with its errno.
fn answer(env: FunctionEnvMut<'_, State>, call: impl FnOnce(&mut Ctx, &mut Memory<'_>) -> Result<()>) -> i32 {
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
        PREVIEW1 => {}
        PREVIEW0 => {
            let changed = match name {
                "fd_seek" => {
                    function!(store, env, preview0::fd_seek, (fd: u32, offset: i64, whence: u32, r: u32))
                }
                "fd_filestat_get" => function!(store, env, preview0::fd_filestat_get, (fd: u32, r: u32)),
                "path_filestat_get" => {
                    function!(store, env, preview0::path_filestat_get, (fd: u32, l: u32, p: u32, n: u32, r: u32))
                }
                "poll_oneoff" => {
                    function!(store, env, preview0::poll_oneoff, (s: u32, e: u32, n: u32, r: u32))
                }
                // Preview 0 did not have it.
                "sock_accept" => return None,
                _ => return preview1(store, env, name),
            };
            return Some(changed);
        }
        _ => return None,
    }
    preview1(store, env, name)
}

fn preview1(store: &mut impl AsStoreMut, env: &FunctionEnv<State>, name: &str) -> Option<Function> {
    macro_rules! f {
        ($call:path, $args:tt) => {
            function!(store, env, $call, $args)
        };
    }
    Some(match name {
        "args_get" => f!(args::args_get, (p: u32, b: u32)),
        "args_sizes_get" => f!(args::args_sizes_get, (n: u32, s: u32)),
        "environ_get" => f!(environ::environ_get, (p: u32, b: u32)),
        "environ_sizes_get" => f!(environ::environ_sizes_get, (n: u32, s: u32)),
        "clock_res_get" => f!(clock::clock_res_get, (id: u32, r: u32)),
        "clock_time_get" => f!(clock::clock_time_get, (id: u32, precision: u64, r: u32)),
        "random_get" => f!(random::random_get, (b: u32, n: u32)),
        "sched_yield" => f!(sched::sched_yield, ()),
        "poll_oneoff" => f!(poll::poll_oneoff, (s: u32, e: u32, n: u32, r: u32)),

        "fd_close" => f!(fd_table::fd_close, (fd: u32)),
        "fd_renumber" => f!(fd_table::fd_renumber, (from: u32, to: u32)),
        "fd_fdstat_get" => f!(fd_table::fd_fdstat_get, (fd: u32, r: u32)),
        "fd_fdstat_set_flags" => f!(fd_table::fd_fdstat_set_flags, (fd: u32, flags: u32)),
        "fd_fdstat_set_rights" => f!(fd_table::fd_fdstat_set_rights, (fd: u32, base: u64, inheriting: u64)),
        "fd_prestat_get" => f!(fd_table::fd_prestat_get, (fd: u32, r: u32)),
        "fd_prestat_dir_name" => f!(fd_table::fd_prestat_dir_name, (fd: u32, p: u32, n: u32)),

        "fd_read" => f!(fd_io::fd_read, (fd: u32, v: u32, n: u32, r: u32)),
        "fd_pread" => f!(fd_io::fd_pread, (fd: u32, v: u32, n: u32, offset: u64, r: u32)),
        "fd_write" => f!(fd_io::fd_write, (fd: u32, v: u32, n: u32, r: u32)),
        "fd_pwrite" => f!(fd_io::fd_pwrite, (fd: u32, v: u32, n: u32, offset: u64, r: u32)),
        "fd_seek" => f!(fd_io::fd_seek, (fd: u32, offset: i64, whence: u32, r: u32)),
        "fd_tell" => f!(fd_io::fd_tell, (fd: u32, r: u32)),

        "fd_filestat_get" => f!(fd_stat::fd_filestat_get, (fd: u32, r: u32)),
        "fd_filestat_set_size" => f!(fd_stat::fd_filestat_set_size, (fd: u32, size: u64)),
        "fd_filestat_set_times" => f!(fd_stat::fd_filestat_set_times, (fd: u32, a: u64, m: u64, flags: u32)),
        "fd_allocate" => f!(fd_stat::fd_allocate, (fd: u32, offset: u64, n: u64)),
        "fd_advise" => f!(fd_stat::fd_advise, (fd: u32, offset: u64, n: u64, advice: u32)),
        "fd_datasync" => f!(fd_stat::fd_datasync, (fd: u32)),
        "fd_sync" => f!(fd_stat::fd_sync, (fd: u32)),
        "fd_readdir" => f!(readdir::fd_readdir, (fd: u32, b: u32, n: u32, cookie: u64, r: u32)),

        "path_open" => f!(
            path::path_open,
            (fd: u32, l: u32, p: u32, n: u32, o: u32, base: u64, inheriting: u64, flags: u32, r: u32)
        ),
        "path_filestat_get" => f!(path::path_filestat_get, (fd: u32, l: u32, p: u32, n: u32, r: u32)),
        "path_filestat_set_times" => f!(
            path::path_filestat_set_times,
            (fd: u32, l: u32, p: u32, n: u32, a: u64, m: u64, flags: u32)
        ),
        "path_create_directory" => f!(path::path_create_directory, (fd: u32, p: u32, n: u32)),
        "path_remove_directory" => f!(path::path_remove_directory, (fd: u32, p: u32, n: u32)),
        "path_unlink_file" => f!(path::path_unlink_file, (fd: u32, p: u32, n: u32)),
        "path_link" => {
            f!(path::path_link, (fd: u32, l: u32, p: u32, n: u32, new_fd: u32, new_p: u32, new_n: u32))
        }
        "path_rename" => {
            f!(path::path_rename, (fd: u32, p: u32, n: u32, new_fd: u32, new_p: u32, new_n: u32))
        }
        "path_symlink" => f!(path::path_symlink, (p: u32, n: u32, fd: u32, new_p: u32, new_n: u32)),
        "path_readlink" => f!(path::path_readlink, (fd: u32, p: u32, n: u32, b: u32, len: u32, r: u32)),

        "sock_accept" => f!(sock::sock_accept, (fd: u32, flags: u32, r: u32)),
        "sock_recv" => f!(sock::sock_recv, (fd: u32, v: u32, n: u32, flags: u32, r: u32, out: u32)),
        "sock_send" => f!(sock::sock_send, (fd: u32, v: u32, n: u32, flags: u32, r: u32)),
        "sock_shutdown" => f!(sock::sock_shutdown, (fd: u32, how: u32)),

        "proc_exit" => Function::new_typed(store, |code: u32| -> std::result::Result<(), RuntimeError> {
            Err(RuntimeError::user(Box::new(proc::proc_exit(code))))
        }),
        "proc_raise" => Function::new_typed(store, |signal: u32| -> std::result::Result<i32, RuntimeError> {
            match proc::proc_raise(signal) {
                Raised::Ignored => Ok(wasip1::ERRNO_SUCCESS.raw().into()),
                Raised::Failed(errno) => Ok(errno.raw().into()),
                Raised::Ended(exit) => Err(RuntimeError::user(Box::new(exit))),
            }
        }),
        _ => return None,
    })
}
