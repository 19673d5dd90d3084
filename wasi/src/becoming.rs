//! The state of the program that goes on when it becomes another one: its sort, its arguments, and where it stands.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::ctx::Ctx;
use crate::errno::Result;
use crate::fs::names::{is_separator, joined};
use crate::path::MAX_LEN;
use crate::programs::Exec;

impl Ctx {
    /// Says that the program imports something of WASIX, before it runs: there a call of preview 1 does something else, and one
    /// directory is told, the root.
    pub fn be_wasix(&self) {
        if !self.wasix.swap(true, Ordering::Relaxed) {
            self.fds.keep_root();
        }
    }

    /// True for a program of WASIX.
    pub(crate) fn is_wasix(&self) -> bool {
        self.wasix.load(Ordering::Relaxed)
    }

    /// Says that the program handles signals.
    #[cfg(feature = "wasmer")]
    pub(crate) fn handle_signals(&self) {
        self.signals.store(true, Ordering::Relaxed);
    }

    /// True if the program handles signals.
    #[cfg(feature = "wasmer")]
    pub(crate) fn handles_signals(&self) -> bool {
        self.signals.load(Ordering::Relaxed)
    }

    /// Lets another program go on with what this one has, which is gone; its number. What was to be closed is, and what a program
    /// has of its own begins anew.
    pub fn become_other(&self, exec: Exec) -> u32 {
        let Exec { number, args, env } = exec;
        self.args.set(args);
        env.into_iter().for_each(|env| self.env.set(env));
        self.fds.close_on_exec();
        self.threads.begin_anew();
        self.locals.begin_anew();
        self.wasix.store(false, Ordering::Relaxed);
        self.fds.leave_root();
        #[cfg(feature = "wasmer")]
        self.signals.store(false, Ordering::Relaxed);
        number
    }

    /// Where the program stands, by its own name for that.
    pub(crate) fn stands(&self) -> String {
        self.cwd.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The whole name of `path`, which begins where the program stands.
    ///
    /// # Errors
    /// `nametoolong`.
    pub(crate) fn whole_name(&self, path: &str) -> Result<String> {
        let stands = self.stands();
        let name = joined(if path.starts_with(is_separator) { "/" } else { &stands }, path);
        if name.len() > MAX_LEN { Err(wasip1::ERRNO_NAMETOOLONG.into()) } else { Ok(name) }
    }
}

/// The path below the root that a whole name is.
pub(crate) fn below_root(name: &str) -> &str {
    match name.trim_start_matches('/') {
        "" => ".",
        below => below,
    }
}
