//! Functions of compiler runtimes that wasmer-vm names and some runtimes lack: for the packer, whose library has no `unsafe` of its own.
//!
//! The launcher has the same file.

#[cfg(any(windows, target_arch = "riscv64"))]
#[path = "../../../stub/src/sys/softfloat.rs"]
mod softfloat;
