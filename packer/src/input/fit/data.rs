//! Data from 2 GiB on.
//!
//! wasmer takes the address of a data segment for a signed number, and refuses those from 2 GiB on. Segments that become part
//! of the memory image are none of its business. If one of the others lies there, all of these become passive, and are copied
//! before anything else runs, in their order.
//!
//! The same is done with the others of a memory that is shared: each thread has an instance, and would copy them again over what
//! the program has written.

use wasm_encoder::{Encode, Instruction, MemArg, MemArgTarget, SectionId};
use wasmer_compiler::wasmparser::{
    BinaryReaderError, ConstExpr, Data, DataKind, MemoryType, Operator, Parser, Payload, TypeRef,
};

use super::parts::Parts;
use crate::input::segments;

/// The first address that wasmer takes for negative.
const NEGATIVE: u64 = 1 << 31;

/// Facts about a module's data.
#[derive(Default)]
struct Outline<'a> {
    memory_len: u64,
    is_shared: bool,
    segments: Vec<Data<'a>>,
}

/// Makes the segments passive that wasmer cannot copy; the instructions that do. None if it can.
pub(super) fn fit(parts: &mut Parts<'_>) -> Result<Vec<u8>, BinaryReaderError> {
    let outline = Outline::read(parts.module())?;
    let addresses: Vec<Option<u64>> = outline.segments.iter().map(address).collect();
    let active = |segment: &&Data<'_>| matches!(segment.kind, DataKind::Active { .. });
    // Passive ones are not in the way of what is folded.
    let places = outline.segments.iter().zip(&addresses).filter(|(segment, _)| active(segment));
    let folded = segments::foldable(
        outline.memory_len,
        places.map(|(segment, address)| (*address, segment.data.len() as u64)),
    );
    let mut copied = Vec::new();
    let mut seen = 0;
    for (index, segment) in outline.segments.iter().enumerate().filter(|(_, segment)| active(segment)) {
        seen += 1;
        if seen > folded {
            copied.push((index as u32, addresses[index], segment.data));
        }
    }
    let is_far = |address: Option<u64>| address.is_some_and(|address| address >= NEGATIVE);
    // One whose address is not known here would have to be applied between the others; there is none without imports.
    let is_to_be = outline.is_shared && !copied.is_empty() || copied.iter().any(|one| is_far(one.1));
    if !is_to_be || copied.iter().any(|one| one.1.is_none()) {
        return Ok(Vec::new());
    }

    let mut count = Vec::new();
    (outline.segments.len() as u32).encode(&mut count);
    parts.replace(SectionId::DataCount, count.clone());
    for (index, segment) in outline.segments.iter().enumerate() {
        if copied.iter().any(|(of, ..)| *of == index as u32) {
            count.push(PASSIVE);
            segment.data.encode(&mut count);
        } else {
            count.extend_from_slice(&parts.module()[segment.range.clone()]);
        }
    }
    parts.replace(SectionId::Data, count);
    Ok(instructions(&copied))
}

/// The mark of a passive segment.
const PASSIVE: u8 = 1;

impl<'a> Outline<'a> {
    fn note(&mut self, memory: MemoryType) {
        self.memory_len = memory.initial.saturating_mul(wasmer_types::WASM_PAGE_SIZE as u64);
        self.is_shared = memory.shared;
    }

    fn read(module: &'a [u8]) -> Result<Outline<'a>, BinaryReaderError> {
        let mut outline = Outline::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Memory(memory) = import?.ty {
                            outline.note(memory);
                        }
                    }
                }
                Payload::MemorySection(memories) => {
                    if let Some(memory) = memories.into_iter().next() {
                        outline.note(memory?);
                    }
                }
                Payload::DataSection(data) => {
                    outline.segments = data.into_iter().collect::<Result<_, _>>()?;
                }
                _ => {}
            }
        }
        Ok(outline)
    }
}

/// The address of an active segment of the first memory, if its expression has one value.
fn address(segment: &Data<'_>) -> Option<u64> {
    match &segment.kind {
        DataKind::Active { memory_index: 0, offset_expr } => value(offset_expr).map(u64::from),
        _ => None,
    }
}

