//! How far a pack is, and whether it is to stop: what an [`Observer`] is told and asked.
//!
//! A pack is one way from 0 to 1. Each part of it has a share of that way, set beforehand by what such work usually takes; a part
//! that is not needed, since an earlier pack left its result, is skipped at once. Parts are done side by side, and their sum never falls.

pub(crate) mod bar;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{Error, Kind};

/// Somebody who looks on while a program is packed. Calls come from any thread, and should be short.
pub trait Observer: Send + Sync {
    /// `done` of the pack is done, from 0 to 1; it never falls. `doing` names the work: `compiling`, `compressing`, `trying`.
    fn progress(&self, done: f64, doing: &'static str) {
        let _ = (done, doing);
    }

    /// True ends the pack soon, with an error of [`Kind::Cancelled`]. What was not written then is as it was.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The share that a phase usually has of a target's work.
const SHARES: [(&str, f64); 3] = [("compiling", 0.7), ("compressing", 0.29), ("trying", 1.0)];
/// What an observer is not told of: less than this.
const LEAST: f64 = 0.002;

/// A part of a pack, as wide as its share. Clones are of the same part.
#[derive(Clone, Default)]
pub struct Progress {
    observed: Option<Arc<Observed>>,
    part: Arc<Part>,
}

struct Observed {
    observer: Arc<dyn Observer>,
    told: Mutex<Told>,
}

/// What the observer was told and asked.
struct Told {
    done: f64,
    /// What it heard last.
    heard: f64,
    doing: &'static str,
    is_cancelled: bool,
}

struct Part {
    /// Of the whole pack.
    share: f64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    name: &'static str,
    /// Of the part, before this phase.
    before: f64,
    /// Of the part, for this phase.
    width: f64,
    step: u64,
    steps: u64,
    /// Of the part, as it was counted.
    counted: f64,
}

impl Default for Part {
    fn default() -> Part {
        Part { share: 1.0, state: Mutex::default() }
    }
}

impl State {
    fn done(&self) -> f64 {
        let of_phase = if self.steps == 0 { 0.0 } else { self.step as f64 / self.steps as f64 };
        (self.before + self.width * of_phase.min(1.0)).min(1.0)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    /// Tells nobody.
    pub fn hidden() -> Progress {
        Progress::default()
    }

    /// Tells `observer`, from the beginning of a pack.
    pub fn of(observer: Arc<dyn Observer>) -> Progress {
        let told = Told { done: 0.0, heard: -1.0, doing: "", is_cancelled: false };
        let observed = Observed { observer, told: Mutex::new(told) };
        Progress { observed: Some(Arc::new(observed)), part: Arc::default() }
    }

    /// A part of this one with this share of it, which makes progress by itself.
    pub(crate) fn part(&self, share: f64) -> Progress {
        let part = Part { share: self.part.share * share, state: Mutex::default() };
        Progress { observed: self.observed.clone(), part: Arc::new(part) }
    }

    /// Begins a phase of `steps` steps under a name such as `compressing`.
    pub(crate) fn phase(&self, name: &'static str, steps: u64) {
        self.change(|state| {
            let share = SHARES.iter().find(|(of, _)| *of == name).map_or(1.0, |(_, share)| *share);
            let before = (state.before + state.width).min(1.0);
            let counted = state.counted;
            *state = State { name, before, width: share.min(1.0 - before), step: 0, steps, counted };
        });
    }

    /// Says that the phase is at step `step` of `steps`.
    pub(crate) fn at(&self, step: u64, steps: u64) {
        self.change(|state| (state.step, state.steps) = (step, steps));
    }

    /// Says that `steps` more are done. May be called from many threads.
    pub(crate) fn advance(&self, steps: u64) {
        self.change(|state| state.step += steps);
    }

    /// Says that this part is done, whatever of it was not needed.
    pub(crate) fn end(&self) {
        self.change(|state| (state.before, state.width) = (1.0, 0.0));
    }

    /// Whether the observer wants the pack to stop, or wanted it before.
    pub(crate) fn is_cancelled(&self) -> bool {
        let Some(observed) = &self.observed else { return false };
        let asked = observed.observer.is_cancelled();
        let mut told = lock(&observed.told);
        told.is_cancelled |= asked;
        told.is_cancelled
    }

    /// # Errors
    /// `Cancelled` if the observer wants the pack to stop.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.is_cancelled() {
            true => Err(Error::new(Kind::Cancelled, "the pack was cancelled; nothing more was written")),
            false => Ok(()),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let Some(observed) = &self.observed else { return };
        let mut state = lock(&self.part.state);
        change(&mut state);
        let grown = state.done() - state.counted;
        // What a compiler counts may begin again.
        state.counted += grown.max(0.0);
        let mut told = lock(&observed.told);
        // A part that ends without having begun does nothing.
        let name = if state.name.is_empty() { told.doing } else { state.name };
        drop(state);
        told.done = (told.done + grown.max(0.0) * self.part.share).min(1.0);
        // The last bit of a sum of shares is lost.
        let done = if told.done > 1.0 - 1e-9 { 1.0 } else { told.done };
        if done - told.heard >= LEAST || done == 1.0 && told.heard < 1.0 || name != told.doing {
            (told.heard, told.doing) = (done, name);
            // Still locked: nobody hears of less after more.
            observed.observer.progress(done, name);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("is_observed", &self.observed.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[derive(Default)]
    struct Heard {
        all: Mutex<Vec<(f64, &'static str)>>,
        cancels: AtomicBool,
    }

    impl Observer for Heard {
        fn progress(&self, done: f64, doing: &'static str) {
            lock(&self.all).push((done, doing));
        }

        fn is_cancelled(&self) -> bool {
            self.cancels.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn the_way_is_gone_once_and_never_back() {
        let heard = Arc::new(Heard::default());
        let all = Progress::of(heard.clone());
        let first = all.part(0.1);
        first.phase("trying", 1);
        first.end();
        let jobs = [all.part(0.45), all.part(0.45)];
        for job in &jobs {
            job.phase("compiling", 7);
            // A compiler counts one thing after the other.
            (0..=5).chain(0..=50).for_each(|step| job.at(step, 50));
            job.phase("compressing", 100);
            (0..100).for_each(|_| job.advance(1));
        }
        jobs[1].end();
        jobs[0].end();
        let all = lock(&heard.all);
        assert_eq!((all[0], all.last().unwrap().0), ((0.0, "trying"), 1.0));
        assert!(all.is_sorted_by(|one, two| one.0 <= two.0), "{all:?}");
        assert!(all.len() > 100 && all.iter().filter(|(done, _)| *done == 1.0).count() == 1, "{all:?}");
    }

    #[test]
    fn what_was_cancelled_stays_so() {
        let heard = Arc::new(Heard::default());
        let progress = Progress::of(heard.clone());
        assert!(progress.check().is_ok());
        heard.cancels.store(true, Ordering::Relaxed);
        assert_eq!(progress.part(0.5).check().unwrap_err().kind, Kind::Cancelled);
        heard.cancels.store(false, Ordering::Relaxed);
        assert!(progress.is_cancelled());
        assert!(!Progress::hidden().is_cancelled());
    }
}
