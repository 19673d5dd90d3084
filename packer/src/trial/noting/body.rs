//! Notes in one function.

use wasm_encoder::{BlockType, Function, Instruction, MemArg, MemArgTarget, ValType, reencode::Reencode};
use wasmparser::{FunctionBody, Operator, Operator as O};

use super::{
    known::Known,
    plan::{Error, FUNCTIONS, Hook, PAGE_SHIFT, Plan},
};

/// Bytes that are copied or filled at once, from which on every page is told.
const LONG: i32 = 1 << PAGE_SHIFT;

/// The body of function `index` of those defined, with notes in it.
pub(super) fn noting(plan: &Plan, index: usize, body: &FunctionBody<'_>) -> Result<Vec<u8>, Error> {
    let operators: Vec<Operator<'_>> =
        body.get_operators_reader()?.into_iter().collect::<Result<_, wasmparser::BinaryReaderError>>()?;
    let mut locals = Vec::new();
    let mut count = plan.types.get(plan.functions[index] as usize).copied().unwrap_or_default();
    let mut moving = Moving(plan);
    for pair in body.get_locals_reader()? {
        let (number, ty) = pair?;
        count += number;
        locals.push((number, moving.val_type(ty)?));
    }
    let spare = Spare::of(&operators, count);
    locals.extend(spare.types.iter().map(|(ty, _)| (1, *ty)));
    let known = Known::new(&operators);
    let mut writer = Writer { plan, function: Function::new(locals), spare, known };
    writer.entered(index as u32);
    // One that calls nothing is soon over, but for its loops.
    if operators.iter().any(|operator| matches!(operator, O::Call { .. } | O::CallIndirect { .. })) {
        writer.step();
    }
    for (index, operator) in operators.into_iter().enumerate() {
        writer.note(&operator);
        writer.known.pass(index, &operator);
        let instruction = moving.instruction(operator)?;
        writer.function.instruction(&instruction);
        if matches!(instruction, Instruction::Loop(_)) {
            writer.step();
        }
    }
    Ok(writer.function.into_raw_body())
}

/// Moves the indices of functions.
struct Moving<'a>(&'a Plan);

impl Reencode for Moving<'_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(self.0.moved(function))
    }
}

/// What an operator does to the app's memory.
enum Access {
    /// It reads at an offset from the address on top of the stack.
    Load(u64),
    /// The same below a value of this type.
    Below(u64, ValType),
    /// It copies within the memory.
    Copy,
    /// It moves entries of a table: how many is on top of the stack.
    Table,
    /// It fills the memory, or copies to it from elsewhere: the address is the third from the top.
    Fill,
}

/// What an operator does to the app's memory, if anything.
fn access(operator: &Operator<'_>) -> Option<Access> {
    Some(match operator {
        O::I32Load { memarg }
        | O::I64Load { memarg }
        | O::F32Load { memarg }
        | O::F64Load { memarg }
        | O::I32Load8S { memarg }
        | O::I32Load8U { memarg }
        | O::I32Load16S { memarg }
        | O::I32Load16U { memarg }
        | O::I64Load8S { memarg }
        | O::I64Load8U { memarg }
        | O::I64Load16S { memarg }
        | O::I64Load16U { memarg }
        | O::I64Load32S { memarg }
        | O::I64Load32U { memarg }
        | O::V128Load { memarg }
        | O::V128Load8x8S { memarg }
        | O::V128Load8x8U { memarg }
        | O::V128Load16x4S { memarg }
        | O::V128Load16x4U { memarg }
        | O::V128Load32x2S { memarg }
        | O::V128Load32x2U { memarg }
        | O::V128Load8Splat { memarg }
        | O::V128Load16Splat { memarg }
        | O::V128Load32Splat { memarg }
        | O::V128Load64Splat { memarg }
        | O::V128Load32Zero { memarg }
        | O::V128Load64Zero { memarg } => Access::Load(memarg.offset),
        O::I32Store { memarg } | O::I32Store8 { memarg } | O::I32Store16 { memarg } => {
            Access::Below(memarg.offset, ValType::I32)
        }
        O::I64Store { memarg }
        | O::I64Store8 { memarg }
        | O::I64Store16 { memarg }
        | O::I64Store32 { memarg } => Access::Below(memarg.offset, ValType::I64),
        O::F32Store { memarg } => Access::Below(memarg.offset, ValType::F32),
        O::F64Store { memarg } => Access::Below(memarg.offset, ValType::F64),
        O::V128Store { memarg }
        | O::V128Load8Lane { memarg, .. }
        | O::V128Load16Lane { memarg, .. }
        | O::V128Load32Lane { memarg, .. }
        | O::V128Load64Lane { memarg, .. }
        | O::V128Store8Lane { memarg, .. }
        | O::V128Store16Lane { memarg, .. }
        | O::V128Store32Lane { memarg, .. }
        | O::V128Store64Lane { memarg, .. } => Access::Below(memarg.offset, ValType::V128),
        O::MemoryCopy { .. } => Access::Copy,
        O::MemoryFill { .. } | O::MemoryInit { .. } => Access::Fill,
        O::TableCopy { .. } | O::TableFill { .. } | O::TableInit { .. } => Access::Table,
        _ => return None,
    })
}

/// Three numbers are on the stack of a copy.
const NUMBERS: usize = 3;

