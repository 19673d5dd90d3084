//! WASI preview 1 (and preview 0) for one packed program, confined by capabilities.
//!
//! A call's way from the guest to the operating system, one room after the other:
//!
//! ```text
//! host      the import the app calls; turns a Result into an errno
//! calls     one documented function per call: checks arguments and rights, reads and writes guest memory
//! memory    the only way to guest memory: every pointer is bounds-checked, every buffer borrowed in place
//! fds       the descriptor table: what a number means, and which rights came with it
//! dir, file what a descriptor does; a directory may be several, one over the other
//! tree      files that come with the program
//! sys       what differs between operating systems, below cap-std handles
//! ```
//!
//! Two rules hold everywhere. A path from the guest is only ever resolved by cap-std, below the handle of a
//! directory that was granted, or within an embedded tree: no path string reaches the operating system's own
//! resolver. And a call that
//! fails changes nothing in guest memory and writes no result.
//!
//! The specification is `wasi_snapshot_preview1.witx` of the WebAssembly/WASI project; `docs/sandbox.md` says
//! what an app can and cannot reach.
#![deny(unsafe_code)]

mod abi;
pub mod calls;
mod clock;
mod ctx;
mod errno;
mod exit;
mod fds;
mod fs;
mod grants;
pub mod imports;
mod kept;
mod memory;
mod misses;
mod path;
mod preview0;
mod randomness;
pub mod rights;
mod strings;
mod sys;
mod words;

pub use ctx::{Ctx, CtxBuilder};
pub use errno::{Error, Result};
pub use exit::Exit;
pub use fs::tree::source::{Files, Node};
pub use imports::State;
pub use memory::{Bring, Memory};
pub use misses::Miss;
/// The types and constants of the specification.
pub use wasip1 as spec;
pub use words::Access;
