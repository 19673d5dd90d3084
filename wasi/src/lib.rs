//! WASI preview 1 (and preview 0, and what of WASIX is there) for one packed program, confined by capabilities.
//!
//! A call's way from the guest to the operating system. Each floor uses those below it and knows none above:
//!
//! ```text
//! table        what can be imported: each call once; socket_table, those for sockets that preview 1 does not have
//! imports, plain   from the table to functions, for wasmer and for any other engine; turn a Result into an errno
//! jumps        setjmp and longjmp, with what the program brings for it (asyncify, checkpoints); state: what host functions have
//! caller       who makes a call, and how threads and copies of the process begin
//! calls        one documented function per call: checks arguments and rights, reads and writes guest memory
//! ctx          everything behind the calls of one program, and what it was granted (grants)
//! programs     which other programs come with this one; becoming: what goes on when it becomes one
//! threads      which threads there are, and what they wait for; processes: who this process is among its copies
//! first        the descriptors that a program begins with
//! fds          the descriptor table: what a number means, and which rights came with it
//! net          sockets: what was granted of them, and what a descriptor of one stands for
//! epoll        which descriptors a list waits for, and what is told of them
//! fs           what a descriptor stands for: files and directories, of the host or of trees that come with the program
//! clock, randomness, misses, audit, kept   what else a program has
//! gate         what a process with threads goes through to become two
//! pending      signals that the program is to be told of
//! memory       the only way to guest memory (abi: structures, path: paths, piece: ranges)
//! errno        from what the system answers to what the guest is told
//! sys          what differs between operating systems, below cap-std handles
//! words        plain data that all floors share
//! ```
//!
//! Three rules hold everywhere. A path from the guest is only ever resolved by cap-std, below the handle of a directory that
//! was granted, or within a tree that comes with the program: no path string reaches the operating system's own resolver. A
//! call that fails changes nothing in guest memory and writes no result. And a call that waits holds nothing that another one
//! needs: it takes the file from the table, and looks only at its own copy of what the guest gave it, because a guest may
//! have threads.
//!
//! The specification is `wasi_snapshot_preview1.witx` of the WebAssembly/WASI project; `docs/sandbox.md` says
//! what an app can and cannot reach.
#![deny(unsafe_code)]
#![cfg_attr(
    not(feature = "wasmer"),
    allow(
        dead_code,
        unused_imports,
        reason = "calls that only wasmer's imports lead to, such as those of threads and sockets"
    )
)]

mod abi;
#[cfg(feature = "wasmer")]
mod asyncify;
mod audit;
mod becoming;
#[cfg(feature = "wasmer")]
mod callbacks;
mod caller;
pub mod calls;
#[cfg(feature = "wasmer")]
mod checkpoints;
mod clock;
mod ctx;
mod epoll;
mod errno;
mod exit;
mod fds;
mod first;
mod fs;
pub mod gate;
mod grants;
#[cfg(feature = "wasmer")]
pub mod imports;
#[cfg(feature = "wasmer")]
mod jumps;
mod kept;
mod memory;
mod misses;
mod net;
mod path;
pub mod pending;
mod piece;
pub mod plain;
mod preview0;
mod processes;
pub mod programs;
mod randomness;
pub mod rights;
mod socket_table;
#[cfg(feature = "wasmer")]
mod state;
mod strings;
mod sys;
pub mod table;
mod threads;
mod unchanged;
mod words;

pub use audit::{Use, Used};
#[cfg(feature = "wasmer")]
pub use callbacks::Around;
pub use caller::{Ended, Fork, Forked, How, Spawn, Start, Thread, ThreadExit};
pub use ctx::{Ctx, CtxBuilder};
pub use errno::{Error, Result};
pub use exit::Exit;
pub use fs::tree::source::{Files, Node};
pub use memory::{Bring, Memory};
pub use misses::Miss;
pub use net::Refused;
#[cfg(feature = "wasmer")]
pub use state::State;
pub use threads::{FIRST, MOST};
pub use unchanged::keep_unchanged;
/// The types and constants of the specification.
pub use wasip1 as spec;
pub use words::Access;
