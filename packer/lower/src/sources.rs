//! What an exception can come from, and where it goes: shared by the scan of a body and its rewriting.

use wasmparser::Operator;

/// Where an exception may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    /// `throw` of this tag.
    Throw(u32),
    /// `throw_ref` or `rethrow`, of whatever tag.
    Any,
    /// A call of this function.
    Call(u32),
    /// A call through a table, of a type as [`crate::types::Types::same`] names it.
    Table { table: u32, ty: u32 },
    /// A call through a reference to a function of such a type.
    Reference { ty: u32 },
}

/// The tags that a try catches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caught {
    tags: Vec<u32>,
    all: bool,
}

impl Caught {
    /// A clause for `tag`, or for all. `tags` is how many the module has: there are no others, because none is imported.
    pub(crate) fn add(&mut self, tag: Option<u32>, tags: usize) {
        match tag {
            Some(tag) if self.has(tag) => {}
            Some(tag) => {
                self.tags.push(tag);
                self.all = self.tags.len() == tags;
            }
            None => self.all = true,
        }
    }

    /// Whether `tag` is caught.
    pub(crate) fn has(&self, tag: u32) -> bool {
        self.all || self.tags.contains(&tag)
    }

    /// Whether everything is.
    pub(crate) fn all(&self) -> bool {
        self.all
    }

    /// The tags that have clauses of their own.
    pub(crate) fn tags(&self) -> &[u32] {
        &self.tags
    }

    /// Whether what comes from `source` never gets past.
    pub(crate) fn absorbs(&self, source: Source) -> bool {
        self.all || matches!(source, Source::Throw(tag) if self.has(tag))
    }
}

/// Whether `op`, with `frames` frames open, leaves the function. A call just before it is in tail position: what it returned
/// is returned, an exception in flight included.
pub(crate) fn leaves(op: &Operator<'_>, frames: usize) -> bool {
    match op {
        Operator::Return => true,
        Operator::End => frames == 1,
        Operator::Br { relative_depth } => *relative_depth as usize + 1 == frames,
        _ => false,
    }
}
