//! Work on all cores: as many threads as there are, each taking the next piece when it is done with one.

use std::{
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
};

/// `one` of each number below `count`, in their order; which thread computes which is left to chance. Each thread has a
/// `state` of its own.
pub fn map<S, T: Send>(
    count: usize,
    state: impl Fn() -> S + Sync,
    one: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let (mut state, mut done) = (state(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, one(&mut state, index)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(count);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        assert_eq!(
            map(1000, || (), |(), index| index * 2),
            (0..1000).map(|index| index * 2).collect::<Vec<_>>()
        );
        assert!(map(0, || (), |(), index| index).is_empty());
    }
}
