//! Which places of a function a message asks for.
//!
//! A trace asks for the instruction that trapped, and for those that calls return to. Cranelift records a place for every
//! instruction that made code, and none for what it moves in between; only those where a trap is, or may be a call, are kept. Code
//! between two of them is told as one of them. That shows in one case: a function may also meet the end of the stack where it first
//! writes far into its frame, in the middle of plain code.
//!
//! Where one place ends and the next begins is free between what is asked for. A round number takes the fewest bits.

use std::ops::{Range, RangeInclusive};

use payload::{Compiler, frames::Place};
use wasmer_compiler::types::{
    address_map::FunctionAddressMap, function::CompiledFunctionFrameInfo, relocation::Relocation,
};
use wasmer_types::SourceLoc;

/// A function as the compiler made it.
pub(super) struct Made<'a> {
    compiler: Compiler,
    /// Bytes of its code.
    len: u32,
    map: &'a FunctionAddressMap,
    /// Where it may trap, ascending.
    traps: Vec<u32>,
    /// Where it calls what the compiler names, ascending.
    calls: Vec<u32>,
}

/// A piece of code.
struct Piece {
    code: Range<u32>,
    /// Where the instruction that it is for stands in the module that was compiled; `None` if it is for the function as a whole.
    compiled: Option<u32>,
}

impl<'a> Made<'a> {
    /// A function with `len` bytes of code, of which `compiler` recorded `info` and `relocations`.
    pub(super) fn new(
        compiler: Compiler,
        len: u32,
        info: &'a CompiledFunctionFrameInfo,
        relocations: &[Relocation],
    ) -> Made<'a> {
        let mut calls: Vec<u32> = relocations.iter().map(|relocation| relocation.offset).collect();
        calls.sort_unstable();
        let traps = info.traps.iter().map(|trap| trap.code_offset).collect();
        Made { compiler, len, map: &info.address_map, traps, calls }
    }

    /// Where it begins in the module that was compiled.
    pub(super) fn start(&self) -> Option<u32> {
        offset(self.map.start_srcloc)
    }

    /// The places that are asked for, in the module that was given. `wasm` is the one that was compiled; `given` leads back from
    /// its offsets. What that does not know is told as the function's `start`.
    pub(super) fn places(
        &self,
        wasm: &[u8],
        start: u32,
        mut given: impl FnMut(u32) -> Option<u32>,
    ) -> Vec<Place> {
        let pieces = self.pieces();
        let mut calling: Vec<u32> =
            self.calls.iter().filter_map(|call| piece_at(&pieces, *call)?.compiled).collect();
        calling.sort_unstable();
        let mut places = Vec::new();
        let mut last = Place { code: 0, module: start };
        let mut asked_up_to = 0;
        for piece in pieces {
            let asked = self.asked(&piece, wasm, &calling);
            if asked.is_empty() {
                continue;
            }
            let module = piece.compiled.and_then(&mut given).unwrap_or(start);
            if module != last.module {
                let free = asked_up_to.min(asked.start) - last.code..=asked.start - last.code;
                last = Place { code: last.code + round(free), module };
                places.push(last);
            }
            asked_up_to = asked.end;
        }
        places
    }

    /// All of its code in pieces.
    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(self.map.instructions.len() + 2);
        let mut end = 0;
        let mut put = |code: Range<u32>, compiled| {
            if !code.is_empty() {
                pieces.push(Piece { code, compiled });
            }
        };
        for one in &self.map.instructions {
            let start = one.code_offset as u32;
            put(end..start, None);
            end = start + one.code_len as u32;
            put(start..end, offset(one.srcloc));
        }
        put(end..self.len, None);
        pieces
    }

    /// The part of `piece` that may be asked for. `calling` are the offsets of instructions for which the compiler names a call.
    fn asked(&self, piece: &Piece, wasm: &[u8], calling: &[u32]) -> Range<u32> {
        let whole = piece.code.clone();
        // Singlepass records just what is asked for, but for its calls of the runtime, which are the function's as a whole. The
        // first piece makes the frame, where the stack may end.
        if self.compiler == Compiler::Singlepass || whole.start == 0 {
            return whole;
        }
        let (traps, calls) = (within(&self.traps, &whole), within(&self.calls, &whole));
        let code = piece.compiled.and_then(|at| wasm.get(at as usize));
        let mut asked = match (calls, piece.compiled) {
            // Before a call by name lies what its arguments take, and behind it what its results do.
            ([call], _) if code == Some(&CALL) => {
                call.saturating_sub(1).max(whole.start)..(call + MOST_OF_CALL).min(whole.end)
            }
            ([], Some(at)) if !may_call(wasm, at) && calling.binary_search(&at).is_err() => 0..0,
            ([], None) => 0..0,
            _ => whole,
        };
        if let ([first, ..], [.., last]) = (traps, traps) {
            let from = if asked.is_empty() { *first } else { asked.start.min(*first) };
            asked = from..asked.end.max(last + 1);
        }
        asked
    }
}

/// Those of `offsets`, which ascend, in `range`.
fn within<'a>(offsets: &'a [u32], range: &Range<u32>) -> &'a [u32] {
    let [from, to] = [range.start, range.end].map(|end| offsets.partition_point(|offset| *offset < end));
    &offsets[from..to]
}

fn piece_at(pieces: &[Piece], code: u32) -> Option<&Piece> {
    let at = pieces.partition_point(|piece| piece.code.end <= code);
    pieces.get(at).filter(|piece| piece.code.contains(&code))
}

/// The offset in the module, where there is one.
fn offset(place: SourceLoc) -> Option<u32> {
    (!place.is_default()).then(|| place.bits())
}

/// The number in `free` that ends in most zero bits.
fn round(free: RangeInclusive<u32>) -> u32 {
    let most = *free.end();
    match free.start().checked_sub(1) {
        None => 0,
        // From the highest bit on in which the two differ, all is needed, and nothing below it.
        Some(below) => most & (u32::MAX << (below ^ most).ilog2()),
    }
}

/// The opcode of `call`.
const CALL: u8 = 0x10;
/// The most bytes of a call by name from its relocation on, at which it begins, or, on x86-64, one byte before: those of the two
/// instructions that it is on riscv64.
const MOST_OF_CALL: u32 = 8;

/// Whether the instruction at `at` may call without the compiler naming it: through a register, or through the engine's own table.
/// All that is not known to be plain code may (WebAssembly core specification, "Index of Instructions").
fn may_call(wasm: &[u8], at: u32) -> bool {
    let byte = |further: usize| wasm.get(at as usize + further).copied();
    let is_plain = match byte(0) {
        // Control, without calls, exceptions and `unreachable`.
        Some(0x01..=0x05 | 0x0b..=0x0f) => true,
        // `drop`, `select`, locals and globals, without tables.
        Some(0x1a..=0x1c | 0x20..=0x24) => true,
        // Loads and stores, constants and arithmetic, without the memory's size.
        Some(0x28..=0x3e | 0x41..=0xc4) => true,
        // Null; vectors.
        Some(0xd0 | 0xd1 | 0xfd) => true,
        // Saturating conversions, without memories and tables.
        Some(0xfc) => byte(1).is_some_and(|code| code < 8),
        _ => false,
    };
    !is_plain
}

#[cfg(test)]
mod tests;
