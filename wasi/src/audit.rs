//! What a program used of what was granted, for who wants to grant no more than that.
//!
//! Nothing is kept unless it is asked for. Then each path that a call was done with is noted once, with whether something was
//! changed there; what the program brings along or keeps in memory is not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

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
    cut: AtomicBool,
}

/// What a program used of what it was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Paths of the host.
    pub paths: Vec<Use>,
    /// Where it listened, as options name it.
    pub listen: Vec<String>,
    /// What it connected to, as options name it.
    pub connect: Vec<String>,
    /// True if it read its variables.
    pub variables: bool,
    /// True if there were more paths than are noted.
    pub cut: bool,
}

impl Audit {
    /// Notes that a call with `path` was done.
    pub(crate) fn note(&self, path: String, write: bool) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let len = path.len() + size_of::<Use>();
        let used = Use { path, write };
        if uses.1 + len > MAX {
            self.cut.fetch_or(!uses.0.contains(&used), Ordering::Relaxed);
        } else if uses.0.insert(used) {
            uses.1 += len;
        }
    }

    /// Notes that the variables were read.
    pub(crate) fn note_variables(&self) {
        self.variables.store(true, Ordering::Relaxed);
    }

    /// All that was used.
    pub(crate) fn all(&self) -> Used {
        let uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let [variables, cut] = [&self.variables, &self.cut].map(|flag| flag.load(Ordering::Relaxed));
        Used { paths: uses.0.iter().cloned().collect(), variables, cut, ..Used::default() }
    }
}
