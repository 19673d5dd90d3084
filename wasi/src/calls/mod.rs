//! The calls of preview 1, one documented function each, in files by family. `crate::imports` declares them.
//!
//! Each takes the program's state, guest memory, and the guest's arguments in the order of the specification;
//! pointers to results come last. Each lists the errnos it can answer, with the condition. What holds for all is
//! said once, here: `badf` for a descriptor that is not open, `fault` for a pointer that leaves memory,
//! `notcapable` for a right that the descriptor lacks, and where a path is taken, `noent` if it is empty, `ilseq`
//! if it is not UTF-8, `inval` if it holds a NUL, `nametoolong` if it is too long, `notdir` if the descriptor is
//! not a directory or something on the way is none, `perm` if it leads out of the descriptor's directory, `loop`
//! if too many symbolic links lie on the way, and what the operating system answers.

pub mod args;
pub mod clock;
mod devices;
pub mod environ;
pub(crate) mod epoll;
pub mod fd_io;
pub mod fd_stat;
pub mod fd_table;
pub(crate) mod made;
pub mod open;
pub mod path;
pub mod poll;
pub mod proc;
pub(crate) mod processes;
pub(crate) mod programs;
pub mod random;
pub mod readdir;
pub mod sched;
pub mod sock;
mod sockets;
pub(crate) mod threads;
pub(crate) mod tty;
pub(crate) mod wasix;
pub(crate) mod wasix_net;
pub(crate) mod wasmedge;

use crate::errno::Result;
use crate::memory::Memory;
use crate::strings::Strings;

/// Writes `strings` to `buffer`, and to `pointers` where each starts.
fn write_strings(strings: &Strings, memory: &Memory<'_>, pointers: u32, buffer: u32) -> Result<()> {
    memory.check(pointers, strings.count().checked_mul(4).ok_or(wasip1::ERRNO_FAULT)?)?;
    memory.write(buffer, strings.bytes())?;
    for (i, start) in (0..).zip(strings.starts()) {
        memory.write_u32(pointers + 4 * i, buffer + start)?;
    }
    Ok(())
}

/// Writes how many `strings` there are, and how many bytes they take.
fn write_sizes(strings: &Strings, memory: &Memory<'_>, count: u32, size: u32) -> Result<()> {
    memory.check(size, 4)?;
    memory.write_u32(count, strings.count())?;
    memory.write_u32(size, strings.bytes().len() as u32)
}
