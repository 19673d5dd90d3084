//! Facts about all bodies together.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;

/// Facts about all bodies together.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Whether there is anything of the proposal.
    pub(crate) uses: bool,
    /// Functions whose references are taken.
    pub(crate) taken: BTreeSet<u32>,
    /// Those of them that bodies take.
    pub(crate) referenced: BTreeSet<u32>,
    /// Tags that are thrown.
    pub(crate) thrown: BTreeSet<u32>,
    /// Tables that are written to.
    pub(crate) written: BTreeSet<u32>,
    /// Types by which functions are called through tables and references, and where first.
    pub(crate) called: BTreeMap<u32, (u32, u64)>,
    /// The tags that are caught by reference, and the first place of each.
    pub(crate) by_reference: BTreeMap<ByReference, (u32, u64)>,
    /// Whether references are thrown.
    pub(crate) throws_references: bool,
    /// The first instruction that cannot be lowered, should exceptions be used.
    pub(crate) refused: Option<Error>,
    /// Types of tries with parameters.
    pub(crate) tries: BTreeSet<u32>,
}

/// The exceptions that a clause makes references to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ByReference {
    /// Those of one tag.
    Tag(u32),
    /// All but those that clauses before it catch.
    AllBut(Vec<u32>),
}

impl Facts {
    /// Adds what later bodies say.
    pub(crate) fn merge(&mut self, other: Self) {
        self.uses |= other.uses;
        self.throws_references |= other.throws_references;
        self.refused = self.refused.take().or(other.refused);
        self.taken.extend(other.taken);
        self.referenced.extend(other.referenced);
        self.thrown.extend(other.thrown);
        self.written.extend(other.written);
        for (ty, place) in other.called {
            self.called.entry(ty).or_insert(place);
        }
        self.tries.extend(other.tries);
        for (what, place) in other.by_reference {
            self.by_reference.entry(what).or_insert(place);
        }
    }
}
