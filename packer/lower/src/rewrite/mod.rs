//! Rewrites a body: `block  BODY  return  end  RESULTS`, where who throws leaves by the end of the block, with the globals
//! telling what is in flight and results that nobody looks at.
//!
//! Most instructions are copied. Branches change where blocks were put in; calls that may throw get a test; the forms of
//! exceptions are in the files beside this one.

mod legacy;
mod standard;
mod throw;

use std::ops::Range;

use wasm_encoder::{BlockType, Encode, Instruction, ValType, reencode::Reencode};
use wasmparser::{self as wp, FunctionBody, Operator};

use crate::{
    Error, Kind,
    exnref::null_of,
    labels::{self, Labels, OUT},
    output::{Code, Output},
    plan::Plan,
    scan::Scan,
    sources::{Source, leaves},
    types,
};

/// Rewrites bodies one after the other.
pub(crate) struct Rewriter<'p, 'm, 'a> {
    plan: &'p Plan<'m, 'a>,
    /// The facts about the body, which is that of function `index`.
    scan: Option<&'p Scan>,
    index: u32,
    out: Output<'a>,
    labels: Labels,
    /// How many tries have begun.
    tries: u32,
    /// How many parameters and locals the original has.
    locals: u32,
    /// How many sets of locals keep exceptions.
    saves: u32,
    /// How many calls were given a test.
    pub(crate) tests: usize,
}

impl<'p, 'm, 'a> Rewriter<'p, 'm, 'a> {
    pub(crate) fn new(plan: &'p Plan<'m, 'a>) -> Self {
        Self {
            plan,
            scan: None,
            index: 0,
            out: Output::new(plan.module.bytes),
            labels: Labels::new(),
            tries: 0,
            locals: 0,
            saves: 0,
            tests: 0,
        }
    }

    /// Appends the rewritten body of function `index` to `code`.
    pub(crate) fn body(
        &mut self,
        index: u32,
        scan: &'p Scan,
        body: &FunctionBody<'a>,
        code: &mut Code,
    ) -> Result<(), Error> {
        self.out.clear();
        (self.index, self.scan, self.labels) = (index, Some(scan), Labels::new());
        (self.tries, self.saves) = (0, 0);
        let locals = self.declared(body)?;
        self.ops(body)?;
        let mut bytes = Vec::new();
        self.encode_locals(locals, &mut bytes);
        code.rewritten(&bytes, &mut self.out, body.range().start);
        Ok(())
    }

