//! Tests that are passed for every target that can be run here: `WASMPACK_TEST_TARGET` names it.

mod components;
mod each_storage;
mod exceptions;
mod images;
mod launch;
mod limits;
pub mod names;
mod sockets;
#[cfg(unix)]
mod streams;
#[cfg(target_os = "linux")]
mod surroundings;
#[cfg(unix)]
mod terminal;
