//! The threads of a program: who they are, and how many there may be.
//!
//! ```text
//! mod      which threads there are; beginning, ending, waiting for an end
//! futexes  threads that wait for a word of memory to be told of
//! locals   values that each thread has for itself
//! ```
//!
//! What runs a thread is the launcher's business: it hands in a [`Spawn`]. All threads share one [`Ctx`], and each call of
//! theirs comes with its [`Caller`].

mod futexes;
mod locals;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::ctx::Ctx;
use crate::errno::Result;

pub(crate) use futexes::{Futexes, Waited};
pub(crate) use locals::Locals;

/// The number of the thread that runs `_start`.
pub const FIRST: u32 = 1;
/// How many threads there may be at once beside the first. What takes more is a mistake, or an attack: a thread costs the
/// launcher memory that no declaration of the program's bounds.
pub const MOST: usize = 1024;
/// No number is as high as this (wasi-threads, "TIDs are 29 bits").
const END: u32 = 1 << 29;

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

/// All threads of a program, and what they wait for.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    live: Mutex<Live>,
    /// Told when one has ended.
    ended: Condvar,
    pub(crate) futexes: Futexes,
}

/// The threads beside the first.
#[derive(Debug, Default)]
struct Live {
    tids: BTreeSet<u32>,
    /// The number that was given out last.
    last: u32,
}

impl Threads {
    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that no other thread has; `None` if there are too many.
    fn begin(&self) -> Option<u32> {
        let mut live = self.lock();
        if live.tids.len() >= MOST {
            return None;
        }
        let mut tid = live.last.max(FIRST);
        loop {
            tid = if tid + 1 < END { tid + 1 } else { FIRST + 1 };
            if live.tids.insert(tid) {
                live.last = tid;
                return Some(tid);
            }
        }
    }

    fn end(&self, tid: u32) {
        self.lock().tids.remove(&tid);
        self.ended.notify_all();
    }

    /// How many there are beside the first.
    pub(crate) fn count(&self) -> usize {
        self.lock().tids.len()
    }

    fn wait_while(&self, is_so: impl Fn(&Live) -> bool) {
        let waiting = self.ended.wait_while(self.lock(), |live| is_so(live));
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until thread `tid` has ended; not at all if there is none.
    pub(crate) fn join(&self, tid: u32) {
        self.wait_while(|live| live.tids.contains(&tid));
    }

    /// Waits until the first thread is alone.
    pub(crate) fn join_all(&self) {
        self.wait_while(|live| !live.tids.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Keep(Mutex<Vec<Thread>>);

    impl Spawn for Keep {
        fn spawn(&self, thread: Thread, argument: u32) -> bool {
            let mut kept = self.0.lock().unwrap();
            kept.push(thread);
            if argument == 0 {
                kept.pop();
            }
            argument != 0
        }
    }

    #[test]
    fn numbers_are_above_the_firsts_and_nobody_has_two_and_there_is_a_bound() {
        let ctx = Arc::new(Ctx::builder().build().unwrap());
        let keep = Arc::new(Keep(Mutex::default()));
        let spawner: Arc<dyn Spawn> = Arc::clone(&keep) as _;
        let caller = Caller { ctx: &ctx, tid: FIRST, spawner: Some(&spawner) };
        let tids: BTreeSet<u32> = (0..MOST).map(|_| caller.spawn(7).unwrap()).collect();
        assert_eq!((tids.len(), tids.first()), (MOST, Some(&(FIRST + 1))));
        assert_eq!(caller.spawn(7).unwrap_err().0, wasip1::ERRNO_AGAIN);
        let one = keep.0.lock().unwrap().pop();
        assert_eq!(ctx.threads.count(), MOST);
        drop(one);
        assert_eq!(
            caller.spawn(0).unwrap_err().0,
            wasip1::ERRNO_AGAIN,
            "and one that did not begin does not count"
        );
        assert_eq!(ctx.threads.count(), MOST - 1);
        ctx.threads.lock().last = END - 1;
        let last = caller.spawn(7).unwrap();
        assert!((FIRST + 1..END).contains(&last), "{last}");
        keep.0.lock().unwrap().clear();
        ctx.threads.join(last);
        ctx.threads.join_all();
        let nobody = Caller { spawner: None, ..caller };
        assert_eq!(nobody.spawn(7).unwrap_err().0, wasip1::ERRNO_NOTSUP);
    }

    #[test]
    fn whoever_joins_waits_for_the_end() {
        let ctx = Arc::new(Ctx::builder().build().unwrap());
        let tid = ctx.threads.begin().unwrap();
        let thread = Thread { ctx: Arc::clone(&ctx), tid };
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| ctx.threads.join(tid));
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(!waits.is_finished());
            drop(thread);
        });
        assert_eq!(ctx.threads.count(), 0);
    }
}
