//! What differs between systems and CPUs, and all that needs `unsafe` to ask for.
//!
//! ```text
//! linux, macos, windows   the same names in each: file, process, registers; and what only one has
//! unix                    what Linux and macOS have in common
//! cpu                     instructions
//! bulk                    memory.copy and memory.fill
//! memory                  addresses become memory, with types that do no harm
//! stack, frames, cross    the app's stack: where it ends, who called whom on it, how it enters the engine
//! last, limits            ways to end, and the limits that a refusal comes from
//! ```
//!
//! Nothing here knows what the launcher does with it: what is to be called is handed in.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

/// This system.
mod system {
    #[cfg(target_os = "linux")]
    pub(super) use super::linux::registers;
    #[cfg(target_os = "linux")]
    pub(crate) use super::linux::{file, process};
    #[cfg(target_os = "macos")]
    pub(super) use super::macos::registers;
    #[cfg(target_os = "macos")]
    pub(crate) use super::macos::{file, process};
    #[cfg(unix)]
    pub(crate) use super::unix::{console, family};
    #[cfg(windows)]
    pub(super) use super::windows::registers;
    #[cfg(windows)]
    pub(crate) use super::windows::{console, file, process};
}

#[cfg(all(target_arch = "x86_64", not(target_os = "macos")))]
mod bulk;
mod cpu;
pub(crate) mod cross;
pub(crate) mod frames;
pub(crate) mod last;
mod limits;
pub(crate) mod memory;
mod outcome;
mod registers;
pub(crate) mod slot;
#[cfg(any(windows, target_arch = "riscv64"))]
mod softfloat;
#[cfg(target_os = "linux")]
mod spin;
pub(crate) mod stack;

pub(crate) use limits::{Limited, OfMemory};
pub(crate) use outcome::Outcome;
#[cfg(unix)]
pub(crate) use system::family;
pub(crate) use system::{console, file, process};

#[cfg(all(test, target_os = "linux"))]
pub(crate) use linux::signals;
#[cfg(target_os = "linux")]
pub(crate) use linux::{fill::Filler, mapped::Use, paged, process::run_when_idle};
#[cfg(target_os = "linux")]
pub(crate) use spin::SpinLock;

/// Has `resolve` asked about each fault, before the engine makes a trap of it. It runs in a signal handler.
#[cfg(target_os = "linux")]
pub(crate) use linux::signals::install as handle_faults;

/// Gives this thread what its handlers of faults need, for as long as what is returned is there.
#[cfg(target_os = "linux")]
pub(crate) use linux::signals::own_stack as handle_faults_here;

/// The engine sees to that.
#[cfg(not(target_os = "linux"))]
pub(crate) fn handle_faults_here() -> std::io::Result<()> {
    Ok(())
}

/// Faults are the engine's alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn handle_faults(_resolve: fn(usize) -> Outcome) -> std::io::Result<()> {
    Ok(())
}

/// True where the system walks over code by itself, and has to know where the app's functions are.
pub(crate) const WALKS_OVER_CODE: bool = cfg!(windows);

#[cfg(windows)]
pub(crate) use windows::unwind::register as know_functions;

/// Nobody walks over the app's code but [`frames`].
///
/// # Safety
/// There is nothing to be careful about; on other systems there is.
#[cfg(not(windows))]
#[allow(unsafe_code, reason = "it is unsafe on other systems")]
pub(crate) unsafe fn know_functions(_table: &'static mut [u8], _code: usize) -> std::io::Result<()> {
    Ok(())
}
