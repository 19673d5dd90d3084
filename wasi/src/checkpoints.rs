//! Places on a thread's stack that it may jump back to, counted and bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::kept::{Budget, Kept};

/// How many places a thread may have at once.
const MOST: usize = 4096;
/// How many of them one call may have made, in one function and for one buffer. What was made before the last ones is gone:
/// the buffer was written over as often.
const MOST_OF_ONE: usize = 32;
/// Bytes beside the notes that a place is counted with.
const OVERHEAD: u64 = 128;
/// By how much less stack one function may have when it makes a place than another that it has called.
const SLACK: u32 = 1024;

/// The number that was given out last. No two threads have the same, so that none jumps over the stack of another.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A place on the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// Where the program's own stack ended.
    pub(crate) stack_pointer: u32,
    /// The buffer that it was made for.
    buffer: u32,
    /// What the program's functions wrote down.
    pub(crate) notes: Arc<[u8]>,
}

/// The places of one thread, oldest first.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    all: Vec<(u64, Checkpoint)>,
    kept: Kept,
}

impl Checkpoints {
    /// None yet. What is kept counts against `budget`.
    pub(crate) fn new(budget: &Budget) -> Checkpoints {
        Checkpoints { all: Vec::new(), kept: budget.nothing() }
    }

    /// Notes a place that was made for `buffer`; its number. `None` if there are too many.
    pub(crate) fn add(&mut self, stack_pointer: u32, buffer: u32, notes: Vec<u8>) -> Option<u64> {
        // A stack grows down. What was made deeper than it ends now is of functions that have returned.
        self.retain(|one| one.stack_pointer.saturating_add(SLACK) >= stack_pointer);
        let new = Checkpoint { stack_pointer, buffer, notes: notes.into() };
        if let Some((number, _)) = self.all.iter().find(|(_, one)| *one == new) {
            return Some(*number);
        }
        let is_like = |one: &Checkpoint| (one.stack_pointer, one.buffer) == (stack_pointer, buffer);
        let mut too_many =
            (self.all.iter().filter(|(_, one)| is_like(one)).count() + 1).saturating_sub(MOST_OF_ONE);
        self.retain(|one| {
            let goes = too_many > 0 && is_like(one);
            too_many -= usize::from(goes);
            !goes
        });
        if self.all.len() >= MOST || !self.kept.grow(cost(&new)) {
            return None;
        }
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        self.all.push((number, new));
        Some(number)
    }

    /// The place with this number, if it is there.
    pub(crate) fn get(&self, number: u64) -> Option<&Checkpoint> {
        self.all.iter().rev().find(|(own, _)| *own == number).map(|(_, one)| one)
    }

    fn retain(&mut self, mut stays: impl FnMut(&Checkpoint) -> bool) {
        let Checkpoints { all, kept } = self;
        all.retain(|(_, one)| {
            let stays = stays(one);
            if !stays {
                kept.shrink(cost(one));
            }
            stays
        });
    }
}

/// Bytes that a place is counted with.
fn cost(checkpoint: &Checkpoint) -> u64 {
    checkpoint.notes.len() as u64 + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_functions_that_have_returned_go_and_those_around_stay() {
        let mut places = Checkpoints::new(&Budget::of(1 << 20));
        let outer = places.add(9000, 1, vec![1]).unwrap();
        let inner = places.add(5000, 2, vec![2]).unwrap();
        assert!(outer > 0 && inner > outer && places.get(inner).unwrap().notes[..] == [2]);
        let beside = places.add(7000, 3, vec![3]).unwrap();
        assert!(places.get(inner).is_none() && places.get(outer).is_some() && places.get(beside).is_some());
        assert!(places.get(0).is_none() && places.get(u64::MAX).is_none());
    }

    #[test]
    fn one_place_is_kept_once_and_a_loop_keeps_the_last_ones() {
        let mut places = Checkpoints::new(&Budget::of(1 << 20));
        let first = places.add(9000, 1, vec![7]);
        assert_eq!(places.add(9000, 1, vec![7]), first);
        let numbers: Vec<u64> = (0..1000)
            .map(|round| places.add(9000, 1, vec![8, (round % 256) as u8, (round / 256) as u8]).unwrap())
            .collect();
        assert_eq!(places.all.len(), MOST_OF_ONE);
        assert!(places.get(numbers[0]).is_none() && places.get(numbers[999]).is_some());
    }

    #[test]
    fn no_more_is_kept_than_may_be_and_it_is_given_back() {
        let budget = Budget::of(1000);
        let mut places = Checkpoints::new(&budget);
        assert!(places.add(9000, 1, vec![0; 500]).is_some() && places.add(8000, 2, vec![0; 500]).is_none());
        assert!(places.add(8000, 2, vec![0; 100]).is_some() && !budget.has(200));
        // All of them are deeper.
        assert!(places.add(20_000, 3, vec![0; 800]).is_some());
        drop(places);
        assert!(budget.has(1000));
        let mut many = Checkpoints::new(&Budget::of(1 << 30));
        let made = (0..2 * MOST as u32).filter(|buffer| many.add(9000, *buffer, vec![1]).is_some()).count();
        assert_eq!(made, MOST);
    }
}
