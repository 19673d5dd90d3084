//! 64-bit Arm.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::io;

use super::state::{CROSSED, FLOOR, FUNCTIONS, cross};

#[cfg(not(target_vendor = "apple"))]
macro_rules! address {
    ($register:literal, $symbol:literal) => {
        concat!(
            "adrp ",
            $register,
            ", {",
            $symbol,
            "}\nadd ",
            $register,
            ", ",
            $register,
            ", :lo12:{",
            $symbol,
            "}"
        )
    };
}
#[cfg(target_vendor = "apple")]
macro_rules! address {
    ($register:literal, $symbol:literal) => {
        concat!(
            "adrp ",
            $register,
            ", {",
            $symbol,
            "}@PAGE\nadd ",
            $register,
            ", ",
            $register,
            ", {",
            $symbol,
            "}@PAGEOFF"
        )
    };
}

/// Notes the frame pointer and the return address, and goes to function `INDEX` if it has room to run. Only registers are
/// used that the calling convention leaves free between a call and its callee.
#[unsafe(naked)]
pub(in super::super) extern "C" fn enter<const INDEX: usize>() {
    std::arch::naked_asm!(
        address!("x16", "crossed"),
        "stp x29, x30, [x16]",
        address!("x16", "floor"),
        "ldp x16, x17, [x16]",
        "cmp sp, x16",
        "b.lo 2f",
        address!("x16", "functions"),
        "ldr x16, [x16, #{offset}]",
        "br x16",
        "2:",
        "ldr x16, [x17]",
        "udf #0",
        crossed = sym CROSSED,
        floor = sym FLOOR,
        functions = sym FUNCTIONS,
        offset = const INDEX * 8,
    )
}

/// The same for a program that may have threads: tells [`cross`] the frame pointer, the return address and the stack pointer, and
/// goes to function `INDEX` with all arguments as they came. Those in registers are kept on the stack meanwhile (AAPCS64, section
/// 6.8.2); none is a vector.
#[unsafe(naked)]
pub(in super::super) extern "C" fn enter_in_thread<const INDEX: usize>() {
    std::arch::naked_asm!(
        "stp x29, x30, [sp, #-80]!",
        "stp x0, x1, [sp, #16]",
        "stp x2, x3, [sp, #32]",
        "stp x4, x5, [sp, #48]",
        "stp x6, x7, [sp, #64]",
        "mov x0, x29",
        "mov x1, x30",
        "add x2, sp, #80",
        "bl {cross}",
        "ldp x0, x1, [sp, #16]",
        "ldp x2, x3, [sp, #32]",
        "ldp x4, x5, [sp, #48]",
        "ldp x6, x7, [sp, #64]",
        "ldp x29, x30, [sp], #80",
        address!("x16", "functions"),
        "ldr x16, [x16, #{offset}]",
        "br x16",
        cross = sym cross,
        functions = sym FUNCTIONS,
        offset = const INDEX * 8,
    )
}

/// Cleans the data cache to the point of unification and invalidates the instruction cache for the range (Arm ARM,
/// "Concurrent modification and execution of instructions"). Linux does the same for a page that becomes executable
/// (`__sync_icache_dcache`), and returning from the fault handler synchronises this CPU's pipeline.
pub(in super::super) fn flush_instructions(address: usize, len: usize) -> io::Result<()> {
    unsafe extern "C" {
        fn __clear_cache(start: *mut c_void, end: *mut c_void);
    }
    // SAFETY: the function only looks at the range, which the caller has just written.
    unsafe { __clear_cache(address as *mut c_void, (address + len) as *mut c_void) };
    Ok(())
}
