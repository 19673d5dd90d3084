//! A program of which most was compiled before.
//!
//! What a compiler makes of a function depends on its body, and on what the module says beside bodies and data: types, imports,
//! the kinds of all functions, tables, memories, globals. So where that is the same ([`Outline::frame`]), a function with the
//! same body is the same code, and only the others are compiled: in a module in which the known ones do nothing but trap
//! ([`reduced`]). Of an earlier program the known ones are taken ([`merged`]). All that is different about them is where in the
//! module they lie, which is led over.
//!
//! What comes out is what compiling the whole program gives; docs/decisions.md has the reason to trust that, and tests compare.

use std::{ops::Range, sync::Arc};

use payload::Hash;
use wasm_encoder::{CodeSection, Module, RawSection};
use wasmer_compiler::{
    ArtifactBuild, serialize::SerializableModule, types::function::CompiledFunctionFrameInfo,
};
use wasmer_types::{LocalFunctionIndex, ModuleHash, SourceLoc, entity::EntityRef};
use wasmparser::{Parser, Payload};

use super::kept;

/// A body that only traps: no locals, `unreachable`, `end`.
const TRAPS: [u8; 3] = [0x00, 0x00, 0x0b];
/// Bytes of a function in [`Outline::to_bytes`].
const ENTRY: usize = 32 + 4 + 4;

/// What is compared of two programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    /// A hash of everything that code may depend on, without the bodies.
    pub(crate) frame: [u8; 32],
    /// The functions that the module defines.
    bodies: Vec<Body>,
}

/// A function's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Body {
    sha256: [u8; 32],
    /// Where it begins in the module.
    start: u32,
    len: u32,
}

impl Outline {
    /// The outline of `module`; `None` if that is none.
    pub(crate) fn of(module: &[u8]) -> Option<Outline> {
        let (mut frame, mut bodies) = (Hash::default(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.ok()? {
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    let start = u32::try_from(range.start).ok()?;
                    let bytes = part(module, range)?;
                    let len = u32::try_from(bytes.len()).ok()?;
                    bodies.push(Body { sha256: payload::sha256(bytes), start, len });
                }
                Payload::CodeSectionStart { .. } | Payload::DataSection(_) => {}
                // Names are for messages, which are told by those of this module.
                Payload::CustomSection(custom) if custom.name() == "name" => {}
                other => {
                    if let Some((id, range)) = other.as_section() {
                        let bytes = part(module, range)?;
                        frame.update(&[id]);
                        frame.update(&(bytes.len() as u64).to_le_bytes());
                        frame.update(bytes);
                    }
                }
            }
        }
        Some(Outline { frame: frame.finish(), bodies })
    }

    /// Which functions are as in `earlier`, and whether that is most of the code.
    fn known(&self, earlier: &Outline) -> Option<Vec<bool>> {
        if self.frame != earlier.frame || self.bodies.len() != earlier.bodies.len() {
            return None;
        }
        let bodies = self.bodies.iter().zip(&earlier.bodies);
        let known: Vec<bool> = bodies.map(|(now, then)| now.sha256 == then.sha256).collect();
        let len = |is: bool| -> u64 {
            let bodies = self.bodies.iter().zip(&known).filter(|(_, known)| **known == is);
            bodies.map(|(body, _)| u64::from(body.len)).sum()
        };
        (len(true) > len(false)).then_some(known)
    }

    /// The functions as bytes. The frame is part of the name that they are kept under.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bodies.len() * ENTRY);
        for Body { sha256, start, len } in &self.bodies {
            out.extend_from_slice(sha256);
            out.extend_from_slice(&start.to_le_bytes());
            out.extend_from_slice(&len.to_le_bytes());
        }
        out
    }

    /// The outline with this frame whose functions [`to_bytes`](Outline::to_bytes) wrote.
    pub(crate) fn from_bytes(frame: [u8; 32], bytes: &[u8]) -> Option<Outline> {
        let number = |bytes: &[u8]| bytes.try_into().map(u32::from_le_bytes).ok();
        let body = |entry: &[u8]| {
            let (sha256, rest) = entry.split_first_chunk::<32>()?;
            let (start, len) = rest.split_at_checked(4)?;
            Some(Body { sha256: *sha256, start: number(start)?, len: number(len)? })
        };
        let bodies = bytes.chunks(ENTRY).map(body).collect::<Option<_>>()?;
        Some(Outline { frame, bodies })
    }
}

