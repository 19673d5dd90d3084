//! End-to-end tests: programs are packed by the built `wasmpack` and started. The folder tells how often a test is run.
//!
//! - `once/`: on this machine, for this machine.
//! - `each_target/`: once more for every other target that can be run here.
//! - `each_target/each_storage/`: the same, and for each target once more with `--no-compress`.
//!
//! `scripts/test` passes them all. A new file needs its `mod` line here or in the folder's `mod.rs`, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod each_target;
mod once;
