//! The threads of an app that shares its memory among them, beside the first.
//!
//! Each is a thread of the system with a store and an instance of its own; module, memory and what is behind the calls are the
//! same for all. So each has its own globals and tables, as wasi-threads wants it, and its own stack.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};

use sandbox::programs::Exec;
use sandbox::{Ctx, Fork, Spawn, Start, State, Thread, ThreadExit, gate, table};
use wasmer::{Engine, FunctionEnv, Instance, RuntimeError, SharedMemory, Store, TypedFunction, Value};

use crate::ending::Ending;
use crate::image::{self, Program, Programs};
use crate::{fail, run, sys, trace};

/// Bytes of the stack that calls of WASI run on.
const STACK: usize = 1024 * 1024;

/// What all threads have in common.
pub(crate) struct Common {
    pub(crate) engine: Engine,
    pub(crate) program: &'static Program,
    pub(crate) memory: SharedMemory,
    /// Where the memory is.
    pub(crate) address: usize,
    pub(crate) ending: &'static Ending,
    /// The programs that this one may become.
    programs: &'static Programs,
    /// What starts copies of the process, if anything does.
    forker: OnceLock<Arc<dyn Fork>>,
    /// The system's threads that may still be there. Held by whoever starts one: only one at a time tries whether there is memory
    /// for it.
    handles: Mutex<Vec<Running>>,
    /// How many there were at most since stacks were given back last.
    most: AtomicUsize,
}

impl Common {
    pub(crate) fn new(
        (engine, program): (Engine, &'static Program),
        (memory, address): (SharedMemory, usize),
        (ending, programs): (&'static Ending, &'static Programs),
    ) -> Common {
        Common {
            engine,
            program,
            memory,
            address,
            ending,
            programs,
            forker: OnceLock::new(),
            handles: Mutex::default(),
            most: AtomicUsize::new(0),
        }
    }
}

/// One of the system's threads.
struct Running {
    handle: JoinHandle<()>,
    /// Set when it has nothing left to do but to end.
    has_ended: Arc<AtomicBool>,
}

/// Waits for those of `handles` that have nothing left to do. The standard library holds a lock at the end of a thread, which no
/// copy of the process may find held.
fn join_ended(handles: &mut Vec<Running>) {
    let all = std::mem::take(handles).into_iter();
    let (ended, running): (Vec<_>, _) = all.partition(|thread| thread.has_ended.load(Ordering::SeqCst));
    *handles = running;
    // A thread that panicked ended the process.
    ended.into_iter().for_each(|thread| drop(thread.handle.join()));
}

/// What starts threads.
pub(crate) struct Spawner(pub(crate) Arc<Common>);

impl std::fmt::Debug for Spawner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spawner")
    }
}

impl Spawn for Spawner {
    fn spawn(&self, thread: Thread, start: Start) -> bool {
        image::stop_noting();
        let mut handles = self.0.handles.lock().unwrap_or_else(PoisonError::into_inner);
        join_ended(&mut handles);
        if !sys::stack::has_room() {
            return false;
        }
        self.0.most.fetch_max(thread.ctx().thread_count(), Ordering::Relaxed);
        let is_ready = Arc::new(OnceLock::new());
        let has_ended = Arc::new(AtomicBool::new(false));
        let (common, tell, ends) = (Arc::clone(&self.0), Arc::clone(&is_ready), Arc::clone(&has_ended));
        let run = move || run(common, thread, start, (&tell, &ends));
        let Ok(handle) = Builder::new().stack_size(STACK).spawn(run) else { return false };
        handles.push(Running { handle, has_ended });
        *is_ready.wait()
    }
}

impl Common {
    /// Says what starts copies of the process: the same for all threads, so that each can wait for those of another.
    pub(crate) fn fork_with(&self, forker: Option<&Arc<dyn Fork>>) {
        let _ = forker.map(|forker| self.forker.set(Arc::clone(forker)));
    }

    /// Makes a copy of the process by `fork`, in which the threads of this one are not there.
    #[cfg(unix)]
    pub(crate) fn fork<T>(&self, fork: impl FnOnce() -> T, is_copy: impl FnOnce(&T) -> bool) -> T {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        join_ended(&mut handles);
        let forked = fork();
        if is_copy(&forked) {
            // Nobody can wait for them, or let them go.
            std::mem::forget(std::mem::take(&mut *handles));
        }
        forked
    }

    /// Waits until the first thread is alone, in the program and in the process. To be called from inside of the gate.
    pub(crate) fn join(&self, ctx: &Ctx) {
        ctx.wait_for_threads();
        let handles = std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        // A thread that panicked ended the process. Nobody needs the gate that this thread is in.
        gate::outside(|| handles.into_iter().for_each(|thread| drop(thread.handle.join())));
    }

    /// Gives stacks back after the end of a thread, if many more are kept than are used.
    fn give_back(&self, ctx: &Ctx) {
        let count = ctx.thread_count();
        if count * 2 < self.most.load(Ordering::Relaxed) {
            self.most.store(count, Ordering::Relaxed);
            sys::stack::free();
        }
    }
}

