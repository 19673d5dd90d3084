//! The blocks that are open while a body is rewritten, and where they are in what is written.
//!
//! A try becomes several blocks, and a body is wrapped in one, so labels change. Each open block knows its level in the output,
//! counted from the function's own label, which is 0; a branch is the distance between levels. A handler is a block without
//! results: who throws branches to its end, and the operands below stay behind.

use wasmparser::Catch;

use crate::sources::Caught;

/// The level of the block around the whole body, whose end leaves the function with an exception in flight.
pub(crate) const OUT: u32 = 1;

/// A block of the original.
pub(crate) struct Frame {
    /// Where a branch to its label goes.
    pub(crate) level: u32,
    /// The place where an exception goes that is thrown in it.
    pub(crate) handler: u32,
    /// The place where an exception goes that it does not catch.
    pub(crate) outer: u32,
    pub(crate) kind: Kind,
}

/// The kind of block.
pub(crate) enum Kind {
    Plain,
    TryTable(Vec<Catch>),
    Try(Try),
}

/// A legacy try.
pub(crate) struct Try {
    /// Which set of locals keeps the exception, if a clause rethrows it.
    pub(crate) saved: Option<u32>,
    /// The tags that its clauses catch so far.
    pub(crate) caught: Caught,
    pub(crate) part: Part,
}

/// Where in a legacy try we are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Body,
    /// In a clause for a tag that must be tested.
    Tested(u32),
    /// In a clause that nothing is left for to get past; for a tag if it names one.
    Rest(Option<u32>),
}

/// All open blocks.
pub(crate) struct Labels {
    frames: Vec<Frame>,
    /// How many blocks are open in the output.
    depth: u32,
}

impl Labels {
    /// Those of a body that has just begun: the function's own, and the block around it.
    pub(crate) fn new() -> Self {
        let body = Frame { level: 0, handler: OUT, outer: OUT, kind: Kind::Plain };
        Self { frames: vec![body], depth: OUT }
    }

    /// Notes a block that was opened in the output; its level.
    pub(crate) fn enter(&mut self) -> u32 {
        self.depth += 1;
        self.depth
    }

    /// Notes that one was closed.
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// How a branch from here to `level` is written.
    pub(crate) fn to(&self, level: u32) -> u32 {
        self.depth - level
    }

    /// How a branch to the original's label `depth` is.
    pub(crate) fn branch(&self, depth: u32) -> u32 {
        self.to(self.at(depth).level)
    }

    /// Opens a frame whose label is at `level`, in which `handler` handles what is thrown.
    pub(crate) fn push(&mut self, level: u32, handler: Option<u32>, kind: Kind) {
        let outer = self.top().handler;
        self.frames.push(Frame { level, handler: handler.unwrap_or(outer), outer, kind });
    }

    pub(crate) fn pop(&mut self) -> Frame {
        self.frames.pop().expect("the body was validated: a frame is open")
    }

    pub(crate) fn top(&self) -> &Frame {
        self.at(0)
    }

    /// The innermost frame, if it is a legacy try.
    pub(crate) fn try_mut(&mut self) -> (&mut Try, &mut u32, u32) {
        match self.frames.last_mut() {
            Some(Frame { kind: Kind::Try(one), handler, outer, .. }) => (one, handler, *outer),
            _ => unreachable!("the body was validated: a clause is in a try"),
        }
    }

    /// The frame of the original's label `depth`.
    pub(crate) fn at(&self, depth: u32) -> &Frame {
        &self.frames[self.frames.len() - 1 - depth as usize]
    }

    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    /// How many of them keep an exception.
    pub(crate) fn saving(&self) -> u32 {
        let keeps = |frame: &&Frame| matches!(&frame.kind, Kind::Try(one) if one.saved.is_some() && one.part != Part::Body);
        self.frames.iter().filter(keeps).count() as u32
    }
}