    /// The locals of the original, with references made numbers.
    fn declared(&mut self, body: &FunctionBody<'_>) -> Result<Vec<(u32, ValType)>, Error> {
        let ty = self.plan.module.functions[self.index as usize];
        self.locals = self.plan.module.types.function(ty).params().len() as u32;
        let mut locals = Vec::new();
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            self.locals += count;
            locals.push((count, self.val_type(ty)?));
        }
        Ok(locals)
    }

    /// Writes them, and those that keep exceptions behind them.
    fn encode_locals(&self, mut locals: Vec<(u32, ValType)>, bytes: &mut Vec<u8>) {
        for _ in 0..self.saves {
            locals.push((1, ValType::I32));
            locals.extend(self.plan.payloads.globals().iter().map(|&ty| (1, ty)));
        }
        (locals.len() as u32).encode(bytes);
        for (count, ty) in locals {
            count.encode(bytes);
            ty.encode(bytes);
        }
    }

    fn ops(&mut self, body: &FunctionBody<'_>) -> Result<(), Error> {
        let mut ops = body.get_operators_reader()?;
        self.out.stand_for(ops.original_position());
        self.put(Instruction::Block(BlockType::Empty));
        // A call that may throw and is not tested yet: where it is, and who handles what it throws.
        let mut pending: Option<(u64, u32)> = None;
        while !ops.eof() {
            let start = ops.original_position();
            let op = ops.read()?;
            if let Some((call, handler)) = pending.take()
                && (handler != OUT || !leaves(&op, self.labels.len()))
            {
                self.out.stand_for(call);
                self.test(handler);
            }
            self.out.stand_for(start);
            if self.op(&op, start..ops.original_position())? {
                pending = Some((start, self.labels.top().handler));
            }
        }
        Ok(())
    }

    fn put(&mut self, instruction: Instruction<'_>) {
        self.out.put(&instruction);
    }

    /// Rewrites one instruction; true if it is a call that may throw.
    fn op(&mut self, op: &Operator<'_>, range: Range<u64>) -> Result<bool, Error> {
        let throwers = &self.plan.throwers;
        let types = &self.plan.module.types;
        match *op {
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                self.plain(op, blockty, range)?;
            }
            Operator::TryTable { ref try_table } => self.try_table(try_table)?,
            Operator::Try { blockty } => self.legacy_try(blockty)?,
            Operator::Catch { tag_index } => self.clause(Some(tag_index)),
            Operator::CatchAll => self.clause(None),
            Operator::Delegate { relative_depth } => self.delegate(relative_depth),
            Operator::Rethrow { relative_depth } => self.rethrow(relative_depth),
            Operator::End => self.end(range)?,
            Operator::Br { relative_depth } => self.branch(relative_depth, range, Instruction::Br),
            Operator::BrIf { relative_depth } => self.branch(relative_depth, range, Instruction::BrIf),
            Operator::BrOnNull { relative_depth } => {
                self.branch(relative_depth, range, Instruction::BrOnNull);
            }
            Operator::BrOnNonNull { relative_depth } => {
                self.branch(relative_depth, range, Instruction::BrOnNonNull);
            }
            Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::BrOnCastDescEq { .. }
            | Operator::BrOnCastDescEqFail { .. } => self.cast(op.clone())?,
            Operator::BrTable { ref targets } => self.table(targets, range)?,
            Operator::Throw { tag_index } => self.throw(tag_index, range.start),
            Operator::ThrowRef => self.throw_ref(),
            Operator::RefNull { hty } if types::is_exception_heap(hty) => self.put(self.plan.exnref.null()),
            Operator::RefIsNull if self.tests_null(range.start) => {
                self.plan.exnref.is_null().iter().for_each(|instruction| self.out.put(instruction));
            }
            Operator::TypedSelect { ty } if types::is_exception(ty) => {
                self.put(Instruction::TypedSelect(self.plan.exnref.val_type()));
            }
            Operator::Call { function_index } => {
                self.out.copy(range);
                return Ok(throwers.function(function_index));
            }
            Operator::CallIndirect { type_index, table_index } => {
                self.out.copy(range);
                return Ok(throwers.may(Source::Table { table: table_index, ty: types.same(type_index) }));
            }
            Operator::CallRef { type_index } => {
                self.out.copy(range);
                return Ok(throwers.may(Source::Reference { ty: types.same(type_index) }));
            }
            _ => self.out.copy(range),
        }
        Ok(false)
    }

    /// Whether the `ref.is_null` at `offset` looks at an exception.
    fn tests_null(&self, offset: u64) -> bool {
        self.scan.is_some_and(|scan| scan.null_tests.binary_search(&offset).is_ok())
    }

    /// A block, loop or if.
    fn plain(&mut self, op: &Operator<'_>, ty: wp::BlockType, range: Range<u64>) -> Result<(), Error> {
        match ty {
            wp::BlockType::Type(result) if types::is_exception(result) => {
                let ty = self.block_type(ty)?;
                self.put(match op {
                    Operator::Block { .. } => Instruction::Block(ty),
                    Operator::Loop { .. } => Instruction::Loop(ty),
                    _ => Instruction::If(ty),
                });
            }
            _ => self.out.copy(range),
        }
        let level = self.labels.enter();
        self.labels.push(level, None, labels::Kind::Plain);
        Ok(())
    }

    fn end(&mut self, range: Range<u64>) -> Result<(), Error> {
        let frame = self.labels.pop();
        match frame.kind {
            labels::Kind::Plain if self.labels.len() == 0 => self.function_end(range)?,
            labels::Kind::Plain => {
                self.out.copy(range);
                self.labels.leave();
            }
            labels::Kind::TryTable(ref catches) => self.try_table_end(&frame, catches),
            labels::Kind::Try(ref one) => self.legacy_end(&frame, one),
        }
        Ok(())
    }

    /// The end of the body: back to the caller, or out with what is in flight.
    fn function_end(&mut self, range: Range<u64>) -> Result<(), Error> {
        self.put(Instruction::Return);
        self.put(Instruction::End);
        let ty = self.plan.module.functions[self.index as usize];
        if self.plan.throwers.function(self.index) {
            for &result in self.plan.module.types.function(ty).results() {
                let Some(null) = null_of(self.val_type(result)?) else {
                    let error = Error::new(Kind::Result, format!("the result {result}"), range.start);
                    return Err(error.in_function(self.index));
                };
                self.put(null);
            }
        } else {
            self.put(Instruction::Unreachable);
        }
        self.out.copy(range);
        Ok(())
    }

    fn branch(&mut self, depth: u32, range: Range<u64>, form: impl Fn(u32) -> Instruction<'static>) {
        match self.labels.branch(depth) {
            same if same == depth => self.out.copy(range),
            other => self.put(form(other)),
        }
    }

    fn table(&mut self, targets: &wp::BrTable<'_>, range: Range<u64>) -> Result<(), Error> {
        let mut changed = self.labels.branch(targets.default()) != targets.default();
        let mut labels = Vec::with_capacity(targets.len() as usize);
        for target in targets.targets() {
            let target = target?;
            let label = self.labels.branch(target);
            changed |= label != target;
            labels.push(label);
        }
        if changed {
            let default = self.labels.branch(targets.default());
            self.put(Instruction::BrTable(labels.into(), default));
        } else {
            self.out.copy(range);
        }
        Ok(())
    }

    /// A branch that casts.
    fn cast(&mut self, mut op: Operator<'_>) -> Result<(), Error> {
        if let Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. }
        | Operator::BrOnCastDescEq { relative_depth, .. }
        | Operator::BrOnCastDescEqFail { relative_depth, .. } = &mut op
        {
            *relative_depth = self.labels.branch(*relative_depth);
        }
        let mut exnref = self.plan.exnref;
        let instruction = exnref.instruction(op)?;
        self.put(instruction);
        Ok(())
    }

    /// Opens the two blocks of a try: the outer one has its label and its type, the inner one is the handler, with its
    /// parameters and no result.
    fn open_try(&mut self, ty: wp::BlockType) -> Result<(u32, u32), Error> {
        let outer = self.block_type(ty)?;
        self.put(Instruction::Block(outer));
        let level = self.labels.enter();
        let taking = match ty {
            wp::BlockType::FuncType(index) => self.plan.taking.get(&index).copied(),
            wp::BlockType::Empty | wp::BlockType::Type(_) => None,
        };
        let inner = taking.map_or(BlockType::Empty, BlockType::FunctionType);
        self.put(Instruction::Block(inner));
        Ok((level, self.labels.enter()))
    }

    /// Leaves the try by its label and closes the innermost block.
    fn close(&mut self, level: u32) {
        self.put(Instruction::Br(self.labels.to(level)));
        self.put(Instruction::End);
        self.labels.leave();
    }

    fn block_type(&self, ty: wp::BlockType) -> Result<BlockType, Error> {
        let mut exnref = self.plan.exnref;
        Ok(exnref.block_type(ty)?)
    }

    fn val_type(&self, ty: wp::ValType) -> Result<ValType, Error> {
        let mut exnref = self.plan.exnref;
        Ok(Reencode::val_type(&mut exnref, ty)?)
    }
}