/// A thread's own instance, and what it is to run.
struct Prepared {
    store: Store,
    instance: Instance,
    start: TypedFunction<(u32, u32), ()>,
    /// The two numbers that it takes.
    with: (u32, u32),
}

/// Runs a thread from its first moment to its last. Says in `tell` whether it gets as far as the app's code, and in `ends` that it
/// has nothing left to do.
fn run(common: Arc<Common>, thread: Thread, start: Start, (tell, ends): (&OnceLock<bool>, &AtomicBool)) {
    let tell = |is_ready: bool| {
        let _ = tell.set(is_ready);
    };
    let faults = sys::handle_faults_here();
    let prepared = faults.as_ref().ok().and_then(|_| prepare(&common, &thread, start));
    // Until then whoever starts it waits for it inside of a call, and so it is as if this thread were.
    let Some(Prepared { mut store, instance, start, with }) = prepared else {
        // It never was one.
        drop(thread);
        ends.store(true, Ordering::SeqCst);
        return tell(false);
    };
    tell(true);
    let result = start.call(&mut store, with.0, with.1);
    let ctx = Arc::clone(thread.ctx());
    let result = match result.map_err(RuntimeError::downcast::<Exec>) {
        Err(Ok(exec)) => {
            // It is alone: in a copy of the process, which it has started.
            image::leave();
            drop((start, instance, store, thread));
            become_other(common, exec, ctx)
        }
        Err(Err(error)) => Err(error),
        Ok(()) => Ok(()),
    };
    // No copy of the process is made in the middle of this.
    let inside = gate::enter();
    if let Err(error) = result {
        ended(&common, &ctx, error, &mut store, &instance);
    }
    if ctx.main_thread() == thread.tid() {
        // A copy of the process, which this thread has started and has from the beginning.
        common.join(&ctx);
        end(&common, &ctx, 0);
    }
    // From the inside out; whoever waits for the thread goes on when all that it had is gone.
    drop((start, instance, store));
    drop(faults);
    drop(thread);
    common.give_back(&ctx);
    ends.store(true, Ordering::SeqCst);
    drop(inside);
}

/// Ends the program, unless the thread ended by itself.
fn ended(common: &Common, ctx: &Ctx, error: RuntimeError, store: &mut Store, instance: &Instance) {
    if error.downcast_ref::<ThreadExit>().is_some() {
        return;
    }
    common.ending.claim();
    let code = run::code(error, &mut run::number(store, instance));
    common.ending.finish(ctx, code);
    std::process::exit(code);
}

/// Goes on as another program, to its end and that of the process.
fn become_other(common: Arc<Common>, exec: Exec, ctx: Arc<Ctx>) -> ! {
    let (programs, ending) = (common.programs, common.ending);
    drop(common);
    let code = run::become_other(exec, programs, ctx, ending);
    std::process::exit(code.unwrap_or_else(|failure| fail::report(&failure)));
}

/// Ends the process.
fn end(common: &Common, ctx: &Ctx, code: i32) -> ! {
    common.ending.claim();
    common.ending.finish(ctx, code);
    std::process::exit(code);
}

/// `None` if there is no room for a thread, or the app has nothing that one could run.
fn prepare(common: &Arc<Common>, thread: &Thread, start: Start) -> Option<Prepared> {
    sys::stack::learn().ok()?;
    let mut store = Store::new(common.engine.clone());
    trace::install(&mut store);
    let spawner = Arc::new(Spawner(Arc::clone(common)));
    let state = State::new(Arc::clone(thread.ctx()))
        .bring_with(image::TOUCH)
        .call_back_by(sys::cross::on_further_stack);
    let state = state.fork_with(common.forker.get().cloned());
    let env = FunctionEnv::new(&mut store, state.of_thread(thread.tid(), spawner));
    let memory = common.memory.clone().attach(&mut store);
    let imports = run::imports(&mut store, &common.program.module, &env, Some(&memory)).ok()?;
    let instance = Instance::new_by_index(&mut store, &common.program.module, &imports).ok()?;
    sys::cross::install(&store, &instance, true);
    #[allow(unsafe_code, reason = "where the memory is was found once")]
    // SAFETY: the address is the memory's, which never moves, and this store has its share in it.
    unsafe {
        env.as_mut(&mut store).attach_shared(memory, common.address);
    }
    State::attach_jumps(&env, &mut store, &instance, Some(start));
    sandbox::imports::handle_signals(&mut store, &env, &instance.exports);
    let (name, with) = match start {
        Start::Now(argument) => (table::THREAD_START, (thread.tid(), argument)),
        Start::Of2022 { data, stack } => {
            let pointer = instance.exports.get_global("__stack_pointer").ok()?;
            pointer.set(&mut store, Value::I32(stack as i32)).ok()?;
            (table::THREAD_START_2022, (data as u32, (data >> 32) as u32))
        }
    };
    let start = instance.exports.get_typed_function(&store, name).ok()?;
    Some(Prepared { store, instance, start, with })
}
