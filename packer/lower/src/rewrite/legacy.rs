//! The older encoding, in which clauses are blocks of the try:
//!
//! ```text
//! block TYPE                      its label
//!   block [parameters] -> []      its handler
//!     BODY
//!     br 1
//!   end
//!   for each clause: if the tag in flight is its: payload, nothing in flight; CLAUSE; br LABEL; end
//!   br OUTER HANDLER
//! end
//! ```
//!
//! `rethrow` needs the exception again when others may have come and gone: a try that is rethrown from keeps it in locals, a
//! set for each such try that encloses another. `delegate` is a branch to the handler of the block that it names.

use wasm_encoder::Instruction;
use wasmparser::BlockType;

use super::Rewriter;
use crate::{
    Error,
    labels::{Frame, Kind, Part, Try},
    sources::Caught,
};

impl Rewriter<'_, '_, '_> {
    pub(super) fn legacy_try(&mut self, ty: BlockType) -> Result<(), Error> {
        let (level, handler) = self.open_try(ty)?;
        let rethrown = self.scan.is_some_and(|scan| scan.rethrown.binary_search(&self.tries).is_ok());
        self.tries += 1;
        let saved = rethrown.then(|| self.labels.saving());
        self.saves = self.saves.max(saved.map_or(0, |set| set + 1));
        let one = Try { saved, caught: Caught::default(), part: Part::Body };
        self.labels.push(level, Some(handler), Kind::Try(one));
        Ok(())
    }

    /// `catch` or `catch_all`.
    pub(super) fn clause(&mut self, tag: Option<u32>) {
        let level = self.labels.top().level;
        let tags = self.plan.module.tags.len();
        let (one, handler, outer) = self.labels.try_mut();
        // What a clause throws is for those outside of the try.
        *handler = outer;
        let before = one.part;
        let (new, saved) = (!one.caught.all(), one.saved);
        one.caught.add(tag, tags);
        let rest = new && one.caught.all();
        one.part = match tag {
            Some(tag) if !rest => Part::Tested(tag),
            tag => Part::Rest(tag),
        };
        let part = one.part;
        match before {
            Part::Body | Part::Tested(_) => self.close(level),
            // Nothing gets here any more.
            Part::Rest(_) => self.put(Instruction::Br(self.labels.to(level))),
        }
        if let Part::Tested(tag) = part {
            self.if_tag(tag);
        }
        if let Some(set) = saved {
            self.save(set, tag);
        }
        if let Some(tag) = tag {
            self.load(tag);
        }
        self.landed();
    }

    pub(super) fn legacy_end(&mut self, frame: &Frame, one: &Try) {
        match one.part {
            Part::Body | Part::Tested(_) => {
                self.close(frame.level);
                // With a clause for the rest before it nothing gets here, which is as well.
                self.put(Instruction::Br(self.labels.to(frame.outer)));
            }
            Part::Rest(_) => {}
        }
        self.put(Instruction::End);
        self.labels.leave();
    }

    pub(super) fn delegate(&mut self, depth: u32) {
        let frame = self.labels.pop();
        self.close(frame.level);
        let handler = self.labels.at(depth).handler;
        self.put(Instruction::Br(self.labels.to(handler)));
        self.put(Instruction::End);
        self.labels.leave();
    }

    pub(super) fn rethrow(&mut self, depth: u32) {
        if let Kind::Try(Try { saved: Some(set), part, .. }) = self.labels.at(depth).kind {
            let tag = match part {
                Part::Tested(tag) => Some(tag),
                Part::Rest(tag) => tag,
                Part::Body => None,
            };
            self.restore(set, tag);
        }
        self.go_to_handler();
    }

    /// Keeps what is in flight, which is of `tag` if that is known, in a set of locals.
    fn save(&mut self, set: u32, tag: Option<u32>) {
        if tag.is_none() {
            self.put(Instruction::GlobalGet(self.plan.tag));
            self.put(Instruction::LocalSet(self.kept(set, None)));
        }
        for global in self.plan.payloads.used(tag) {
            self.put(Instruction::GlobalGet(global));
            self.put(Instruction::LocalSet(self.kept(set, Some(global))));
        }
    }

    /// Puts it in flight again.
    fn restore(&mut self, set: u32, tag: Option<u32>) {
        for global in self.plan.payloads.used(tag) {
            self.put(Instruction::LocalGet(self.kept(set, Some(global))));
            self.put(Instruction::GlobalSet(global));
        }
        match tag {
            Some(tag) => self.in_flight(tag),
            None => {
                self.put(Instruction::LocalGet(self.kept(set, None)));
                self.put(Instruction::GlobalSet(self.plan.tag));
            }
        }
    }

    /// The local of `set` for a global of the payload, or for the tag.
    fn kept(&self, set: u32, global: Option<u32>) -> u32 {
        let payloads = &self.plan.payloads;
        let stride = payloads.globals().len() as u32 + 1;
        self.locals + set * stride + global.map_or(0, |global| global - payloads.base() + 1)
    }
}
