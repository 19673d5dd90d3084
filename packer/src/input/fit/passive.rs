//! Data that a program with threads puts into its memory by itself.
//!
//! Each thread has an instance, and a segment that is copied when an instance is made would be copied again for each. So LLVM's
//! linker makes all segments passive, and a start function that copies them once: whoever comes first changes a flag in memory
//! from 0 to 1, copies, sets it to 2 and wakes those who wait for that. For that all data would be read and copied at every
//! start of the program. Here the segments become active, and with them the flag, at 2: then they are part of the memory image.
//! The function stays, and finds that everything is done.
//!
//! Exactly that function is taken for it (`WasmSym::initMemory` of LLD, without relocation), and only where nothing else could
//! tell the difference.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::{Encode, Instruction, SectionId};
use wasmer_compiler::wasmparser::{
    BinaryReaderError, Data, DataKind, FunctionBody, Operator, Parser, Payload, TypeRef,
};

use super::parts::{self, Parts};
use crate::input::segments;

/// What the flag is when everything is there.
const DONE: u32 = 2;

/// What such a function does.
#[derive(Debug, Default, PartialEq, Eq)]
struct Copies {
    flag: u32,
    /// Segments, and where they are copied to.
    copied: Vec<(u32, u32)>,
    /// Ranges that become zero, as they are: start and length.
    zeroed: Vec<(u32, u32)>,
    /// Globals that are set, and to what: where the first thread's own variables are.
    set: Vec<(u32, i32)>,
    /// How many bytes of each segment are copied.
    lens: Vec<u32>,
}

/// Makes those segments active that a start function copies, in such a module; the instructions that are left to do at the start.
pub(super) fn fit(parts: &mut Parts<'_>) -> Result<Vec<u8>, BinaryReaderError> {
    let Some(outline) = Outline::read(parts.module())? else { return Ok(Vec::new()) };
    let bodies = parts::bodies(parts.module())?;
    let Some(copies) = bodies.get(outline.start).and_then(copies) else { return Ok(Vec::new()) };
    if !outline.allows(&copies) {
        return Ok(Vec::new());
    }
    // A segment that something else looks at stays passive, and gets an active copy.
    let mut used = BTreeSet::new();
    for body in bodies.iter().enumerate().filter(|(index, _)| *index != outline.start).map(|(_, body)| body) {
        used.append(&mut users(body)?);
    }
    let (kept, moved): (Vec<_>, Vec<_>) = copies.copied.iter().partition(|(index, _)| used.contains(index));
    let place = |(index, to): &(u32, u32)| (*to, outline.segments[*index as usize].data);
    let flag = (copies.flag, &DONE.to_le_bytes()[..]);
    let behind: Vec<(u32, &[u8])> = kept.iter().map(place).chain([flag]).collect();
    let in_place: BTreeMap<u32, (u32, &[u8])> = moved.iter().map(|one| (one.0, place(one))).collect();
    let all = in_place.values().chain(&behind);
    let all: Vec<_> = all.map(|(to, data)| (Some(u64::from(*to)), data.len() as u64)).collect();
    if segments::foldable(outline.memory_len, all.iter().copied()) < all.len() {
        return Ok(Vec::new());
    }
    let mut content = Vec::new();
    ((outline.segments.len() + behind.len()) as u32).encode(&mut content);
    parts.replace(SectionId::DataCount, content.clone());
    for (index, segment) in (0..).zip(&outline.segments) {
        match in_place.get(&index) {
            Some((to, data)) => active(&mut content, *to, data),
            None => content.extend_from_slice(&parts.module()[segment.range.clone()]),
        }
    }
    behind.iter().for_each(|(to, data)| active(&mut content, *to, data));
    parts.replace(SectionId::Data, content);

    let mut first = Vec::new();
    for (global, value) in copies.set {
        Instruction::I32Const(value).encode(&mut first);
        Instruction::GlobalSet(global).encode(&mut first);
    }
    // It is run at the head of `_start` in any case.
    if first.is_empty() {
        Instruction::Nop.encode(&mut first);
    }
    Ok(first)
}

