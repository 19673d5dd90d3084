//! The instructions between the app's code and [`super::bytes`]: bounds, addresses, and the way to the engine.

use wasmer_types::VMBuiltinFunctionIndex;

use super::super::cpu::enter;
use super::bytes::{fill_bytes, move_bytes};
use super::places::{BASE_AT, LENGTH_AT};

const COPY: usize = VMBuiltinFunctionIndex::get_memory_copy_index().index() as usize;
const FILL: usize = VMBuiltinFunctionIndex::get_memory_fill_index().index() as usize;

/// memory.copy: context, memory, destination, source, length. The upper halves of 32-bit arguments are not defined (System V
/// ABI for x86-64, section 3.2.3), so each is extended first. Until all is known to be inside, only registers are written
/// that hold no argument.
#[cfg(not(windows))]
#[unsafe(naked)]
pub(super) extern "C" fn copy() {
    std::arch::naked_asm!(
        "test esi, esi",
        "jnz 2f",
        "mov r9d, dword ptr [rip + {length}]",
        "mov r9, qword ptr [rdi + r9]",
        "mov r10d, r8d",
        "mov eax, edx",
        "mov r11d, ecx",
        "add rax, r10",
        "add r11, r10",
        "cmp rax, r9",
        "ja 2f",
        "cmp r11, r9",
        "ja 2f",
        "mov r9d, dword ptr [rip + {base}]",
        "mov r9, qword ptr [rdi + r9]",
        "mov edi, edx",
        "add rdi, r9",
        "mov esi, ecx",
        "add rsi, r9",
        "mov rdx, r10",
        "jmp {bytes}",
        "2:",
        "jmp {engine}",
        length = sym LENGTH_AT,
        base = sym BASE_AT,
        bytes = sym move_bytes,
        engine = sym enter::<COPY>,
    )
}

/// memory.fill: context, memory, destination, value, length. Of the value only the lowest byte counts, and a callee may take it
/// that the caller has extended it.
#[cfg(not(windows))]
#[unsafe(naked)]
pub(super) extern "C" fn fill() {
    std::arch::naked_asm!(
        "test esi, esi",
        "jnz 2f",
        "mov r9d, dword ptr [rip + {length}]",
        "mov r9, qword ptr [rdi + r9]",
        "mov r10d, r8d",
        "mov eax, edx",
        "add rax, r10",
        "cmp rax, r9",
        "ja 2f",
        "mov r9d, dword ptr [rip + {base}]",
        "mov r9, qword ptr [rdi + r9]",
        "mov edi, edx",
        "add rdi, r9",
        "movzx esi, cl",
        "mov rdx, r10",
        "jmp {bytes}",
        "2:",
        "jmp {engine}",
        length = sym LENGTH_AT,
        base = sym BASE_AT,
        bytes = sym fill_bytes,
        engine = sym enter::<FILL>,
    )
}

/// As above, by the x64 calling convention of Windows: the fifth argument lies on the stack, above the return address and the
/// four words that a caller leaves free.
#[cfg(windows)]
#[unsafe(naked)]
pub(super) extern "C" fn copy() {
    std::arch::naked_asm!(
        "test edx, edx",
        "jnz 2f",
        "mov eax, dword ptr [rip + {length}]",
        "mov rax, qword ptr [rcx + rax]",
        "mov r10d, dword ptr [rsp + 40]",
        "mov r11d, r8d",
        "add r11, r10",
        "cmp r11, rax",
        "ja 2f",
        "mov r11d, r9d",
        "add r11, r10",
        "cmp r11, rax",
        "ja 2f",
        "mov eax, dword ptr [rip + {base}]",
        "mov rax, qword ptr [rcx + rax]",
        "mov ecx, r8d",
        "add rcx, rax",
        "mov edx, r9d",
        "add rdx, rax",
        "mov r8, r10",
        "jmp {bytes}",
        "2:",
        "jmp {engine}",
        length = sym LENGTH_AT,
        base = sym BASE_AT,
        bytes = sym move_bytes,
        engine = sym enter::<COPY>,
    )
}

/// As above, by the x64 calling convention of Windows.
#[cfg(windows)]
#[unsafe(naked)]
pub(super) extern "C" fn fill() {
    std::arch::naked_asm!(
        "test edx, edx",
        "jnz 2f",
        "mov eax, dword ptr [rip + {length}]",
        "mov rax, qword ptr [rcx + rax]",
        "mov r10d, dword ptr [rsp + 40]",
        "mov r11d, r8d",
        "add r11, r10",
        "cmp r11, rax",
        "ja 2f",
        "mov eax, dword ptr [rip + {base}]",
        "mov rax, qword ptr [rcx + rax]",
        "mov ecx, r8d",
        "add rcx, rax",
        "movzx edx, r9b",
        "mov r8, r10",
        "jmp {bytes}",
        "2:",
        "jmp {engine}",
        length = sym LENGTH_AT,
        base = sym BASE_AT,
        bytes = sym fill_bytes,
        engine = sym enter::<FILL>,
    )
}
