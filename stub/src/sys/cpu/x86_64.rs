//! x86-64.
#![allow(unsafe_code)]

#[cfg(unix)]
use std::io;

use super::state::{CROSSED, FLOOR, FUNCTIONS, cross};

/// Notes the frame pointer and the return address, and goes to function `INDEX` if it has room to run. Only registers are
/// used that the calling convention leaves free between a call and its callee.
#[unsafe(naked)]
pub(in super::super) extern "C" fn enter<const INDEX: usize>() {
    std::arch::naked_asm!(
        "mov qword ptr [rip + {crossed}], rbp",
        "mov r11, qword ptr [rsp]",
        "mov qword ptr [rip + {crossed} + 8], r11",
        "cmp rsp, qword ptr [rip + {floor}]",
        "jb 2f",
        "lea r11, [rip + {functions}]",
        "jmp qword ptr [r11 + {offset}]",
        "2:",
        "mov r11, qword ptr [rip + {floor} + 8]",
        "mov r11, qword ptr [r11]",
        "ud2",
        crossed = sym CROSSED,
        floor = sym FLOOR,
        functions = sym FUNCTIONS,
        offset = const INDEX * 8,
    )
}

/// The same for a program that may have threads: tells [`cross`] the frame pointer, the return address and the stack pointer, and
/// goes to function `INDEX` with all arguments as they came. Those in registers are kept on the stack meanwhile (System V ABI for
/// x86-64, section 3.2.3); none is a vector.
#[cfg(unix)]
#[unsafe(naked)]
pub(in super::super) extern "C" fn enter_in_thread<const INDEX: usize>() {
    std::arch::naked_asm!(
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "sub rsp, 8",
        "mov rdi, rbp",
        "mov rsi, qword ptr [rsp + 56]",
        "lea rdx, [rsp + 56]",
        "call {cross}",
        "add rsp, 8",
        "pop r9",
        "pop r8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "lea r11, [rip + {functions}]",
        "jmp qword ptr [r11 + {offset}]",
        cross = sym cross,
        functions = sym FUNCTIONS,
        offset = const INDEX * 8,
    )
}

/// The same by the x64 calling convention of Windows: four arguments in registers, and a callee finds four free words above its
/// return address.
#[cfg(windows)]
#[unsafe(naked)]
pub(in super::super) extern "C" fn enter_in_thread<const INDEX: usize>() {
    std::arch::naked_asm!(
        "push rcx",
        "push rdx",
        "push r8",
        "push r9",
        "sub rsp, 40",
        "mov rcx, rbp",
        "mov rdx, qword ptr [rsp + 72]",
        "lea r8, [rsp + 72]",
        "call {cross}",
        "add rsp, 40",
        "pop r9",
        "pop r8",
        "pop rdx",
        "pop rcx",
        "lea r11, [rip + {functions}]",
        "jmp qword ptr [r11 + {offset}]",
        cross = sym cross,
        functions = sym FUNCTIONS,
        offset = const INDEX * 8,
    )
}

/// x86 keeps its instructions in step by itself (Intel SDM volume 3, section 11.6).
#[cfg(unix)]
pub(in super::super) fn flush_instructions(_address: usize, _len: usize) -> io::Result<()> {
    Ok(())
}
