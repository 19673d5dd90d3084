//! The end of the program, once: by whichever of its threads comes first.

use std::sync::atomic::{AtomicBool, Ordering};

use payload::Manifest;
use sandbox::Ctx;

use crate::options::Granted;
use crate::{audit, hint, sys, trial};

/// What is to be done when the program ends.
#[derive(Debug)]
pub(crate) struct Ending {
    manifest: &'static Manifest,
    granted: Granted,
    is_claimed: AtomicBool,
}

impl Ending {
    pub(crate) fn new(manifest: &'static Manifest, granted: Granted) -> Ending {
        Ending { manifest, granted, is_claimed: AtomicBool::new(false) }
    }

    /// To be called by whoever ends the program, before a word is said about it. Whoever comes second stays here until the
    /// process is gone.
    pub(crate) fn claim(&self) {
        if self.is_claimed.swap(true, Ordering::Relaxed) {
            loop {
                std::thread::park();
            }
        }
    }

    /// To be called in a copy of the process: its end is its own.
    #[cfg(unix)]
    pub(crate) fn begin_anew(&self) {
        self.is_claimed.store(false, Ordering::Relaxed);
    }

    /// What was granted.
    #[cfg(unix)]
    pub(crate) fn granted(&self) -> &Granted {
        &self.granted
    }

    /// True if this is a trial.
    #[cfg(unix)]
    pub(crate) fn is_trial(&self) -> bool {
        self.manifest.trial
    }

    /// Does what is left to do for a program that ended with `code`. What there is to say, the process says that the user started.
    pub(crate) fn finish(&self, ctx: &Ctx, code: i32) {
        if ctx.is_copy() {
            return;
        }
        trial::end(self.manifest);
        if self.granted.audit {
            audit::tell(&ctx.used(), &self.granted.grants);
        }
        if code != 0 {
            let is_sealed = self.manifest.sealed || sys::process::is_privileged();
            hint::give(&ctx.misses(), ctx.refused().as_ref(), &self.granted.grants, is_sealed);
            sys::console::linger();
        }
    }
}
