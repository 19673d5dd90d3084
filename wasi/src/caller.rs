//! Who makes a call: a thread of a program. What runs threads is the launcher's business: it hands in a [`Spawn`]. All share one
//! [`Ctx`].

use std::fmt::Debug;
use std::sync::Arc;

use crate::ctx::Ctx;
use crate::errno::Result;

/// What starts threads.
pub trait Spawn: Debug + Send + Sync {
    /// Starts `thread` with `argument`, and returns when it is about to run the program's code. False if there can be none.
    fn spawn(&self, thread: Thread, argument: u32) -> bool;
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
}

impl Caller<'_> {
    /// Starts a thread with `argument`; its number.
    ///
    /// # Errors
    /// `again` if there are too many, or the system has no room for one more; `notsup` for a program that no thread can be
    /// started in.
    pub(crate) fn spawn(self, argument: u32) -> Result<u32> {
        let spawner = self.spawner.ok_or(wasip1::ERRNO_NOTSUP)?;
        let tid = self.ctx.threads.begin().ok_or(wasip1::ERRNO_AGAIN)?;
        // From here on it ends when this is dropped, whoever does.
        let thread = Thread { ctx: Arc::clone(self.ctx), tid };
        if spawner.spawn(thread, argument) { Ok(tid) } else { Err(wasip1::ERRNO_AGAIN.into()) }
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
        fn spawn(&self, thread: Thread, argument: u32) -> bool {
            if argument != 0 {
                self.0.lock().unwrap().push(thread);
            }
            argument != 0
        }
    }

    #[test]
    fn a_thread_counts_for_as_long_as_it_is_there_and_one_that_did_not_begin_does_not() {
        let ctx = Arc::new(Ctx::builder().build().unwrap());
        let keep = Arc::new(Keep::default());
        let spawner: Arc<dyn Spawn> = Arc::clone(&keep) as _;
        let caller = Caller { ctx: &ctx, tid: FIRST, spawner: Some(&spawner) };
        (0..MOST).for_each(|_| assert!(caller.spawn(7).is_ok()));
        assert_eq!(caller.spawn(7).unwrap_err().0, wasip1::ERRNO_AGAIN);
        drop(keep.0.lock().unwrap().pop());
        assert_eq!(ctx.thread_count(), MOST - 1);
        assert_eq!(caller.spawn(0).unwrap_err().0, wasip1::ERRNO_AGAIN);
        assert_eq!(ctx.thread_count(), MOST - 1);
        let nobody = Caller { spawner: None, ..caller };
        assert_eq!(nobody.spawn(7).unwrap_err().0, wasip1::ERRNO_NOTSUP);
        keep.0.lock().unwrap().clear();
        ctx.wait_for_threads();
    }
}
