//! The first look at a function's body: it is validated, and what matters to exceptions is noted.
//!
//! Which calls may throw is not known yet, so each is noted as a source: those that leave the function unless a try catches
//! them, and those that must be tested if they throw.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    BlockType, Catch, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator,
    ValidatorResources,
};

use crate::{
    Error, Kind,
    sources::{Caught, Source, leaves},
    types::{self, Types},
};

/// What is to be known of one body.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// What may throw out of the function.
    pub(crate) escapes: Vec<Source>,
    /// Calls that need a test if they may throw.
    pub(crate) tested: Vec<Source>,
    /// Whether it changes whatever may throw: it has instructions or types of the proposal.
    pub(crate) changes: bool,
    /// The legacy tries that are rethrown from, by their order in the body.
    pub(crate) rethrown: Vec<u32>,
    /// Where `ref.is_null` looks at an exception reference.
    pub(crate) null_tests: Vec<u64>,
}

/// What all bodies together say.
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
    /// Types by which functions are called through tables and references.
    pub(crate) called: BTreeSet<u32>,
    /// What is caught by reference, and where first.
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
        self.called.extend(other.called);
        self.tries.extend(other.tries);
        for (what, place) in other.by_reference {
            self.by_reference.entry(what).or_insert(place);
        }
    }
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
    /// What its clauses catch so far.
    caught: Caught,
}

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

/// Scans bodies one after the other.
pub(crate) struct Scanner<'m> {
    types: &'m Types,
    tags: usize,
    allocations: FuncValidatorAllocations,
    pub(crate) facts: Facts,
}

impl<'m> Scanner<'m> {
    pub(crate) fn new(types: &'m Types, tags: usize) -> Self {
        Self { types, tags, allocations: FuncValidatorAllocations::default(), facts: Facts::default() }
    }

    /// Validates and scans one body.
    pub(crate) fn scan(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<Scan, Error> {
        let index = function.index;
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        let mut one = One::new(self, index);
        one.read(&mut validator, body).map_err(|error| error.in_function(index))?;
        let scan = one.finish();
        self.allocations = validator.into_allocations();
        Ok(scan)
    }
}

/// The scan of one body.
struct One<'s, 'm> {
    scanner: &'s mut Scanner<'m>,
    index: u32,
    scan: Scan,
    frames: Vec<Frame>,
    sources: Vec<Source>,
    tries: u32,
}

impl<'s, 'm> One<'s, 'm> {
    fn new(scanner: &'s mut Scanner<'m>, index: u32) -> Self {
        let mut one =
            Self { scanner, index, scan: Scan::default(), frames: Vec::new(), sources: Vec::new(), tries: 0 };
        one.open(FrameKind::Plain, false);
        one
    }

    fn read(
        &mut self,
        validator: &mut FuncValidator<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), Error> {
        let mut locals = body.get_locals_reader()?;
        for _ in 0..locals.get_count() {
            let offset = locals.original_position();
            let (count, ty) = locals.read()?;
            self.notes(types::is_exception(ty));
            validator.define_locals(offset, count, ty)?;
        }
        let mut ops = body.get_operators_reader()?;
        // A call that may throw and what comes next is not known.
        let mut pending: Option<(Source, bool)> = None;
        while !ops.eof() {
            let offset = ops.original_position();
            let op = ops.read()?;
            self.operands(validator, &op, offset);
            validator.op(offset, &op)?;
            if let Some((source, guarded)) = pending.take()
                && (guarded || !leaves(&op, self.frames.len()))
            {
                self.scan.tested.push(source);
            }
            if let Some(call) = self.op(&op, offset) {
                self.sources.push(call);
                pending = Some((call, self.top().guarded));
            }
        }
        Ok(ops.finish()?)
    }

