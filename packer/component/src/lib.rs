//! Turns a WASI 0.2 component into a core module for WASI preview 1, which an executable can be made of.
//!
//! # How
//!
//! `read.rs` validates the component, and `flatten.rs` goes through it as an engine that instantiates it would. What is left
//! is a list of core modules, and for each import the export of another one, or a function of the canonical ABI (`flat.rs`).
//! `world.rs` looks for the command's `run`, and says what the component is if there is none.
//!
//! A program of preview 1 that was made a component is taken out as it is (`unwrap.rs`). Other components have all their modules
//! merged into one (`place.rs`, `plan.rs`): index spaces are numbered anew, and calls between modules become direct ones.
//! Constant expressions become constants (`fold.rs`), and what is never called is left out (`live.rs`). Functions of WASI
//! 0.2 become calls of the adapter (`adapter.rs`, `made.rs`), a module on top of preview 1 that is merged as well. What it does
//! not have stays an import, which traps with its name when it is called. `emit.rs` writes the module.
//!
//! # Crates
//!
//! wasmparser reads and validates, wasm-encoder writes. wasmtime-environ could flatten components, too, but its interface changes
//! with each release, monthly, and it brings the half of a compiler.
#![forbid(unsafe_code)]

mod adapter;
mod emit;
mod error;
mod flat;
mod flatten;
mod fold;
mod frame;
mod live;
mod made;
mod merge;
mod module;
mod place;
mod plan;
mod read;
mod types;
mod unwrap;
mod world;

pub use error::{Error, Kind};
use lower::{OffsetMap, Original};

/// A component that became a module.
#[derive(Clone, Debug)]
pub struct Command {
    /// The module, a command of preview 1.
    pub wasm: Vec<u8>,
    /// From its offsets to those in the component.
    pub map: OffsetMap,
    /// The way it was made.
    pub way: Way,
    /// The interfaces that the component imports, in its order.
    pub imports: Vec<String>,
    /// Those of which it imports something that traps when it is called.
    pub missing: Vec<String>,
}

/// The way from a component to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It was a module of preview 1 within, and that is it.
    Unwrapped,
    /// Its modules were merged.
    Merged {
        /// How many instances of modules there were.
        modules: usize,
    },
}

/// Makes a module of the component in `bytes`.
///
/// # Errors
/// [`Kind::NotACommand`] for what has nothing to run, [`Kind::Import`] for imports that are not WASI's, and the others for what
/// is broken, not supported or too large.
pub fn command(bytes: &[u8]) -> Result<Command, Error> {
    convert(bytes, true)
}

/// As [`command`], but never takes a program out: its adapter is merged with it. For tests.
///
/// # Errors
/// As [`command`].
#[doc(hidden)]
pub fn merged(bytes: &[u8]) -> Result<Command, Error> {
    convert(bytes, false)
}

fn convert(bytes: &[u8], may_unwrap: bool) -> Result<Command, Error> {
    let tree = read::read(bytes)?;
    let flat = flatten::flatten(&tree)?;
    let run = world::run(&flat)?;
    let imports = flat.imports.iter().map(|&name| name.to_owned()).collect();
    if may_unwrap && let Some(range) = unwrap::program(bytes, &flat, run.0)? {
        let mut map = OffsetMap::default();
        map.push(0, Original::run(range.start));
        let wasm = bytes[range].to_vec();
        return Ok(Command { wasm, map, way: Way::Unwrapped, imports, missing: Vec::new() });
    }
    let merged = merge::merge(bytes, &flat, run)?;
    Ok(Command {
        wasm: merged.wasm,
        map: merged.map,
        way: Way::Merged { modules: merged.modules },
        imports,
        missing: merged.missing,
    })
}
