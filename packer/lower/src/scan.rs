//! The first look at a function's body: it is validated, and what matters to exceptions is noted.
//!
//! Which calls may throw is not known yet, so each is noted as a source: those that leave the function unless a try catches
//! them, and those that must be tested if they throw.

use wasmparser::{
    BlockType, Catch, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator,
    ValidatorResources,
};

use crate::{
    Error, Kind,
    facts::{ByReference, Facts},
    flow::Flow,
    sources::{Caught, Source, leaves},
    types::{self, Types},
};

/// Facts about one body.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The sources of exceptions that may leave the function.
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
    flow: Flow,
}

impl<'s, 'm> One<'s, 'm> {
    fn new(scanner: &'s mut Scanner<'m>, index: u32) -> Self {
        let flow = Flow::new(scanner.tags);
        Self { scanner, index, scan: Scan::default(), flow }
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
                && (guarded || !leaves(&op, self.flow.len()))
            {
                self.scan.tested.push(source);
            }
            if let Some(call) = self.op(&op, offset) {
                self.flow.throws(call);
                pending = Some((call, self.flow.guarded()));
            }
        }
        Ok(ops.finish()?)
    }

    fn finish(mut self) -> Scan {
        self.scan.escapes = self.flow.escapes();
        for list in [&mut self.scan.escapes, &mut self.scan.tested] {
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
        self.scan.rethrown.sort_unstable();
        self.scan.rethrown.dedup();
        self.scanner.facts.uses |= self.scan.changes;
        self.scan
    }

    fn notes(&mut self, is_of_the_proposal: bool) {
        self.scan.changes |= is_of_the_proposal;
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
                self.flow.block();
            }
            Operator::TryTable { try_table } => {
                self.try_type(try_table.ty);
                let caught = self.clauses(&try_table.catches, offset);
                self.flow.try_table((!try_table.catches.is_empty()).then_some(caught));
            }
            Operator::Try { blockty } => {
                self.try_type(*blockty);
                self.flow.legacy_try();
            }
            Operator::Catch { tag_index } => self.flow.clause(Some(*tag_index)),
            Operator::CatchAll => self.flow.clause(None),
            Operator::Delegate { relative_depth } => self.flow.delegate(*relative_depth),
            Operator::End => self.flow.end(),
            Operator::Throw { tag_index } => {
                self.notes(true);
                self.scanner.facts.thrown.insert(*tag_index);
                self.flow.throws(Source::Throw(*tag_index));
            }
            Operator::ThrowRef => {
                self.notes(true);
                self.scanner.facts.throws_references = true;
                self.flow.throws(Source::Any);
            }
            Operator::Rethrow { relative_depth } => {
                self.notes(true);
                self.scan.rethrown.extend(self.flow.clause_at(*relative_depth));
                self.flow.throws(Source::Any);
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                return self.callee(op, offset);
            }
            // The frame is gone when the callee runs, so no try of this function catches what it throws.
            Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                if let Some(source) = self.callee(op, offset) {
                    self.flow.throws_out(source);
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

    /// The target of a call.
    fn callee(&mut self, op: &Operator<'_>, offset: u64) -> Option<Source> {
        let types = self.scanner.types;
        let source = match *op {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                return Some(Source::Call(function_index));
            }
            Operator::CallIndirect { type_index, table_index }
            | Operator::ReturnCallIndirect { type_index, table_index } => {
                self.scanner.facts.called.entry(type_index).or_insert((self.index, offset));
                Source::Table { table: table_index, ty: types.same(type_index) }
            }
            Operator::CallRef { type_index } | Operator::ReturnCallRef { type_index } => {
                self.scanner.facts.called.entry(type_index).or_insert((self.index, offset));
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

    /// What the clauses of a `try_table` catch; what they make references to is noted.
    fn clauses(&mut self, catches: &[Catch], offset: u64) -> Caught {
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
        caught
    }
}

fn tag_of(catch: Catch) -> Option<u32> {
    match catch {
        Catch::One { tag, .. } | Catch::OneRef { tag, .. } => Some(tag),
        Catch::All { .. } | Catch::AllRef { .. } => None,
    }
}
