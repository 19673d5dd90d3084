//! Work on all cores: as many threads as there are, each taking the next piece when it is done with one. Where no thread can
//! be started (a limit of the user, of a container), the work is done by the thread that wants it done.

use std::{
    io,
    num::NonZero,
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, Builder},
};

/// How many threads have a core each.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// `one` of each number below `count`, in their order; which thread computes which is left to chance. Each thread has a
/// `state` of its own.
pub fn map<S, T: Send>(
    count: usize,
    state: impl Fn() -> S + Sync,
    one: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    map_on(cores(), count, state, one)
}

/// The same on `threads` threads at most.
fn map_on<S, T: Send>(
    threads: usize,
    count: usize,
    state: impl Fn() -> S + Sync,
    one: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(count));
    let worker = || {
        let (mut state, mut own) = (state(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            own.push((index, one(&mut state, index)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    thread::scope(|scope| {
        // This thread is one of them. Where another cannot be had, there are fewer.
        for _ in 1..threads.min(count) {
            if Builder::new().spawn_scoped(scope, worker).is_err() {
                break;
            }
        }
        worker();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How many threads a compiler can have for itself. wasmer's compilers want at least one beside the thread that calls them,
/// and end the process where they get none.
///
/// # Errors
/// The system's error where there is no thread.
pub fn threads() -> io::Result<NonZero<usize>> {
    static COMMON: Once = Once::new();
    let cores = cores();
    COMMON.call_once(|| {
        // What rayon keeps for all, which wasmer uses for a short while, must leave some to the compiler.
        let common = startable(2 * cores).map_or(1, |all| (all.get() / 2).clamp(1, cores));
        // Somebody else may have made it, in a program that the packer is part of.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(common).build_global();
    });
    startable(cores)
}

/// How many threads can be started now, beside those there are: `most`, or fewer.
fn startable(most: usize) -> io::Result<NonZero<usize>> {
    thread::scope(|scope| {
        let mut waiting = Vec::new();
        for _ in 0..most {
            let (release, wait) = mpsc::channel::<()>();
            match Builder::new().spawn_scoped(scope, move || wait.recv().is_ok()) {
                Ok(_) => waiting.push(release),
                Err(error) if waiting.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        NonZero::new(waiting.len()).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        for threads in [1, 2, 7] {
            assert_eq!(
                map_on(threads, 1000, || (), |(), index| index * 2),
                (0..1000).map(|index| index * 2).collect::<Vec<_>>()
            );
        }
        assert!(map(0, || (), |(), index| index).is_empty());
    }

    #[test]
    fn a_compiler_has_a_thread_for_each_core() {
        assert_eq!(threads().unwrap().get(), cores());
    }
}
