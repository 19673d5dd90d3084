//! The packer: one command turns a WASI program into a native executable, with no linker.
//!
//! ```text
//! APP.wasm ─ pack ───── the module, its options, files to carry
//!            input ──── checked to be a WASI command, made lean, fitted to the compilers
//!            compile ── to machine code for the target, by wasmer's compilers
//!            trial ──── one start is tried, to see what it touches
//!            link ───── laid out in images that run at any address
//!            store ──── compressed in chunks or raw, as the sections of a payload (the format crate)
//!            container ─ stub + payload → executable, in memory; `targets::stubs` has the launchers
//!            output ─── written beside OUT, then renamed over it
//! ```
//!
//! What a pack makes of a module is kept for the next ([`cache`]). [`pack::Pack`] runs these rooms in order; [`cli`] turns a command line into a `Pack` and its errors into
//! one line and an exit code. [`executable`] reads back what was packed; [`output::archive`] and [`release`] make the files of a
//! release of it. The same input gives the same bytes. The packer runs no other program, but it starts packed ones: for `--profile`
//! ([`trial`]), and for `wasmpack doctor`.
#![forbid(unsafe_code)]

pub mod cache;
#[doc(hidden)]
pub mod cli;
pub mod compile;
mod earlier;
mod error;
pub mod executable;
pub mod input;
pub mod interrupt;
pub mod link;
mod nearest;
pub mod notices;
pub mod output;
pub mod pack;
mod parallel;
mod producer;
pub mod progress;
mod read;
pub mod release;
mod secret;
pub mod store;
pub mod targets;
#[cfg(test)]
mod testing;
pub mod trial;

pub use container::{self, check::Check};
pub use error::{Error, Kind};
pub use executable::Executable;
pub use pack::{Pack, Packed};

/// The examples of docs/library.md, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/library.md")]
pub struct Examples;

/// The file format: targets, grants, and what an executable says of itself.
pub use payload;
pub use progress::Observer;
