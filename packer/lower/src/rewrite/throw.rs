//! What throws: the instruction, and calls, after which a test asks whether something is in flight.

use wasm_encoder::{BlockType, Instruction};

use super::Rewriter;

impl Rewriter<'_, '_, '_> {
    /// `throw`: payload, origin and tag to their globals, and on to the handler.
    pub(super) fn throw(&mut self, tag: u32, offset: u64) {
        self.plan.payloads.store(tag, |instruction| self.out.put(instruction));
        self.put(Instruction::I32Const(offset as i32));
        self.put(Instruction::GlobalSet(self.plan.origin));
        self.in_flight(tag);
        self.go_to_handler();
    }

    /// `throw_ref`: the same with what a reference holds.
    pub(super) fn throw_ref(&mut self) {
        if let Some((put, _)) = self.plan.put {
            self.put(Instruction::Call(put));
        }
        self.go_to_handler();
    }

    /// After a call: to its handler if something is in flight. The operands below stay where there is nothing.
    pub(super) fn test(&mut self, handler: u32) {
        self.tests += 1;
        self.put(Instruction::GlobalGet(self.plan.tag));
        self.put(Instruction::BrIf(self.labels.to(handler)));
    }

    /// An exception of `tag` is in flight now.
    pub(super) fn in_flight(&mut self, tag: u32) {
        self.put(Instruction::I32Const(number(tag)));
        self.put(Instruction::GlobalSet(self.plan.tag));
    }

    /// Nothing is in flight any more.
    pub(super) fn landed(&mut self) {
        self.put(Instruction::I32Const(0));
        self.put(Instruction::GlobalSet(self.plan.tag));
    }

    /// To who handles what is thrown here.
    pub(super) fn go_to_handler(&mut self) {
        self.put(Instruction::Br(self.labels.to(self.labels.top().handler)));
    }

    /// Opens an `if` for what is in flight being of `tag`.
    pub(super) fn if_tag(&mut self, tag: u32) {
        self.put(Instruction::GlobalGet(self.plan.tag));
        self.put(Instruction::I32Const(number(tag)));
        self.put(Instruction::I32Eq);
        self.put(Instruction::If(BlockType::Empty));
        self.labels.enter();
    }

    /// Puts the payload of `tag` on the stack.
    pub(super) fn load(&mut self, tag: u32) {
        self.plan.payloads.load(tag, |instruction| self.out.put(instruction));
    }
}

/// The global's value for an exception of `tag`.
pub(crate) fn number(tag: u32) -> i32 {
    tag as i32 + 1
}
