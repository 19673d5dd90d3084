//! What differs between operating systems, and all that needs `unsafe` to ask for.

#[cfg(unix)]
mod inherited;
#[cfg(unix)]
pub(crate) use inherited::was_closed;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

mod frames;
pub(crate) use frames::{follow, note, walk};

pub(crate) mod cross;

#[cfg(unix)]
mod map;
#[cfg(unix)]
pub(crate) use map::*;

#[cfg(all(target_os = "linux", target_env = "musl"))]
pub(crate) mod relro;

#[cfg(windows)]
mod map_windows;
#[cfg(windows)]
pub(crate) use map_windows::*;

#[cfg(target_os = "linux")]
mod fill;
#[cfg(target_os = "linux")]
pub(crate) use fill::Filler;

#[cfg(target_os = "linux")]
pub(crate) mod filter;
#[cfg(target_os = "linux")]
pub(crate) mod signals;
#[cfg(target_os = "linux")]
mod turn;
#[cfg(target_os = "linux")]
pub(crate) use turn::Turn;

pub(crate) mod last;
mod limits;
pub(crate) use limits::{Limited, OfMemory};
pub(crate) mod stack;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

/// Reads the locator slot as it is in the file: the packer changed it after the compiler saw it.
#[allow(unsafe_code, reason = "the compiler must not assume the slot's first value")]
pub(crate) fn read_slot<const N: usize>(slot: &'static [u8; N]) -> [u8; N] {
    // SAFETY: a reference to a static is valid to read from; volatile, so that its initial value is not assumed.
    unsafe { std::ptr::read_volatile(slot) }
}
