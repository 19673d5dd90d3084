//! Tests that are passed for every target, compressed and (`WASMPACK_TEST_RAW`) with `--no-compress`.

mod conformance;
mod files;
mod grants;
mod jumps;
mod owner;
mod processes;
mod run;
mod sandbox;
mod threads;
mod wasix;
