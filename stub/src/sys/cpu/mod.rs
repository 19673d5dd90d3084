//! What differs between CPUs: the instructions with which the engine is entered ([`super::cross`]), and how new code is made
//! known.

pub(super) mod state;

#[cfg(target_arch = "aarch64")]
#[path = "aarch64.rs"]
mod this;
#[cfg(target_arch = "riscv64")]
#[path = "riscv64.rs"]
mod this;
#[cfg(target_arch = "x86_64")]
#[path = "x86_64.rs"]
mod this;

pub(super) use this::*;
