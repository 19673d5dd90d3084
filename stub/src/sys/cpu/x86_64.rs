//! x86-64.
#![allow(unsafe_code)]

#[cfg(unix)]
use std::io;

use super::state::{CROSSED, FLOOR, FUNCTIONS};

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

/// x86 keeps its instructions in step by itself (Intel SDM volume 3, section 11.6).
#[cfg(unix)]
pub(in super::super) fn flush_instructions(_address: usize, _len: usize) -> io::Result<()> {
    Ok(())
}