/// Locals for the time of an operator: those of the types that are needed, and where they are.
struct Spare {
    types: Vec<(ValType, u32)>,
}

impl Spare {
    fn of(operators: &[Operator<'_>], first: u32) -> Spare {
        let (mut numbers, mut others) = (0, Vec::new());
        for access in operators.iter().filter_map(access) {
            match access {
                Access::Load(_) | Access::Table => numbers = numbers.max(1),
                Access::Below(_, ValType::I32) => numbers = numbers.max(2),
                Access::Below(_, ty) => {
                    numbers = numbers.max(1);
                    if !others.contains(&ty) {
                        others.push(ty);
                    }
                }
                Access::Copy | Access::Fill => numbers = NUMBERS,
            }
        }
        let types = std::iter::repeat_n(ValType::I32, numbers).chain(others);
        Spare { types: types.zip(first..).collect() }
    }

    /// The one with this number, of those that hold i32.
    fn number(&self, number: usize) -> u32 {
        self.types[number].1
    }

    /// The one for a value on top of an address.
    fn value(&self, ty: ValType) -> u32 {
        if ty == ValType::I32 {
            return self.number(1);
        }
        self.types.iter().find(|(other, _)| *other == ty).map_or(0, |(_, local)| *local)
    }
}

struct Writer<'a> {
    plan: &'a Plan,
    function: Function,
    spare: Spare,
    known: Known,
}

impl Writer<'_> {
    fn put(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            self.function.instruction(instruction);
        }
    }

    /// Looks at a mark: the address is on the stack, and what it is behind that. What follows is for one that is not set.
    fn unless_marked(&mut self, offset: u32) {
        let target = MemArgTarget::Memory(self.plan.memories);
        let mark = MemArg { offset: offset.into(), align: 0, target, ordering: None };
        self.put(&[Instruction::I32Load8U(mark), Instruction::I32Eqz, Instruction::If(BlockType::Empty)]);
    }

    /// Takes a step, if one is left.
    fn step(&mut self) {
        let left = self.plan.globals;
        self.put(&[
            Instruction::GlobalGet(left),
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
            Instruction::Call(self.plan.hook(Hook::Spent)),
            Instruction::End,
            Instruction::GlobalGet(left),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            Instruction::GlobalSet(left),
        ]);
    }

    fn entered(&mut self, index: u32) {
        self.put(&[Instruction::I32Const(0)]);
        self.unless_marked(FUNCTIONS + index);
        let hook = self.plan.hook(Hook::Entered);
        self.put(&[Instruction::I32Const(index as i32), Instruction::Call(hook), Instruction::End]);
    }

    /// The page of the address in `local`, `offset` further.
    fn page(&mut self, local: u32, offset: u64) {
        self.put(&[Instruction::LocalGet(local)]);
        if offset != 0 {
            self.put(&[Instruction::I32Const(offset as u32 as i32), Instruction::I32Add]);
        }
        self.put(&[Instruction::I32Const(PAGE_SHIFT as i32), Instruction::I32ShrU]);
    }

    fn touched(&mut self, local: u32, offset: u64) {
        self.page(local, offset);
        self.unless_marked(0);
        self.page(local, offset);
        self.put(&[Instruction::Call(self.plan.hook(Hook::Touched)), Instruction::End]);
    }

    fn ranged(&mut self, local: u32, len: u32) {
        self.touched(local, 0);
        self.put(&[
            Instruction::LocalGet(len),
            Instruction::I32Const(LONG),
            Instruction::I32GtU,
            Instruction::If(BlockType::Empty),
            Instruction::LocalGet(local),
            Instruction::LocalGet(len),
            Instruction::Call(self.plan.hook(Hook::Ranged)),
            Instruction::End,
        ]);
    }

    /// Notes what `operator`, which follows, does.
    fn note(&mut self, operator: &Operator<'_>) {
        match access(operator) {
            None => {}
            Some(Access::Load(offset)) if !self.known.needs_look(0, offset) => {}
            Some(Access::Below(offset, _)) if !self.known.needs_look(1, offset) => {}
            Some(Access::Load(offset)) => {
                let address = self.spare.number(0);
                self.put(&[Instruction::LocalTee(address)]);
                self.touched(address, offset);
            }
            Some(Access::Below(offset, ty)) => {
                let (address, value) = (self.spare.number(0), self.spare.value(ty));
                self.put(&[Instruction::LocalSet(value), Instruction::LocalTee(address)]);
                self.touched(address, offset);
                self.put(&[Instruction::LocalGet(value)]);
            }
            Some(Access::Table) => {
                let count = self.spare.number(0);
                let hook = self.plan.hook(Hook::Moved);
                self.put(&[
                    Instruction::LocalTee(count),
                    Instruction::LocalGet(count),
                    Instruction::Call(hook),
                ]);
            }
            Some(access @ (Access::Copy | Access::Fill)) => {
                let [to, from, len] = [0, 1, 2].map(|number| self.spare.number(number));
                let set = [len, from, to].map(Instruction::LocalSet);
                self.put(&set);
                self.ranged(to, len);
                if matches!(access, Access::Copy) {
                    self.ranged(from, len);
                }
                let get = [to, from, len].map(Instruction::LocalGet);
                self.put(&get);
            }
        }
    }
}
