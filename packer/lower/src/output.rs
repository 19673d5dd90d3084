//! What is written of a body: runs of the original as they are, instructions between them, and the map of both.

use std::ops::Range;

use wasm_encoder::{Encode, Instruction};

use crate::map::{OffsetMap, Original};

/// A body in the making.
pub(crate) struct Output<'a> {
    /// The whole original module.
    original: &'a [u8],
    bytes: Vec<u8>,
    map: OffsetMap,
    /// The range to copy next.
    run: Range<u32>,
    /// The instruction of the original that others are written for.
    at: u32,
}

impl<'a> Output<'a> {
    pub(crate) fn new(original: &'a [u8]) -> Self {
        Self { original, bytes: Vec::new(), map: OffsetMap::default(), run: 0..0, at: 0 }
    }

    /// Begins anew.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.map.clear();
        self.run = 0..0;
    }

    /// From now on instructions are for the one at `offset`.
    pub(crate) fn stand_for(&mut self, offset: u64) {
        self.at = offset as u32;
    }

    /// Copies a piece of the original.
    pub(crate) fn copy(&mut self, piece: Range<u64>) {
        let piece = piece.start as u32..piece.end as u32;
        if self.run.end == piece.start {
            self.run.end = piece.end;
        } else {
            self.flush();
            self.run = piece;
        }
    }

    /// Writes an instruction.
    pub(crate) fn put(&mut self, instruction: &Instruction<'_>) {
        self.flush();
        self.map.push(self.bytes.len() as u32, Original::At(self.at));
        instruction.encode(&mut self.bytes);
    }

    /// Writes out what is to be copied.
    fn flush(&mut self) {
        if self.run.is_empty() {
            return;
        }
        self.map.push(self.bytes.len() as u32, Original::Run(self.run.start));
        self.bytes.extend_from_slice(&self.original[self.run.start as usize..self.run.end as usize]);
        self.run = 0..0;
    }

    /// The bytes and their map.
    pub(crate) fn finish(&mut self) -> (&[u8], &OffsetMap) {
        self.flush();
        (&self.bytes, &self.map)
    }
}

/// Code of several functions, each behind its length.
#[derive(Default)]
pub(crate) struct Code {
    pub(crate) bytes: Vec<u8>,
    pub(crate) map: OffsetMap,
}

impl Code {
    /// Appends a body as it is.
    pub(crate) fn copied(&mut self, body: &[u8], offset: u64) {
        (body.len() as u32).encode(&mut self.bytes);
        self.map.push(self.bytes.len() as u32, Original::Run(offset as u32));
        self.bytes.extend_from_slice(body);
    }

    /// Appends one with new `locals`, whose instructions `output` has; `offset` is that of the original.
    pub(crate) fn rewritten(&mut self, locals: &[u8], output: &mut Output<'_>, offset: u64) {
        let (body, map) = output.finish();
        ((locals.len() + body.len()) as u32).encode(&mut self.bytes);
        self.map.push(self.bytes.len() as u32, Original::At(offset as u32));
        self.bytes.extend_from_slice(locals);
        self.map.append(map, self.bytes.len() as u32);
        self.bytes.extend_from_slice(body);
    }

    /// Appends a function that the original does not have.
    pub(crate) fn added(&mut self, instructions: &[Instruction<'_>]) {
        let mut body = vec![0];
        instructions.iter().for_each(|instruction| instruction.encode(&mut body));
        Instruction::End.encode(&mut body);
        (body.len() as u32).encode(&mut self.bytes);
        self.map.push(self.bytes.len() as u32, Original::Nothing);
        self.bytes.extend(body);
    }
}
