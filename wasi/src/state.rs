//! What host functions work on, for wasmer: who calls, the program's state, and its memory once it has one.

use std::sync::Arc;

use wasmer::{AsStoreMut, AsStoreRef, Function, FunctionEnv, Instance, Memory as WasmMemory};

use crate::asyncify::Jumps;
use crate::callbacks::{Around, plainly};
use crate::caller::{Caller, Fork, Spawn, Start};
use crate::ctx::Ctx;
use crate::gate::{self, Inside};
use crate::memory::{Bring, Memory};
use crate::piece::Piece;
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
    forker: Option<Arc<dyn Fork>>,
    pub(crate) jumps: Option<Jumps>,
    /// The program's function that is told of signals.
    pub(crate) handler: Option<Function>,
    /// Whether it is just running, for a signal from outside.
    pub(crate) is_being_told: bool,
    pub(crate) around: Around,
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
        State {
            ctx: ctx.into(),
            memory: Guest::None,
            bring: None,
            tid: FIRST,
            spawner: None,
            forker: None,
            jumps: None,
            handler: None,
            is_being_told: false,
            around: plainly,
        }
    }

    /// The same state, with what makes part of the app's memory accessible before the operating system is handed it.
    #[must_use]
    pub fn bring_with(self, bring: Option<Bring>) -> State {
        State { bring, ..self }
    }

    /// The same state, of a program whose functions are called from within its calls by `around`.
    #[must_use]
    pub fn call_back_by(self, around: Around) -> State {
        State { around, ..self }
    }

    /// The same state, as thread `tid` of the program has it, which starts others by `spawner`.
    #[must_use]
    pub fn of_thread(self, tid: u32, spawner: Arc<dyn Spawn>) -> State {
        State { tid, spawner: Some(spawner), ..self }
    }

    /// The same state, of a program that starts copies of itself by `forker`.
    #[must_use]
    pub fn fork_with(self, forker: Option<Arc<dyn Fork>>) -> State {
        State { forker, ..self }
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

    /// Notes what `instance` has to jump back over its stack, if it has anything. A thread beside the first was started with
    /// `start`.
    pub fn attach_jumps(
        env: &FunctionEnv<State>,
        store: &mut impl AsStoreMut,
        instance: &Instance,
        start: Option<Start>,
    ) {
        let mut env = env.clone().into_mut(store);
        let (state, mut store) = env.data_and_store_mut();
        let Some(jumps) = Jumps::of(&mut store, instance, &state.ctx.jumps, state.around) else { return };
        let jumps = match start {
            Some(start) => jumps.of_thread(&state.memory(&store), start),
            None => jumps,
        };
        state.jumps = Some(jumps);
    }

    /// Who calls.
    pub(crate) fn caller(&self) -> Caller<'_> {
        let State { ctx, tid, spawner, forker, .. } = self;
        Caller { ctx, tid: *tid, spawner: spawner.as_ref(), forker: forker.as_ref() }
    }

    /// To be held during a call: whoever makes a copy of a program with threads waits for calls to come to an end.
    pub(crate) fn enter(&self) -> Option<Inside> {
        self.spawner.is_some().then(gate::enter)
    }

    /// All of the app's memory, as it is now.
    pub(crate) fn memory(&self, store: &impl AsStoreRef) -> Memory<'_> {
        Memory::of(self.memory.all(store)).bring_with(self.bring)
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
