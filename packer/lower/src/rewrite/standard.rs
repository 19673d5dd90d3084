//! `try_table`:
//!
//! ```text
//! block TYPE                      its label
//!   block [parameters] -> []      its handler
//!     BODY
//!     br 1
//!   end
//!   for each clause: if the tag in flight is its: payload, reference, nothing in flight; br LABEL
//!   br OUTER HANDLER
//! end
//! ```
//!
//! A clause that nothing is left for to get past needs no test, and nothing follows it. Since there are no tags but the
//! module's own, that is also the clause for the last tag.

use wasm_encoder::Instruction;
use wasmparser::{Catch, TryTable};

use super::Rewriter;
use crate::{
    Error,
    labels::{Frame, Kind},
    sources::Caught,
};

impl Rewriter<'_, '_, '_> {
    pub(super) fn try_table(&mut self, try_table: &TryTable) -> Result<(), Error> {
        if try_table.catches.is_empty() {
            let ty = self.block_type(try_table.ty)?;
            self.put(Instruction::Block(ty));
            let level = self.labels.enter();
            self.labels.push(level, None, Kind::Plain);
            return Ok(());
        }
        let (level, handler) = self.open_try(try_table.ty)?;
        self.labels.push(level, Some(handler), Kind::TryTable(try_table.catches.clone()));
        Ok(())
    }

    pub(super) fn try_table_end(&mut self, frame: &Frame, catches: &[Catch]) {
        self.close(frame.level);
        let tags = self.plan.module.tags.len();
        let mut caught = Caught::default();
        for &catch in catches {
            let (tag, label, by_reference) = match catch {
                Catch::One { tag, label } => (Some(tag), label, false),
                Catch::OneRef { tag, label } => (Some(tag), label, true),
                Catch::All { label } => (None, label, false),
                Catch::AllRef { label } => (None, label, true),
            };
            // A clause before it has them all.
            if caught.all() || tag.is_some_and(|tag| caught.has(tag)) {
                continue;
            }
            caught.add(tag, tags);
            let tested = tag.filter(|_| !caught.all());
            if let Some(tag) = tested {
                self.if_tag(tag);
            }
            if let Some(tag) = tag {
                self.load(tag);
            }
            match self.plan.take.filter(|_| by_reference) {
                Some((take, _)) => self.put(Instruction::Call(take)),
                None => self.landed(),
            }
            // The labels of clauses are those outside of the try.
            self.put(Instruction::Br(self.labels.branch(label)));
            if tested.is_some() {
                self.put(Instruction::End);
                self.labels.leave();
            }
        }
        if !caught.all() {
            self.put(Instruction::Br(self.labels.to(frame.outer)));
        }
        self.put(Instruction::End);
        self.labels.leave();
    }
}
