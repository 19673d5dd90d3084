//! Work on all cores: pieces in order, results in order.

use std::{num::NonZero, sync::Mutex};

/// `one` of each of `items`, in their order; which thread does which is left to chance.
pub(crate) fn map<T: Send, U: Send>(items: Vec<T>, one: impl Fn(T) -> U + Sync) -> Vec<U> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    if threads <= 1 {
        return items.into_iter().map(one).collect();
    }
    let next = Mutex::new(items.into_iter().enumerate());
    let worker = || {
        let mut done = Vec::new();
        loop {
            let item = next.lock().expect("taking the next piece does not panic").next();
            let Some((index, item)) = item else { return done };
            done.push((index, one(item)));
        }
    };
    let mut done: Vec<(usize, U)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// `items` in pieces of about `size` each, which `weigh` tells.
pub(crate) fn pieces<T>(items: Vec<T>, size: usize, weigh: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut pieces, mut piece, mut weight) = (Vec::new(), Vec::new(), 0);
    for item in items {
        weight += weigh(&item);
        piece.push(item);
        if weight >= size {
            pieces.push(std::mem::take(&mut piece));
            weight = 0;
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        let numbers: Vec<u32> = (0..1000).collect();
        let pieces = pieces(numbers.clone(), 7, |_| 1);
        assert_eq!(pieces.len(), 143);
        assert_eq!(map(pieces, |piece| piece).concat(), numbers);
        assert!(map(Vec::<u32>::new(), |number| number).is_empty());
    }
}