/// The value of a constant expression that no import takes part in.
fn value(expression: &ConstExpr<'_>) -> Option<u32> {
    let mut stack: Vec<u32> = Vec::new();
    for operator in expression.get_operators_reader() {
        let operation: fn(u32, u32) -> u32 = match operator.ok()? {
            Operator::I32Const { value } => {
                stack.push(value as u32);
                continue;
            }
            Operator::I32Add => u32::wrapping_add,
            Operator::I32Sub => u32::wrapping_sub,
            Operator::I32Mul => u32::wrapping_mul,
            Operator::End => continue,
            _ => return None,
        };
        let (right, left) = (stack.pop()?, stack.pop()?);
        stack.push(operation(left, right));
    }
    stack.pop()
}

/// Instructions that copy segments: index, address and data.
fn instructions(segments: &[(u32, Option<u64>, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut put = |instruction: Instruction<'_>| instruction.encode(&mut out);
    for (index, address, data) in segments {
        let address = address.unwrap_or_default();
        // wasmer takes an end at 4 GiB for one behind the memory: the last byte there is stored by itself.
        let last = data.last().filter(|_| address + data.len() as u64 == 1 << 32);
        put(Instruction::I32Const(address as u32 as i32));
        put(Instruction::I32Const(0));
        put(Instruction::I32Const((data.len() - usize::from(last.is_some())) as i32));
        put(Instruction::MemoryInit { mem: 0, data_index: *index });
        if let Some(byte) = last {
            put(Instruction::I32Const(-1));
            put(Instruction::I32Const((*byte).into()));
            put(Instruction::I32Store8(MemArg {
                offset: 0,
                align: 0,
                target: MemArgTarget::Memory(0),
                ordering: None,
            }));
        }
        put(Instruction::DataDrop(*index));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::fit;
    use super::*;

    fn fitted(text: &str) -> Option<Vec<u8>> {
        let module = wat::parse_str(text).unwrap();
        let fitted = fit(module.clone(), None).unwrap().wasm;
        (fitted != module).then_some(fitted)
    }

    fn passive(module: &[u8]) -> Vec<bool> {
        let segments = Outline::read(module).unwrap().segments;
        segments.iter().map(|segment| matches!(segment.kind, DataKind::Passive)).collect()
    }

    #[test]
    fn data_that_is_folded_or_lies_low_stays() {
        for data in [
            r#"(data (i32.const 0) "low")"#,
            r#"(data (i32.const 0xbffffff0) "high")"#,
            r#"(data (i32.const 0) "low") (data (i32.const 0x7ffffff0) "below")"#,
            r#"(data "passive")"#,
        ] {
            assert_eq!(fitted(&format!("(module (memory 49152) {data})")), None, "{data}");
        }
        assert_eq!(fitted(r#"(module (memory 1))"#), None);
    }

    #[test]
    fn what_cannot_be_part_of_the_image_of_a_shared_memory_is_copied_once() {
        let text = |shared: &str| {
            format!(
                r#"(module (import "env" "memory" (memory 20000 20000 {shared})) (func (export "_start"))
                    (data (i32.const 0) "low") (data (i32.const 0x40000000) "high"))"#
            )
        };
        assert_eq!(passive(&fitted(&text("shared")).unwrap()), [false, true]);
        assert_eq!(fitted(&text("").replace("20000 20000", "20000")), None);
        assert_eq!(fitted(&text("shared").replace("0x40000000", "64")), None);
    }

    #[test]
    fn what_lies_high_is_copied_with_all_that_follows() {
        let module = fitted(
            r#"(module (memory 49152) (func (export "_start")) (func $first) (start $first) (data (i32.const 0) "low") (data "passive")
                (data (i32.const 0xbffffff0) "high") (data (i32.const 0xbffffff1) "i") (data (i32.const 1) "0"))"#,
        );
        assert_eq!(passive(&module.unwrap()), [false, true, true, true, true]);
        // At an address that is a sum.
        let module = fitted(
            r#"(module (memory 49152) (func (export "_start")) (data (i32.const 0) "low")
                (data (i32.add (i32.const 0x7fffffff) (i32.mul (i32.const 3) (i32.sub (i32.const 6) (i32.const 1)))) "high"))"#,
        );
        assert_eq!(passive(&module.unwrap()), [false, true]);
    }
}