/// Writes an active segment of the first memory.
fn active(content: &mut Vec<u8>, address: u32, data: &[u8]) {
    const ACTIVE: u8 = 0;
    content.push(ACTIVE);
    Instruction::I32Const(address as i32).encode(content);
    Instruction::End.encode(content);
    data.encode(content);
}

/// Facts about a module that has a start function of its own, and a first memory that is shared.
struct Outline<'a> {
    /// The start function's index among those that the module defines.
    start: usize,
    memory_len: u64,
    segments: Vec<Data<'a>>,
}

impl<'a> Outline<'a> {
    fn read(module: &'a [u8]) -> Result<Option<Outline<'a>>, BinaryReaderError> {
        let (mut imported, mut start, mut memories, mut segments) = (0, None, Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => imported += 1,
                            TypeRef::Memory(memory) => memories.push(memory),
                            _ => {}
                        }
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        memories.push(memory?);
                    }
                }
                Payload::StartSection { func, .. } => start = Some(func),
                Payload::DataSection(data) => segments = data.into_iter().collect::<Result<_, _>>()?,
                _ => {}
            }
        }
        let memory = memories.first().filter(|memory| memory.shared && !memory.memory64);
        let start = start.and_then(|start: u32| start.checked_sub(imported));
        Ok(start.zip(memory).map(|(start, memory)| Outline {
            start: start as usize,
            memory_len: memory.initial.saturating_mul(wasmer_types::WASM_PAGE_SIZE as u64),
            segments,
        }))
    }

    /// Whether what a function copies can be there from the start, and nobody sees the difference: whole passive segments, to
    /// places of their own within the memory.
    fn allows(&self, copies: &Copies) -> bool {
        let Copies { flag, copied, zeroed, lens, .. } = copies;
        let is_whole = |((index, _), len): (&(u32, u32), &u32)| {
            self.segments.get(*index as usize).is_some_and(|segment| {
                matches!(segment.kind, DataKind::Passive) && segment.data.len() == *len as usize
            })
        };
        let are_whole = copied.iter().zip(lens).all(is_whole);
        let once: BTreeSet<u32> = copied.iter().map(|(index, _)| *index).collect();
        let is_passive = |segment: &Data<'_>| matches!(segment.kind, DataKind::Passive);
        if !are_whole || once.len() != copied.len() || !self.segments.iter().all(is_passive) {
            return false;
        }
        let of_copies = copied.iter().zip(lens).map(|((_, to), len)| (*to, *len));
        let mut ranges: Vec<(u64, u64)> = of_copies
            .chain(zeroed.iter().copied())
            .chain([(*flag, size_of::<u32>() as u32)])
            .map(|(start, len)| (u64::from(start), u64::from(start) + u64::from(len)))
            .collect();
        ranges.sort_unstable();
        let are_apart = ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        let are_inside = ranges.iter().all(|(_, end)| *end <= self.memory_len);
        flag.is_multiple_of(4) && are_apart && are_inside
    }
}

