//! The command's `_start`: it calls the functions that are asked for, with fixed arguments.

use wasm_encoder::reencode::Reencode;
use wasm_encoder::{BlockType, Function, Instruction, MemArg, MemArgTarget, ValType};
use wasmparser::ValType as Parsed;

use super::command::{ARGS_SIZES_GET, Command, IMPORTS, MIX, PRINT, PROC_EXIT};
use super::{DONE, FUEL, digest::as_i64};

impl Command {
    /// Calls the functions of the module that are asked for.
    pub(super) fn start(&mut self) -> Function {
        let word = MemArg { offset: 0, align: 0, target: MemArgTarget::Memory(0), ordering: None };
        let functions = std::mem::take(&mut self.bare.functions);
        let count = functions.len() as u32;
        let (mix, print) = (IMPORTS + count + MIX, IMPORTS + count + PRINT);
        // 0: what memory held where the arguments are counted. 1: which function is asked for.
        let mut locals = vec![(1, ValType::I64), (1, ValType::I32)];
        for result in functions.iter().flat_map(|(_, results)| results) {
            locals.push((1, self.val_type(*result).expect("a type of a result")));
        }
        let mut body = Function::new(locals);
        for instruction in [
            Instruction::I32Const(0),
            Instruction::I64Load(word),
            Instruction::LocalSet(0),
            Instruction::I32Const(0),
            Instruction::I32Const(4),
            Instruction::Call(ARGS_SIZES_GET),
            Instruction::Drop,
            Instruction::I32Const(0),
            Instruction::I32Load(word),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            Instruction::LocalSet(1),
            Instruction::I32Const(0),
            Instruction::LocalGet(0),
            Instruction::I64Store(word),
        ] {
            body.instruction(&instruction);
        }
        let mut local = 2;
        for (index, (params, results)) in (0..).zip(&functions) {
            for instruction in [
                Instruction::LocalGet(1),
                Instruction::I32Const(index),
                Instruction::I32Eq,
                Instruction::LocalGet(1),
                Instruction::I32Const(count as i32),
                Instruction::I32GeU,
                Instruction::I32Or,
                Instruction::If(BlockType::Empty),
                Instruction::I32Const(FUEL as i32),
                Instruction::GlobalSet(self.fuel),
            ] {
                body.instruction(&instruction);
            }
            for param in params {
                body.instruction(&self.constant(*param));
            }
            body.instruction(&Instruction::Call(IMPORTS + index as u32));
            for at in (0..results.len() as u32).rev() {
                body.instruction(&Instruction::LocalSet(local + at));
            }
            for (at, result) in (local..).zip(results) {
                body.instruction(&Instruction::LocalGet(at));
                if *result == Parsed::V128 {
                    body.instruction(&Instruction::I64x2ExtractLane(1));
                    body.instruction(&Instruction::Call(mix));
                    body.instruction(&Instruction::LocalGet(at));
                }
                for instruction in as_i64(*result) {
                    body.instruction(&instruction);
                }
                body.instruction(&Instruction::Call(mix));
            }
            local += results.len() as u32;
            body.instruction(&Instruction::Call(print));
            body.instruction(&Instruction::End);
        }
        self.bare.functions = functions;
        body.instruction(&Instruction::I32Const(DONE));
        body.instruction(&Instruction::Call(PROC_EXIT));
        body.instruction(&Instruction::End);
        body
    }

    /// An argument: more often than not one at which functions turn.
    fn constant(&mut self, ty: Parsed) -> Instruction<'static> {
        const EDGES: [u64; 8] = [0, 1, u64::MAX, 1 << 31, 1 << 63, 0x7fff_ffff, 0xffff, 64];
        let value = if self.random.next().is_multiple_of(2) {
            self.random.next()
        } else {
            self.random.one_of(&EDGES)
        };
        // Neither infinite nor no number: what is done to those is compared where functions make them.
        let finite = (value >> 40) as f64 - 8192.5;
        match ty {
            Parsed::I32 => Instruction::I32Const(value as i32),
            Parsed::I64 => Instruction::I64Const(value as i64),
            Parsed::F32 => Instruction::F32Const((finite as f32).into()),
            Parsed::F64 => Instruction::F64Const(finite.into()),
            Parsed::V128 => Instruction::V128Const(i128::from(value).wrapping_mul(0x1_0000_0001_0000_0001)),
            Parsed::Ref(ty) => {
                Instruction::RefNull(self.heap_type(ty.heap_type()).expect("a type of references"))
            }
        }
    }
}
