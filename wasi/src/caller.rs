//! Who makes a call: a thread of a program. What runs threads is the launcher's business: it hands in a [`Spawn`]. All share one
//! [`Ctx`].

use std::fmt::Debug;
use std::sync::Arc;

use crate::ctx::Ctx;
use crate::errno::Result;

/// The function that a thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// [`THREAD_START`](crate::table::THREAD_START), with its number and this: where the program wrote down what the thread has.
    Now(u32),
    /// [`THREAD_START_2022`](crate::table::THREAD_START_2022), with this number, on the program's own stack that begins at `stack`,
    /// its upper end.
    Of2022 {
        /// The number that it takes, as two halves.
        data: u64,
        /// Where the program's stack pointer stands at first.
        stack: u32,
    },
}

/// What starts threads.
pub trait Spawn: Debug + Send + Sync {
    /// Starts `thread` with `start`, and returns when it is about to run the program's code. False if there can be none.
    fn spawn(&self, thread: Thread, start: Start) -> bool;
}

/// What starts copies of the process, and waits for their ends.
pub trait Fork: Debug + Send + Sync {
    /// Makes a copy of this process, which `parent` is the number of.
    ///
    /// # Errors
    /// `perm` if the owner of the program does not let it; `again` if there are too many, or the system has no room.
    fn fork(&self, parent: u32) -> Result<Forked>;

    /// Waits for the end of the copy with this number, or of any; `None` if none has ended and it is not to `block`.
    ///
    /// # Errors
    /// `child` if this process has not started such a copy, or its end was told.
    fn wait(&self, child: Option<u32>, block: bool) -> Result<Option<Ended>>;

    /// Waits until the copy with this number has ended, which is still to be told, or has become another program; not at all if there
    /// is none.
    fn wait_untold(&self, child: u32);

    /// The number of the process that started the one with this number, if that is there.
    fn parent(&self, number: u32) -> Option<u32>;

    /// Sends a signal, as the specification counts them, to the process with this number; 0 only asks whether it is there.
    ///
    /// # Errors
    /// `srch` if there is none; `inval` for a number that is no signal of the system's.
    fn signal(&self, number: u32, signal: u8) -> Result<()>;
}

/// Which process goes on when one has become two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    /// The one that there was, with the number of the new one.
    Parent(u32),
    /// The new one, with its own number.
    Child(u32),
}

/// The end of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its number.
    pub number: u32,
    /// How it ended.
    pub how: How,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// With this exit code.
    Exit(u8),
    /// By this signal, as the specification counts them.
    Signal(u8),
}

/// A thread beside the first, from before it runs until after; it counts for as long as this is there.
#[derive(Debug)]
pub struct Thread {
    ctx: Arc<Ctx>,
    tid: u32,
}

impl Thread {
    /// Its number.
    pub fn tid(&self) -> u32 {
        self.tid
    }

    /// The program that it is of.
    pub fn ctx(&self) -> &Arc<Ctx> {
        &self.ctx
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.ctx.locals.forget(self.tid);
        self.ctx.threads.end(self.tid);
    }
}

/// The end of one thread by its own will, carried through wasmer as a user error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadExit;

impl std::fmt::Display for ThreadExit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the thread exits")
    }
}

impl std::error::Error for ThreadExit {}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) ctx: &'a Arc<Ctx>,
    pub(crate) tid: u32,
    pub(crate) spawner: Option<&'a Arc<dyn Spawn>>,
    pub(crate) forker: Option<&'a Arc<dyn Fork>>,
}

impl Caller<'_> {
    /// Starts a thread that runs `start`; its number.
    ///
    /// # Errors
    /// `again` if there are too many, or the system has no room for one more; `notsup` for a program that no thread can be
    /// started in.
    pub(crate) fn spawn(self, start: Start) -> Result<u32> {
        let spawner = self.spawner.ok_or(wasip1::ERRNO_NOTSUP)?;
        let tid = self.ctx.threads.begin().ok_or(wasip1::ERRNO_AGAIN)?;
        // From here on it ends when this is dropped, whoever does.
        let thread = Thread { ctx: Arc::clone(self.ctx), tid };
        if spawner.spawn(thread, start) { Ok(tid) } else { Err(wasip1::ERRNO_AGAIN.into()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::threads::{FIRST, MOST};

    /// Keeps threads that are started with an argument that is not 0, and has no room for others.
    #[derive(Debug, Default)]
    struct Keep(Mutex<Vec<Thread>>);

    impl Spawn for Keep {
        fn spawn(&self, thread: Thread, start: Start) -> bool {
            if start != Start::Now(0) {
                self.0.lock().unwrap().push(thread);
            }
            start != Start::Now(0)
        }
    }

    #[test]
    fn a_thread_counts_for_as_long_as_it_is_there_and_one_that_did_not_begin_does_not() {
        let ctx = Arc::new(Ctx::builder().build().unwrap());
        let keep = Arc::new(Keep::default());
        let spawner: Arc<dyn Spawn> = Arc::clone(&keep) as _;
        let caller = Caller { ctx: &ctx, tid: FIRST, spawner: Some(&spawner), forker: None };
        (0..MOST).for_each(|_| assert!(caller.spawn(Start::Now(7)).is_ok()));
        assert_eq!(caller.spawn(Start::Now(7)).unwrap_err().0, wasip1::ERRNO_AGAIN);
        drop(keep.0.lock().unwrap().pop());
        assert_eq!(ctx.thread_count(), MOST - 1);
        assert_eq!(caller.spawn(Start::Now(0)).unwrap_err().0, wasip1::ERRNO_AGAIN);
        assert_eq!(ctx.thread_count(), MOST - 1);
        let nobody = Caller { spawner: None, ..caller };
        assert_eq!(nobody.spawn(Start::Now(7)).unwrap_err().0, wasip1::ERRNO_NOTSUP);
        keep.0.lock().unwrap().clear();
        ctx.wait_for_threads();
    }
}
