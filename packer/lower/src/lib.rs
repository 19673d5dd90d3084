//! Lowers WebAssembly exceptions to plain WebAssembly.
//!
//! Unwinding needs what compilers lack on some targets, and old exceptions no compiler here has. A module without
//! exceptions needs none of it. So both encodings, the standard one (`try_table`, `throw_ref`, `exnref`) and the legacy
//! one (`try`, `delegate`, `rethrow`), become blocks, branches and globals: wasm in, wasm out, the same bytes for the same
//! module.
//!
//! # How
//!
//! A global tells which tag is in flight, if any; others hold its payload (`payload.rs`). `throw` fills them and
//! branches to the handler, the end of a block: that of the try around it, or of one around the whole body, from where
//! the function returns. After a call that may throw, a test asks whether something is in flight, and branches to the handler
//! too; operands below stay on the stack where nothing is, and are dropped with the block where something is. A try's
//! handler is followed by its clauses, and then by a branch to the handler outside (`rewrite/`). A reference to an
//! exception becomes the exception itself, as a number (`exnref.rs`).
//!
//! Most functions never throw: a look at all bodies (`scan.rs`) and the graph of calls (`throwers.rs`) tell which may, and all
//! others are copied byte for byte, as is everything in the rest that does not change. No index changes: what is new
//! comes behind what is there (`plan.rs`). The outside, which cannot test, calls wrappers that trap (`added.rs`).
//!
//! # Messages
//!
//! [`OffsetMap`] leads from offsets in the lowered module to those in the one that users know. A trap in a wrapper means
//! that nobody caught an exception, and [`Uncaught`] tells where it was thrown.
//!
//! # Crates
//!
//! wasmparser validates and reads, wasm-encoder writes, and its `reencode` does both for sections that change in few
//! places. They are the tools of the Bytecode Alliance that know every proposal; a library with a representation of whole
//! modules (walrus, waffle) would read and write again what can be copied, and lose the offsets.
#![forbid(unsafe_code)]

mod added;
mod assemble;
mod error;
mod exnref;
mod facts;
mod flow;
mod labels;
mod map;
mod module;
mod output;
mod parallel;
mod payload;
mod plan;
mod rewrite;
mod scan;
mod sources;
mod throwers;
mod types;

pub use error::{Error, Kind};
pub use map::{Cursor, OffsetMap, Original};

use output::Code;
use plan::Plan;
use rewrite::Rewriter;

/// A module without exceptions that does what the original did with them.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The module.
    pub wasm: Vec<u8>,
    /// From its offsets to those of the original.
    pub map: OffsetMap,
    /// The functions that it has behind those of the original, in the order of their indices. Frames of them are no
    /// business of users.
    pub added: Vec<Added>,
    /// How an exception that nobody caught is told; `None` if none can get out.
    pub uncaught: Option<Uncaught>,
    /// Whether references to exceptions are v128s, so that the module needs SIMD although the original may not.
    pub needs_simd: bool,
    /// Counts of what was changed.
    pub counts: Counts,
}

/// A function that the original does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its index.
    pub index: u32,
    /// Its purpose.
    pub role: Role,
}

/// The purpose of an added function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Makes a reference of an exception; never traps.
    Reference,
    /// Throws a reference; a trap in it is that of `throw_ref` of a null reference, in its caller.
    ThrowReference,
    /// Stands for a function of the original where the outside calls it, as an export or at the start; a trap in it itself is
    /// an exception that nobody caught.
    Entry {
        /// That function.
        function: u32,
    },
}

/// How to tell where an exception that nobody caught was thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncaught {
    /// The i32 global that holds the offset, in the original, of the last `throw`.
    pub global: u32,
    /// The name under which it is exported; no other export has it.
    pub export: String,
}

/// Counts of what was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Functions that the module defines.
    pub functions: usize,
    /// Those that may throw.
    pub throwing: usize,
    /// Those that changed.
    pub rewritten: usize,
    /// Calls that are followed by a test.
    pub tests: usize,
}

/// Lowers the exceptions of a module. `None` if it uses none: then it is to be used as it is.
///
/// # Errors
/// [`Kind::Invalid`] if the bytes are no valid module; another kind if it has something that cannot be lowered.
pub fn exceptions(wasm: &[u8]) -> Result<Option<Lowered>, Error> {
    let mut module = module::read(wasm)?;
    if !module.facts.uses {
        return Ok(None);
    }
    if let Some(refused) = module.facts.refused.take() {
        return Err(refused);
    }
    let plan = Plan::new(&module)?;
    let (mut code, mut counts) = rewrite_all(&plan)?;
    code.push(added::write(&plan));
    let (wasm, map) = assemble::assemble(&plan, &code)?;
    counts.functions = module.bodies.len();
    counts.throwing = plan.throwers.count();
    let roles = plan.take.iter().map(|(index, _)| (*index, Role::Reference));
    let roles = roles.chain(plan.put.iter().map(|(index, _)| (*index, Role::ThrowReference)));
    let entries = plan.wrappers.iter().map(|(&function, &index)| (index, Role::Entry { function }));
    let added = roles.chain(entries).map(|(index, role)| Added { index, role }).collect();
    let uncaught = plan.origin_name().map(|export| Uncaught { global: plan.origin, export });
    let needs_simd = plan.exnref == exnref::Exnref::Wide;
    Ok(Some(Lowered { wasm, map, added, uncaught, needs_simd, counts }))
}

/// All bodies of the original, rewritten or copied, in pieces.
fn rewrite_all(plan: &Plan<'_, '_>) -> Result<(Vec<Code>, Counts), Error> {
    let module = plan.module;
    let bodies: Vec<_> = (module.imported..).zip(module.bodies.iter().zip(&module.scans)).collect();
    let pieces = parallel::pieces(bodies, module::PIECE, |(_, (body, _))| body.as_bytes().len());
    let written = parallel::map(pieces, |piece| {
        let (mut code, mut rewritten) = (Code::default(), 0);
        let mut rewriter = Rewriter::new(plan);
        for (index, (body, scan)) in piece {
            if plan.changes(index) {
                rewriter.body(index, scan, body, &mut code)?;
                rewritten += 1;
            } else {
                code.copied(body.as_bytes(), body.range().start);
            }
        }
        Ok::<_, Error>((code, rewritten, rewriter.tests))
    });
    let (mut code, mut counts) = (Vec::with_capacity(written.len() + 1), Counts::default());
    for piece in written {
        let (piece, rewritten, tests) = piece?;
        code.push(piece);
        counts.rewritten += rewritten;
        counts.tests += tests;
    }
    Ok((code, counts))
}
