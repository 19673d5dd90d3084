//! What a program used of what was granted, for who wants to grant no more than that.
//!
//! Nothing is kept unless it is asked for. Then each path that a call was done with is noted once, with whether something was
//! changed there; what the program brings along or keeps in memory is not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::fs::dir::Dir;

/// How many bytes of paths are noted. A program that has more was looked at long enough.
const MAX: usize = 1 << 20;

/// Something of the host that a program used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The path in the program's world; in a native one it begins with no slash if it was found where the user stands.
    pub path: String,
    /// True if it was made, changed, or opened for that.
    pub write: bool,
}

/// All uses.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    /// All uses, and the bytes of their paths.
    uses: Mutex<(BTreeSet<Use>, usize)>,
    variables: AtomicBool,
}

impl Audit {
    /// Notes that a call with `path` below `dir` was done.
    pub(crate) fn note(&self, dir: &Dir, path: &str, write: bool) {
        let Some(path) = dir.used(path) else { return };
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let len = path.len() + size_of::<Use>();
        if uses.1 + len <= MAX && uses.0.insert(Use { path, write }) {
            uses.1 += len;
        }
    }

    /// Notes that the variables were read.
    pub(crate) fn note_variables(&self) {
        self.variables.store(true, Ordering::Relaxed);
    }

    /// All uses, and whether the variables were read.
    pub(crate) fn all(&self) -> (Vec<Use>, bool) {
        let uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        (uses.0.iter().cloned().collect(), self.variables.load(Ordering::Relaxed))
    }
}
