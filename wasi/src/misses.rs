//! What a program asked for and did not get because of what was granted, so that whoever started it can be told.
//!
//! A program rarely says more than that something is missing. Here is kept what it looked for through the
//! directories it was given, where another grant would have had another answer: a name in a directory that no part
//! of the host is granted as, a change of what may only be read, a path that leads out. Nothing is done unless a
//! call fails, and only those of the last calls are kept: what a program asked for long before it ended is not what it ended for.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::audit::Audit;
use crate::errno::{Error, Result};
use crate::fs::dir::Dir;
use crate::fs::layers::Layers;
use crate::fs::place::Way;
use crate::fs::rule::Wanted;

/// How many calls that took a path are looked back on, and so the most misses there are.
const RECENT: usize = 16;

/// Something a program asked for that was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The path in the program's world: what it asked for behind the name of the grant. Below the root, whether it
    /// began with a slash is not known, and none is written.
    pub path: String,
    /// True if it was to be made or changed.
    pub write: bool,
    /// True if it was refused because it is not told whether the path was relative or absolute.
    pub unclear: bool,
    /// True if what holds it is there to be read only.
    pub fixed: bool,
}

/// The last misses.
#[derive(Debug, Default)]
pub(crate) struct Misses {
    /// How many calls took a path.
    calls: AtomicU64,
    /// The last misses, oldest first, each with the number of its call.
    last: Mutex<VecDeque<(u64, Miss)>>,
    /// True for a native program: all of the host is there without a grant.
    native: bool,
    /// What was used, if that is to be known.
    pub(crate) audit: Option<Audit>,
}

/// A path that a call is about, as it was before the call.
#[derive(Debug)]
pub(crate) struct Asked<'c> {
    dir: &'c Dir,
    path: &'c str,
    wanted: Wanted,
    /// True if a call that is done changes something.
    pub(crate) write: bool,
    /// Where it leads, if what is used is to be known: the call itself may change that.
    way: Option<Way<'c, 'c>>,
}

impl Misses {
    /// Those of a program that is `native` or not, with what is used if it is `audited`.
    pub(crate) fn new(native: bool, audited: bool) -> Misses {
        Misses { native, audit: audited.then(Audit::default), ..Misses::default() }
    }

    /// What is asked before a call about `path` below `dir`.
    pub(crate) fn asked<'c>(&self, dir: &'c Dir, path: &'c str, wanted: Wanted) -> Asked<'c> {
        let way = self.audit.as_ref().and_then(|_| dir.followed(path, wanted));
        Asked { dir, path, wanted, write: wanted != Wanted::Look, way }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, Miss)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls took a path so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// True if no more calls that took a path came since there were so many than are looked back on.
    pub(crate) fn is_recent(&self, calls: u64) -> bool {
        self.calls().saturating_sub(calls) < RECENT as u64
    }

    /// Those among the last calls that took a path, oldest first.
    pub(crate) fn last(&self) -> Vec<Miss> {
        let calls = self.calls.load(Ordering::Relaxed);
        let last = self.lock();
        let recent = last.iter().filter(|(call, _)| calls.saturating_sub(*call) < RECENT as u64);
        recent.map(|(_, miss)| miss.clone()).collect()
    }

    /// The number of this call.
    fn count(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Hands `outcome` on, and notes it if what was `asked` failed because of what was granted.
    pub(crate) fn watch<T>(&self, asked: Asked<'_>, outcome: Result<T>) -> Result<T> {
        let call = self.count();
        match &outcome {
            Err(error) => self.note(call, asked.dir, asked.path, asked.wanted, *error),
            Ok(_) => self.used(&asked),
        }
        outcome
    }

    /// Has a call that was done noted, if that is asked for.
    fn used(&self, asked: &Asked<'_>) {
        if let (Some(audit), Some(way)) = (&self.audit, &asked.way)
            && let Some(path) = asked.dir.used(asked.path, way)
        {
            audit.note(path, asked.write);
        }
    }

    /// The same for a call about two paths, which gives the second to what stands at the first.
    pub(crate) fn watch_two(&self, old: Asked<'_>, new: Asked<'_>, outcome: Result<()>) -> Result<()> {
        let call = self.count();
        let note = |asked: &Asked<'_>, wanted, error| self.note(call, asked.dir, asked.path, wanted, error);
        match outcome {
            Ok(()) => {
                self.used(&old);
                self.used(&new);
            }
            Err(error) if error.0 != wasip1::ERRNO_NOENT => {
                note(&old, old.wanted, error);
                note(&new, new.wanted, error);
            }
            // What is missing is the first path, unless that is there.
            Err(error) if !self.native => match old.dir.filestat_at(old.path, false) {
                Err(_) => note(&old, Wanted::Look, error),
                Ok(_) => note(&new, new.wanted, error),
            },
            Err(_) => {}
        }
        outcome
    }

    /// Notes that something below `dir` was opened to read though it was to be changed as well, which its grant does not allow.
    pub(crate) fn read_only(&self, dir: &Dir, path: &str) {
        let call = self.calls.load(Ordering::Relaxed);
        self.note(call, dir, path, Wanted::Write, wasip1::ERRNO_ROFS.into());
    }

    #[cold]
    fn note(&self, call: u64, dir: &Dir, path: &str, wanted: Wanted, error: Error) {
        let Some(guest) = dir.guest() else { return };
        // A native program misses nothing but what was granted otherwise and what is unclear, and looks for much that is nowhere.
        if self.native && !matches!(error.0, wasip1::ERRNO_ROFS | wasip1::ERRNO_NOTCAPABLE) {
            return;
        }
        let write = wanted != Wanted::Look;
        let guest = guest.trim_start_matches("./").trim_end_matches('/');
        let is_root = matches!(guest, "" | ".");
        let is_unclear = || write && dir.is_unclear(path, wanted);
        let unclear = error.0 == wasip1::ERRNO_NOTCAPABLE && is_unclear();
        let missed = match error.0 {
            // A refusal of another sort leaves the path one that can be looked at.
            wasip1::ERRNO_NOTCAPABLE => {
                let is_refused = |error: Error| error.0 == wasip1::ERRNO_NOTCAPABLE;
                unclear || !self.native && dir.filestat_at(path, true).is_err_and(is_refused)
            }
            wasip1::ERRNO_NOENT | wasip1::ERRNO_ROFS => {
                let (layers, below) = dir.looked_up(path, wanted);
                match layers.iter().any(|layer| layer.is_host()) {
                    // In the root, where a path that was absolute is looked for where the program stands.
                    of_host if error.0 == wasip1::ERRNO_NOENT => !of_host || is_root,
                    false => write,
                    true => write && fixed_by_grant(layers, below),
                }
            }
            _ => false,
        };
        if !missed {
            return;
        }
        let path = if is_root { path.trim_start_matches('/').to_owned() } else { format!("{guest}/{path}") };
        let mut last = self.lock();
        if last.len() == RECENT {
            last.pop_front();
        }
        last.push_back((call, Miss { path, write, unclear, fixed: error.0 == wasip1::ERRNO_ROFS }));
    }
}

/// True if it is a directory of the host, granted read-only, that `path` could not be changed in.
fn fixed_by_grant(layers: &Layers, path: &str) -> bool {
    let holder = layers.iter().find(|layer| layer.has(path));
    let mut layers = layers.iter().filter(|layer| holder.is_none_or(|holder| std::ptr::eq(*layer, holder)));
    layers.any(|layer| layer.is_host() && layer.is_read_only())
}
