//! The blocks that are open while a body is scanned, and what is thrown in them: what a try catches goes no further.

use crate::sources::{Caught, Source};

/// All open blocks, and the sources in them.
pub(crate) struct Flow {
    frames: Vec<Frame>,
    sources: Vec<Source>,
    /// How many tags the module has.
    tags: usize,
    tries: u32,
}

/// A block that is open.
struct Frame {
    kind: FrameKind,
    /// Whether an exception in it goes to a try of this function first.
    guarded: bool,
    /// Where its sources begin.
    begin: usize,
    /// Sources that a `delegate` brings to it.
    delegated: Vec<Source>,
    /// The tags that its clauses catch so far.
    caught: Caught,
}

/// The kind of block.
enum FrameKind {
    Plain,
    TryTable,
    /// The body of a legacy try, by the order of tries.
    TryBody(u32),
    /// One of its clauses; the sources of its body end at `body_end`.
    Clause {
        order: u32,
        body_end: usize,
    },
}

impl Flow {
    /// That of a body that has just begun.
    pub(crate) fn new(tags: usize) -> Self {
        let mut flow = Self { frames: Vec::new(), sources: Vec::new(), tags, tries: 0 };
        flow.open(FrameKind::Plain, Caught::default());
        flow
    }

    /// How many blocks are open, the function's own included.
    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether an exception that is thrown here goes to a try of this function first.
    pub(crate) fn guarded(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.guarded)
    }

    /// Something here may throw.
    pub(crate) fn throws(&mut self, source: Source) {
        self.sources.push(source);
    }

    /// Something may throw when this function is gone.
    pub(crate) fn throws_out(&mut self, source: Source) {
        self.frames[0].delegated.push(source);
    }

    /// A block, loop or if begins.
    pub(crate) fn block(&mut self) {
        self.open(FrameKind::Plain, Caught::default());
    }

    /// A `try_table` begins whose clauses catch `caught`, if it has clauses.
    pub(crate) fn try_table(&mut self, caught: Option<Caught>) {
        match caught {
            Some(caught) => self.open(FrameKind::TryTable, caught),
            None => self.block(),
        }
    }

    /// A legacy try begins.
    pub(crate) fn legacy_try(&mut self) {
        self.open(FrameKind::TryBody(self.tries), Caught::default());
        self.tries += 1;
    }

    fn open(&mut self, kind: FrameKind, caught: Caught) {
        let guarded = self.guarded() || !matches!(kind, FrameKind::Plain);
        let begin = self.sources.len();
        self.frames.push(Frame { kind, guarded, begin, delegated: Vec::new(), caught });
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the body was validated: a frame is open")
    }

    /// The legacy try whose clause is so many blocks out, by the order of tries.
    pub(crate) fn clause_at(&self, depth: u32) -> Option<u32> {
        match self.frames[self.frames.len() - 1 - depth as usize].kind {
            FrameKind::Clause { order, .. } => Some(order),
            _ => None,
        }
    }

    /// A clause of a legacy try begins.
    pub(crate) fn clause(&mut self, tag: Option<u32>) {
        self.settle();
        let outer = self.frames.len().checked_sub(2).is_some_and(|at| self.frames[at].guarded);
        let (tags, body_end) = (self.tags, self.sources.len());
        let top = self.top();
        if let FrameKind::TryBody(order) = top.kind {
            top.kind = FrameKind::Clause { order, body_end };
        }
        top.caught.add(tag, tags);
        top.guarded = outer;
    }

    /// Adds to the sources of the innermost block what was delegated to it.
    fn settle(&mut self) {
        let delegated = std::mem::take(&mut self.top().delegated);
        self.sources.extend(delegated);
    }

    /// A block ends.
    pub(crate) fn end(&mut self) {
        self.settle();
        let Some(frame) = self.frames.pop() else { return };
        let body_end = match frame.kind {
            FrameKind::Plain | FrameKind::TryBody(_) => return,
            FrameKind::TryTable => self.sources.len(),
            FrameKind::Clause { body_end, .. } => body_end,
        };
        let of_clauses = self.sources.split_off(body_end);
        let of_body = self.sources.split_off(frame.begin);
        self.sources.extend(of_body.into_iter().filter(|&source| !frame.caught.absorbs(source)));
        self.sources.extend(of_clauses);
    }

    /// A legacy try ends that delegates so many blocks out.
    pub(crate) fn delegate(&mut self, depth: u32) {
        self.settle();
        let Some(frame) = self.frames.pop() else { return };
        let sources = self.sources.split_off(frame.begin);
        let at = self.frames.len() - 1 - depth as usize;
        self.frames[at].delegated.extend(sources);
    }

    /// The exceptions that get out of the body, once it has ended.
    pub(crate) fn escapes(self) -> Vec<Source> {
        self.sources
    }
}
