//! 64-bit RISC-V.
#![allow(unsafe_code)]

use std::io;

use super::state::{CROSSED, FLOOR, FUNCTIONS};

/// Notes the frame pointer and the return address, and goes to function `INDEX` if it has room to run. Only registers are
/// used that the calling convention leaves free between a call and its callee.
#[unsafe(naked)]
pub(in super::super) extern "C" fn enter<const INDEX: usize>() {
    std::arch::naked_asm!(
        "lla t1, {crossed}",
        "sd s0, 0(t1)",
        "sd ra, 8(t1)",
        "lla t1, {floor}",
        "ld t2, 0(t1)",
        "bltu sp, t2, 2f",
        "lla t1, {functions}",
        "ld t1, {offset}(t1)",
        "jr t1",
        "2:",
        "ld t1, 8(t1)",
        "ld t1, 0(t1)",
        "unimp",
        crossed = sym CROSSED,
        floor = sym FLOOR,
        functions = sym FUNCTIONS,
        offset = const INDEX * 8,
    )
}

/// Has the kernel execute FENCE.I on every CPU that runs this process: a thread of it may run elsewhere when it gets
/// to the code (RISC-V, "Zifencei").
pub(in super::super) fn flush_instructions(address: usize, len: usize) -> io::Result<()> {
    const RISCV_FLUSH_ICACHE: libc::c_long = 259;
    // SAFETY: the call takes two addresses and flags, and changes nothing but caches.
    match unsafe { libc::syscall(RISCV_FLUSH_ICACHE, address, address + len, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
