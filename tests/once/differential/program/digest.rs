//! The digest: how the command makes it of values, memory and globals, and prints it.

use wasm_encoder::{BlockType, Function, Instruction, MemArg, MemArgTarget, ValType};
use wasmparser::ValType as Parsed;

use super::command::{Command, FD_WRITE, MIX};

/// Where `_start` keeps what it prints, in the module's own memory: an iovec, the count of what was written, the text.
const IOVEC: u64 = 0;
const WRITTEN: i32 = 8;
const TEXT: u64 = 16;
/// A digest in hexadecimal, and a line feed.
const LINE: i32 = 17;

impl Command {
    /// `digest = rotl((digest ^ value) * prime, 23)`
    pub(super) fn mix(&self) -> Function {
        let mut body = Function::new([]);
        for instruction in [
            Instruction::GlobalGet(self.digest()),
            Instruction::LocalGet(0),
            Instruction::I64Xor,
            Instruction::I64Const(0x100_0000_01b3),
            Instruction::I64Mul,
            Instruction::I64Const(23),
            Instruction::I64Rotl,
            Instruction::GlobalSet(self.digest()),
            Instruction::End,
        ] {
            body.instruction(&instruction);
        }
        body
    }

    /// Mixes all of memory and all globals into the digest, and prints it.
    pub(super) fn print(&self) -> Function {
        let word = |offset| MemArg { offset, align: 0, target: MemArgTarget::Memory(0), ordering: None };
        // 0: an address, then a place in the text. 1: the size of memory in bytes.
        let mut body = Function::new([(2, ValType::I32)]);
        let mut add = |instruction: &Instruction<'_>| {
            body.instruction(instruction);
        };
        add(&Instruction::MemorySize(0));
        add(&Instruction::I32Const(16));
        add(&Instruction::I32Shl);
        add(&Instruction::LocalSet(1));
        add(&Instruction::Loop(BlockType::Empty));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I64Load(word(0)));
        add(&Instruction::Call(self.own(MIX)));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I32Const(8));
        add(&Instruction::I32Add);
        add(&Instruction::LocalTee(0));
        add(&Instruction::LocalGet(1));
        add(&Instruction::I32LtU);
        add(&Instruction::BrIf(0));
        add(&Instruction::End);
        for (index, ty) in self.bare.globals.iter().enumerate() {
            add(&Instruction::GlobalGet(index as u32));
            // A vector is looked at twice.
            if *ty == Parsed::V128 {
                add(&Instruction::I64x2ExtractLane(1));
                add(&Instruction::Call(self.own(MIX)));
                add(&Instruction::GlobalGet(index as u32));
            }
            for instruction in as_i64(*ty) {
                add(&instruction);
            }
            add(&Instruction::Call(self.own(MIX)));
        }
        // The text, its last digit first.
        add(&Instruction::I32Const(LINE - 1));
        add(&Instruction::LocalSet(0));
        add(&Instruction::Loop(BlockType::Empty));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I32Const(1));
        add(&Instruction::I32Sub);
        add(&Instruction::LocalTee(0));
        // 'a' and the 15 letters behind it are digits as well.
        add(&Instruction::GlobalGet(self.digest()));
        add(&Instruction::LocalGet(0));
        add(&Instruction::I64ExtendI32U);
        add(&Instruction::I64Const(4));
        add(&Instruction::I64Mul);
        add(&Instruction::I64ShrU);
        add(&Instruction::I64Const(15));
        add(&Instruction::I64And);
        add(&Instruction::I64Const(i64::from(b'a')));
        add(&Instruction::I64Add);
        add(&Instruction::I64Store8(word(TEXT)));
        add(&Instruction::LocalGet(0));
        add(&Instruction::BrIf(0));
        add(&Instruction::End);
        add(&Instruction::I32Const(LINE - 1));
        add(&Instruction::I32Const(i32::from(b'\n')));
        add(&Instruction::I32Store8(word(TEXT)));
        add(&Instruction::I32Const(0));
        add(&Instruction::I32Const(TEXT as i32));
        add(&Instruction::I32Store(word(IOVEC)));
        add(&Instruction::I32Const(0));
        add(&Instruction::I32Const(LINE));
        add(&Instruction::I32Store(word(IOVEC + 4)));
        add(&Instruction::I32Const(1));
        add(&Instruction::I32Const(IOVEC as i32));
        add(&Instruction::I32Const(1));
        add(&Instruction::I32Const(WRITTEN));
        add(&Instruction::Call(FD_WRITE));
        add(&Instruction::Drop);
        add(&Instruction::End);
        body
    }
}

/// What makes an i64 of a value; the lower half of a vector, and of a reference whether it is null.
pub(super) fn as_i64(ty: Parsed) -> Vec<Instruction<'static>> {
    match ty {
        Parsed::I32 => vec![Instruction::I64ExtendI32U],
        Parsed::I64 => vec![],
        Parsed::F32 => vec![Instruction::I32ReinterpretF32, Instruction::I64ExtendI32U],
        Parsed::F64 => vec![Instruction::I64ReinterpretF64],
        Parsed::V128 => vec![Instruction::I64x2ExtractLane(0)],
        Parsed::Ref(_) => vec![Instruction::RefIsNull, Instruction::I64ExtendI32U],
    }
}