/// The segments that a function uses.
fn users(body: &FunctionBody<'_>) -> Result<BTreeSet<u32>, BinaryReaderError> {
    let mut found = BTreeSet::new();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        match operators.read()? {
            Operator::MemoryInit { data_index, .. } | Operator::DataDrop { data_index } => {
                found.insert(data_index);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// What a function does, if it is of that shape to the last instruction.
fn copies(body: &FunctionBody<'_>) -> Option<Copies> {
    use Operator::{Block, BrTable, End, GlobalSet, I32AtomicRmwCmpxchg, I32Const, MemoryFill, MemoryInit};
    if body.get_locals_reader().ok()?.get_count() != 0 {
        return None;
    }
    let mut operators: Vec<Operator<'_>> = Vec::new();
    for operator in body.get_operators_reader().ok()? {
        operators.push(operator.ok()?);
    }
    let is_plain = |memarg: &wasmer_compiler::wasmparser::MemArg| memarg.offset == 0 && memarg.memory == 0;
    let [
        Block { .. },
        Block { .. },
        Block { .. },
        I32Const { value: flag },
        I32Const { value: 0 },
        I32Const { value: 1 },
        I32AtomicRmwCmpxchg { memarg },
        BrTable { targets },
        End,
        rest @ ..,
    ] = &operators[..]
    else {
        return None;
    };
    let labels: Vec<u32> = targets.targets().collect::<Result<_, _>>().ok()?;
    if !is_plain(memarg) || labels != [0, 1] || targets.default() != 2 {
        return None;
    }
    let mut copies = Copies { flag: *flag as u32, ..Copies::default() };
    let mut rest = rest;
    loop {
        match rest {
            [I32Const { value }, GlobalSet { global_index }, more @ ..] => {
                copies.set.push((*global_index, *value));
                rest = more;
            }
            [
                I32Const { value: to },
                I32Const { value: 0 },
                I32Const { value: len },
                MemoryInit { data_index, mem: 0 },
                more @ ..,
            ] => {
                copies.copied.push((*data_index, *to as u32));
                copies.lens.push(*len as u32);
                rest = more;
            }
            [
                I32Const { value: to },
                I32Const { value: 0 },
                I32Const { value: len },
                MemoryFill { mem: 0 },
                more @ ..,
            ] => {
                copies.zeroed.push((*to as u32, *len as u32));
                rest = more;
            }
            _ => break,
        }
    }
    (!copies.copied.is_empty() && ends(rest, &copies)).then_some(copies)
}

/// Whether what follows the copies sets the flag, wakes who waits, waits, and drops segments that were copied.
fn ends(operators: &[Operator<'_>], copies: &Copies) -> bool {
    use Operator::{
        Br, DataDrop, Drop, End, I32AtomicStore, I32Const, I64Const, MemoryAtomicNotify, MemoryAtomicWait32,
    };
    let flag = copies.flag as i32;
    let [
        I32Const { value: one },
        I32Const { value: 2 },
        I32AtomicStore { memarg: store },
        I32Const { value: two },
        I32Const { value: -1 },
        MemoryAtomicNotify { memarg: notify },
        Drop,
        Br { relative_depth: 1 },
        End,
        I32Const { value: three },
        I32Const { value: 1 },
        I64Const { value: -1 },
        MemoryAtomicWait32 { memarg: wait },
        Drop,
        End,
        drops @ ..,
        End,
    ] = operators
    else {
        return false;
    };
    let is_drop = |operator: &Operator<'_>| match operator {
        DataDrop { data_index } => copies.copied.iter().any(|(index, _)| index == data_index),
        _ => false,
    };
    [one, two, three].iter().all(|value| **value == flag)
        && [store, notify, wait].iter().all(|memarg| memarg.offset == 0 && memarg.memory == 0)
        && drops.iter().all(is_drop)
}

#[cfg(test)]
mod tests {
    use super::super::fit;
    use super::*;

    /// A module as the linker makes it, with a segment of variables of threads (0), data (1) and zeros.
    fn linked(more: &str) -> String {
        format!(
            r#"(module (import "env" "memory" (memory 2 2 shared)) (global $tls (mut i32) (i32.const 0))
                (start $init) (func (export "_start") nop) (data $tls "thread") (data $data "data") {more}
                (func $tls (param i32) (memory.init $tls (local.get 0) (i32.const 0) (i32.const 6)))
                (func $init
                    (block (block (block
                        (br_table 0 1 2 (i32.atomic.rmw.cmpxchg (i32.const 2048) (i32.const 0) (i32.const 1))))
                        (global.set $tls (i32.const 1024))
                        (memory.init $tls (i32.const 1024) (i32.const 0) (i32.const 6))
                        (memory.init $data (i32.const 1040) (i32.const 0) (i32.const 4))
                        (memory.fill (i32.const 1056) (i32.const 0) (i32.const 100))
                        (i32.atomic.store (i32.const 2048) (i32.const 2))
                        (drop (memory.atomic.notify (i32.const 2048) (i32.const -1)))
                        (br 1))
                        (drop (memory.atomic.wait32 (i32.const 2048) (i32.const 1) (i64.const -1))))
                    (data.drop $data)))"#
        )
    }

    /// The active segments of a module as it is compiled, and whether each of the first two is passive.
    fn fitted(text: &str) -> (Vec<(u32, Vec<u8>)>, Vec<bool>) {
        let fitted = fit(wat::parse_str(text).unwrap(), None).unwrap();
        let (mut found, mut passive) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(&fitted.wasm) {
            let Payload::DataSection(data) = payload.unwrap() else { continue };
            for segment in data {
                let segment = segment.unwrap();
                passive.push(matches!(segment.kind, DataKind::Passive));
                let DataKind::Active { offset_expr, .. } = segment.kind else { continue };
                let Operator::I32Const { value } = offset_expr.get_operators_reader().read().unwrap() else {
                    panic!("a constant")
                };
                found.push((value as u32, segment.data.to_vec()));
            }
        }
        (found, passive)
    }

    #[test]
    fn what_the_linkers_function_copies_is_active_and_the_flag_says_so() {
        let (active, passive) = fitted(&linked(""));
        // Variables of threads are copied again for each thread.
        assert_eq!(passive, [true, false, false, false]);
        let expected =
            [(1040, b"data".to_vec()), (1024, b"thread".to_vec()), (2048, DONE.to_le_bytes().to_vec())];
        assert_eq!(active, expected);
        let module = wat::parse_str(linked("")).unwrap();
        let mut parts = Parts::read(&module).unwrap();
        // i32.const 1024; global.set 0.
        assert_eq!(super::fit(&mut parts).unwrap(), [0x41, 0x80, 0x08, 0x24, 0]);
    }

    #[test]
    fn what_something_else_uses_stays_as_well() {
        let (active, passive) = fitted(&linked("(func (data.drop $data))"));
        assert_eq!((passive, active.len()), (vec![true, true, false, false, false], 3));
    }

    #[test]
    fn whatever_is_a_little_different_is_left_alone() {
        let text = linked("");
        for (one, other) in [
            ("(memory 2 2 shared)", "(memory 2 2)"),
            ("(br_table 0 1 2 ", "(br_table 0 2 2 "),
            ("(i32.const 2048) (i32.const 0) (i32.const 1)", "(i32.const 2048) (i32.const 3) (i32.const 1)"),
            ("(i32.atomic.store (i32.const 2048)", "(i32.atomic.store (i32.const 2052)"),
            (
                "(i32.atomic.store (i32.const 2048) (i32.const 2))",
                "(i32.atomic.store (i32.const 2048) (i32.const 3))",
            ),
            ("i32.atomic.rmw.cmpxchg (i32", "i32.atomic.rmw.cmpxchg offset=4 (i32"),
            ("(br 1)", "(br 0)"),
            (
                "(memory.init $data (i32.const 1040) (i32.const 0) (i32.const 4))",
                "(memory.init $data (i32.const 1040) (i32.const 0) (i32.const 3))",
            ),
            ("(memory.init $data (i32.const 1040)", "(memory.init $data (i32.const 1028)"),
            ("(memory.init $data (i32.const 1040)", "(memory.init $data (i32.const 2046)"),
            ("(memory.init $data (i32.const 1040)", "(memory.init $data (i32.const 131070)"),
            ("(memory.fill (i32.const 1056) (i32.const 0)", "(memory.fill (i32.const 1056) (i32.const 1)"),
            ("(memory.fill (i32.const 1056)", "(memory.fill (i32.const 1042)"),
            ("(data.drop $data)))", "(data.drop $data) nop))"),
            ("(func $init", "(func $init (local i32)"),
            ("(start $init)", ""),
            (r#"(data $data "data")"#, r#"(data $data "data") (data (i32.const 8) "active")"#),
        ] {
            let changed = text.replace(one, other);
            assert_ne!(changed, text, "{one}");
            assert!(fitted(&changed).1[..2] == [true, true], "{other}");
        }
    }
}