    fn finish(mut self) -> Scan {
        for list in [&mut self.sources, &mut self.scan.tested] {
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
        self.scan.rethrown.sort_unstable();
        self.scan.rethrown.dedup();
        self.scan.escapes = self.sources;
        self.scanner.facts.uses |= self.scan.changes;
        self.scan
    }

    fn notes(&mut self, is_of_the_proposal: bool) {
        self.scan.changes |= is_of_the_proposal;
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the body was validated: a frame is open")
    }

    fn open(&mut self, kind: FrameKind, guards: bool) {
        let guarded = guards || self.frames.last().is_some_and(|frame| frame.guarded);
        let begin = self.sources.len();
        self.frames.push(Frame { kind, guarded, begin, delegated: Vec::new(), caught: Caught::default() });
    }

    /// Looks at the operands of instructions that take references of any kind.
    fn operands(&mut self, validator: &FuncValidator<ValidatorResources>, op: &Operator<'_>, offset: u64) {
        let on_exception =
            || matches!(validator.get_operand_type(0), Some(Some(ty)) if types::is_exception(ty));
        let what = match op {
            Operator::RefIsNull if on_exception() => {
                self.notes(true);
                self.scan.null_tests.push(offset);
                return;
            }
            Operator::RefAsNonNull if on_exception() => "ref.as_non_null of an exception reference",
            Operator::BrOnNull { .. } if on_exception() => "br_on_null of an exception reference",
            Operator::BrOnNonNull { .. } if on_exception() => "br_on_non_null of an exception reference",
            _ => return,
        };
        self.refused(what, offset);
    }

    /// Notes what `op`, which is valid, means; the source if it is a call that comes back.
    fn op(&mut self, op: &Operator<'_>, offset: u64) -> Option<Source> {
        match op {
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                self.block_type(*blockty);
                self.open(FrameKind::Plain, false);
            }
            Operator::TryTable { try_table } => {
                self.try_type(try_table.ty);
                self.clauses(&try_table.catches, offset);
                self.open(FrameKind::TryTable, !try_table.catches.is_empty());
                for catch in &try_table.catches {
                    let tags = self.scanner.tags;
                    self.top().caught.add(tag_of(*catch), tags);
                }
            }
            Operator::Try { blockty } => {
                self.try_type(*blockty);
                self.open(FrameKind::TryBody(self.tries), true);
                self.tries += 1;
            }
            Operator::Catch { tag_index } => self.clause(Some(*tag_index)),
            Operator::CatchAll => self.clause(None),
            Operator::Delegate { relative_depth } => self.delegate(*relative_depth),
            Operator::End => self.end(),
            Operator::Throw { tag_index } => {
                self.notes(true);
                self.scanner.facts.thrown.insert(*tag_index);
                self.sources.push(Source::Throw(*tag_index));
            }
            Operator::ThrowRef => {
                self.notes(true);
                self.scanner.facts.throws_references = true;
                self.sources.push(Source::Any);
            }
            Operator::Rethrow { relative_depth } => {
                self.notes(true);
                let at = self.frames.len() - 1 - *relative_depth as usize;
                if let FrameKind::Clause { order, .. } = self.frames[at].kind {
                    self.scan.rethrown.push(order);
                }
                self.sources.push(Source::Any);
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                return self.callee(op);
            }
            // The frame is gone when the callee runs, so no try of this function catches what it throws.
            Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                if let Some(source) = self.callee(op) {
                    self.frames[0].delegated.push(source);
                }
            }
            Operator::RefFunc { function_index } => {
                self.scanner.facts.taken.insert(*function_index);
                self.scanner.facts.referenced.insert(*function_index);
            }
            Operator::TableSet { table }
            | Operator::TableFill { table }
            | Operator::TableGrow { table }
            | Operator::TableInit { table, .. }
            | Operator::TableCopy { dst_table: table, .. } => {
                self.scanner.facts.written.insert(*table);
            }
            Operator::RefNull { hty } => self.notes(types::is_exception_heap(*hty)),
            Operator::TypedSelect { ty } => self.notes(types::is_exception(*ty)),
            other => self.refuse(other, offset),
        }
        None
    }

