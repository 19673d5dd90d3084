//! Where a native program found what it looked for, and what it made below the root.

use std::collections::{HashMap, HashSet};

use super::names::names;
use super::rule::{Around, Found, joined, nearest};
use super::spelled::Side;

/// How many directories are remembered with where they were found, and how many things with that they were made.
const MAX: usize = 4096;

/// What is remembered, by paths without `.` and slashes around.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Directories.
    looked: HashMap<String, Side>,
    /// What the program made below the root.
    made: HashSet<String>,
}

impl Seen {
    /// Notes that the directory `path` was found on `side`.
    pub(crate) fn look(&mut self, path: &str, side: Side) {
        let key = joined(names(path));
        if self.looked.len() == MAX && !self.looked.contains_key(&key) {
            // What was found long ago is looked for again.
            self.looked.clear();
        }
        self.looked.insert(key, side);
    }

    /// Notes that the program made `path` below the root.
    pub(crate) fn make(&mut self, path: &str) {
        if self.made.len() < MAX {
            self.made.insert(joined(names(path)));
        }
    }

    /// Forgets `path`, which is gone from below the root, and all below it: something else may come to stand there.
    pub(crate) fn forget(&mut self, path: &str) {
        let key = joined(names(path));
        let is_other = |other: &str| {
            other.strip_prefix(&*key).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
        };
        self.made.retain(|other| is_other(other));
        self.looked.retain(|other, _| is_other(other));
    }

    /// What is known of the longest start of `path` that anything is known of.
    pub(crate) fn nearest(&self, path: &[&str]) -> Option<Around> {
        nearest(path, |start| match self.made.contains(start) {
            true => Some(Found { side: Side::Root, made: true }),
            false => self.looked.get(start).map(|side| Found { side: *side, made: false }),
        })
    }
}
