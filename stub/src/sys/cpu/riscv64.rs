//! 64-bit RISC-V.
#![allow(unsafe_code)]

use std::io;

use super::state::{CROSSED, FLOOR, FUNCTIONS, cross};

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

/// The same for a program that may have threads: tells [`cross`] the frame pointer, the return address and the stack pointer, and
/// goes to function `INDEX` with all arguments as they came. Those in registers are kept on the stack meanwhile (RISC-V psABI,
/// "Integer Calling Convention"); none is a floating-point number.
#[unsafe(naked)]
pub(in super::super) extern "C" fn enter_in_thread<const INDEX: usize>() {
    std::arch::naked_asm!(
        "addi sp, sp, -80",
        "sd ra, 0(sp)",
        "sd a0, 8(sp)",
        "sd a1, 16(sp)",
        "sd a2, 24(sp)",
        "sd a3, 32(sp)",
        "sd a4, 40(sp)",
        "sd a5, 48(sp)",
        "sd a6, 56(sp)",
        "sd a7, 64(sp)",
        "mv a0, s0",
        "mv a1, ra",
        "addi a2, sp, 80",
        "call {cross}",
        "ld ra, 0(sp)",
        "ld a0, 8(sp)",
        "ld a1, 16(sp)",
        "ld a2, 24(sp)",
        "ld a3, 32(sp)",
        "ld a4, 40(sp)",
        "ld a5, 48(sp)",
        "ld a6, 56(sp)",
        "ld a7, 64(sp)",
        "addi sp, sp, 80",
        "lla t1, {functions}",
        "ld t1, {offset}(t1)",
        "jr t1",
        cross = sym cross,
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