    /// What a call calls.
    fn callee(&mut self, op: &Operator<'_>) -> Option<Source> {
        let types = self.scanner.types;
        let source = match *op {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                return Some(Source::Call(function_index));
            }
            Operator::CallIndirect { type_index, table_index }
            | Operator::ReturnCallIndirect { type_index, table_index } => {
                self.scanner.facts.called.insert(type_index);
                Source::Table { table: table_index, ty: types.same(type_index) }
            }
            Operator::CallRef { type_index } | Operator::ReturnCallRef { type_index } => {
                self.scanner.facts.called.insert(type_index);
                Source::Reference { ty: types.same(type_index) }
            }
            _ => return None,
        };
        Some(source)
    }

    /// Notes instructions that cannot stand beside lowered exceptions.
    fn refuse(&mut self, op: &Operator<'_>, offset: u64) {
        let casts = types::is_exception_heap;
        let what = match *op {
            Operator::RefTestNonNull { hty } | Operator::RefTestNullable { hty } if casts(hty) => "ref.test",
            Operator::RefCastNonNull { hty } | Operator::RefCastNullable { hty } if casts(hty) => "ref.cast",
            Operator::BrOnCast { to_ref_type: to, .. } if types::is_exception_ref(to) => "br_on_cast",
            Operator::BrOnCastFail { to_ref_type: to, .. } if types::is_exception_ref(to) => {
                "br_on_cast_fail"
            }
            // These throw, and hand over, exceptions in ways of their own.
            Operator::ContNew { .. }
            | Operator::ContBind { .. }
            | Operator::Suspend { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Switch { .. } => "stack switching",
            _ => return,
        };
        self.refused(what, offset);
    }

    fn refused(&mut self, what: &str, offset: u64) {
        let error = Error::new(Kind::Instruction, what, offset).in_function(self.index);
        self.scanner.facts.refused.get_or_insert(error);
    }

    fn block_type(&mut self, ty: BlockType) {
        self.notes(matches!(ty, BlockType::Type(ty) if types::is_exception(ty)));
    }

    fn try_type(&mut self, ty: BlockType) {
        self.notes(true);
        if let BlockType::FuncType(index) = ty
            && !self.scanner.types.function(index).params().is_empty()
        {
            self.scanner.facts.tries.insert(index);
        }
    }

    /// Notes what the clauses of a `try_table` make references to.
    fn clauses(&mut self, catches: &[Catch], offset: u64) {
        let mut caught = Caught::default();
        for catch in catches {
            let captured = match *catch {
                Catch::OneRef { tag, .. } if !caught.has(tag) => Some(ByReference::Tag(tag)),
                Catch::AllRef { .. } if !caught.all() => {
                    let mut but = caught.tags().to_vec();
                    but.sort_unstable();
                    Some(ByReference::AllBut(but))
                }
                _ => None,
            };
            if let Some(what) = captured {
                self.scanner.facts.by_reference.entry(what).or_insert((self.index, offset));
            }
            caught.add(tag_of(*catch), self.scanner.tags);
        }
    }

    /// A clause of a legacy try begins.
    fn clause(&mut self, tag: Option<u32>) {
        self.settle();
        let (outer, tags) = (self.outer_is_guarded(), self.scanner.tags);
        let body_end = self.sources.len();
        let top = self.top();
        if let FrameKind::TryBody(order) = top.kind {
            top.kind = FrameKind::Clause { order, body_end };
        }
        top.caught.add(tag, tags);
        top.guarded = outer;
    }

    fn outer_is_guarded(&self) -> bool {
        self.frames.len().checked_sub(2).is_some_and(|at| self.frames[at].guarded)
    }

    /// Adds to the sources of the innermost frame what was delegated to it.
    fn settle(&mut self) {
        let delegated = std::mem::take(&mut self.top().delegated);
        self.sources.extend(delegated);
    }

    fn end(&mut self) {
        self.settle();
        let Some(frame) = self.frames.pop() else { return };
        let body_end = match frame.kind {
            FrameKind::Plain | FrameKind::TryBody(_) => return,
            FrameKind::TryTable => self.sources.len(),
            FrameKind::Clause { body_end, .. } => body_end,
        };
        let of_clauses = self.sources.split_off(body_end);
        let mut kept = frame.begin;
        for at in frame.begin..self.sources.len() {
            let source = self.sources[at];
            if !frame.caught.absorbs(source) {
                self.sources[kept] = source;
                kept += 1;
            }
        }
        self.sources.truncate(kept);
        self.sources.extend(of_clauses);
    }

    fn delegate(&mut self, depth: u32) {
        self.settle();
        let Some(frame) = self.frames.pop() else { return };
        let sources = self.sources.split_off(frame.begin);
        let at = self.frames.len() - 1 - depth as usize;
        self.frames[at].delegated.extend(sources);
    }
}

fn tag_of(catch: Catch) -> Option<u32> {
    match catch {
        Catch::One { tag, .. } | Catch::OneRef { tag, .. } => Some(tag),
        Catch::All { .. } | Catch::AllRef { .. } => None,
    }
}