fn part(module: &[u8], range: Range<u64>) -> Option<&[u8]> {
    module.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// Compiles `module` with what `earlier` has of it, a program that [`kept::bytes`] kept. `compile` compiles a module. `None` if
/// too little of it is known, or it is not what it should be.
pub(crate) fn compiled<E>(
    module: &[u8],
    outline: &Outline,
    (then, earlier): (&Outline, &[u8]),
    compile: impl FnOnce(&[u8]) -> Result<ArtifactBuild, E>,
) -> Option<Result<ArtifactBuild, E>> {
    let known = outline.known(then)?;
    let earlier = kept::parts(earlier)?;
    let less = reduced(module, &known)?;
    let new = match compile(&less) {
        Ok(new) => kept::parts(&kept::bytes(&new)?)?,
        Err(error) => return Some(Err(error)),
    };
    let less = Outline::of(&less)?;
    merged(module, &known, [outline, then, &less], earlier, new).map(Ok)
}

/// `module` in which the functions that are `known` only trap.
fn reduced(module: &[u8], known: &[bool]) -> Option<Vec<u8>> {
    let (mut out, mut code) = (Module::new(), CodeSection::new());
    let mut known = known.iter();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.ok()?;
        match &payload {
            Payload::CodeSectionStart { count: 0, .. } => drop(out.section(&code)),
            Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                code.raw(if *known.next()? { &TRAPS } else { part(module, body.range())? });
                if known.len() == 0 {
                    out.section(&code);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: part(module, range)? });
                }
            }
        }
    }
    Some(out.finish())
}

/// `new`, which was compiled of the module in which the `known` functions only trap, with those of `earlier`. The outlines are
/// those of the module, of the earlier one, and of that with less.
fn merged(
    module: &[u8],
    known: &[bool],
    [outline, then, less]: [&Outline; 3],
    earlier: SerializableModule,
    mut new: SerializableModule,
) -> Option<ArtifactBuild> {
    let mut old = earlier.compilation;
    let count = known.len();
    let is_whole =
        [&old.function_bodies, &new.compilation.function_bodies].iter().all(|bodies| bodies.len() == count)
            && old.function_relocations.len() == count
            && old.function_frame_info.len() == count
            && old.function_max_stack_usage.len() == count
            && [then, less].iter().all(|outline| outline.bodies.len() == count);
    if !is_whole {
        return None;
    }
    for (at, known) in known.iter().enumerate() {
        let index = LocalFunctionIndex::new(at);
        let all = &mut new.compilation;
        let was = match known {
            true => {
                std::mem::swap(&mut all.function_bodies[index], &mut old.function_bodies[index]);
                std::mem::swap(&mut all.function_relocations[index], &mut old.function_relocations[index]);
                std::mem::swap(&mut all.function_frame_info[index], &mut old.function_frame_info[index]);
                all.function_max_stack_usage[index] = old.function_max_stack_usage[index];
                then.bodies[at].start
            }
            false => less.bodies[at].start,
        };
        lead(&mut all.function_frame_info[index], was, outline.bodies[at].start);
    }
    Arc::get_mut(&mut new.compile_info.module)?.hash = Some(ModuleHash::new(module));
    Some(ArtifactBuild::from_serializable(new))
}

/// Leads the places of a function over from where its body was to where it is.
fn lead(info: &mut CompiledFunctionFrameInfo, was: u32, is: u32) {
    let by = is.wrapping_sub(was);
    let lead = |place: &mut SourceLoc| {
        if !place.is_default() {
            *place = SourceLoc::new(place.bits().wrapping_add(by));
        }
    };
    lead(&mut info.address_map.start_srcloc);
    lead(&mut info.address_map.end_srcloc);
    info.address_map.instructions.iter_mut().for_each(|piece| lead(&mut piece.srcloc));
}

#[cfg(test)]
mod tests;
