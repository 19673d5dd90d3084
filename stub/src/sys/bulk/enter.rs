//! The instructions between the app's code and [`super::bytes`]: bounds, addresses, and the way to the engine.
//!
//! memory.copy has the arguments context, memory, destination, source and length; memory.fill has a value instead of the source.
//! Calling conventions do not say what the upper half of a register with a 32-bit argument holds, nor the upper bytes of one
//! with a byte. So each argument is extended first. Until everything is known to be inside, only registers are written that
//! hold no argument: the engine gets them as they came.

use wasmer_types::VMBuiltinFunctionIndex;

use super::super::cpu::{enter, state::FLOOR};
use super::bytes::{fill_bytes, move_bytes};
use super::places::{BASE_AT, LENGTH_AT};

const COPY: usize = VMBuiltinFunctionIndex::get_memory_copy_index().index() as usize;
const FILL: usize = VMBuiltinFunctionIndex::get_memory_fill_index().index() as usize;

/// Where arguments are, by the System V ABI for x86-64 (section 3.2.3): those that come, and those that go.
#[cfg(not(windows))]
#[rustfmt::skip]
macro_rules! of {
    (context) => { "rdi" };
    (memory) => { "esi" };
    (to) => { "edx" };
    (from) => { "ecx" };
    (value) => { "cl" };
    (len) => { "r8d" };
    (first) => { "rdi" };
    (first_half) => { "edi" };
    (second) => { "rsi" };
    (second_half) => { "esi" };
    (third) => { "rdx" };
}

/// The same by the x64 calling convention of Windows: the fifth argument lies on the stack, above the return address and the
/// four words that a caller leaves free.
#[cfg(windows)]
#[rustfmt::skip]
macro_rules! of {
    (context) => { "rcx" };
    (memory) => { "edx" };
    (to) => { "r8d" };
    (from) => { "r9d" };
    (value) => { "r9b" };
    (len) => { "dword ptr [rsp + 40]" };
    (first) => { "rcx" };
    (first_half) => { "ecx" };
    (second) => { "rdx" };
    (second_half) => { "edx" };
    (third) => { "r8" };
}

/// An entry. With hardly any stack left it leaves the call to the engine's entry, which makes a trap of it. Else it looks whether `$range`s of the first memory are inside, and goes on to `$bytes` with the address of the
/// destination, what `$second` makes the second argument, and the length; or to the engine.
macro_rules! entry {
    ($(#[$about:meta])* $name:ident, $index:ident, $bytes:ident, [$($range:ident),*], $second:expr) => {
        $(#[$about])*
        #[unsafe(naked)]
        pub(super) extern "C" fn $name() {
            std::arch::naked_asm!(
                "cmp rsp, qword ptr [rip + {floor}]",
                "jb 2f",
                concat!("test ", of!(memory), ", ", of!(memory)),
                "jnz 2f",
                "mov eax, dword ptr [rip + {length}]",
                concat!("mov rax, qword ptr [", of!(context), " + rax]"),
                concat!("mov r10d, ", of!(len)),
                $(
                    concat!("mov r11d, ", of!($range)),
                    "add r11, r10",
                    "cmp r11, rax",
                    "ja 2f",
                )*
                "mov eax, dword ptr [rip + {base}]",
                concat!("mov rax, qword ptr [", of!(context), " + rax]"),
                concat!("mov ", of!(first_half), ", ", of!(to)),
                concat!("add ", of!(first), ", rax"),
                $second,
                concat!("mov ", of!(third), ", r10"),
                "jmp {bytes}",
                "2:",
                "jmp {engine}",
                floor = sym FLOOR,
                length = sym LENGTH_AT,
                base = sym BASE_AT,
                bytes = sym $bytes,
                engine = sym enter::<$index>,
            )
        }
    };
}

entry! {
    /// memory.copy
    copy, COPY, move_bytes, [to, from],
    concat!("mov ", of!(second_half), ", ", of!(from), "\n", "add ", of!(second), ", rax")
}

entry! {
    /// memory.fill
    fill, FILL, fill_bytes, [to], concat!("movzx ", of!(second_half), ", ", of!(value))
}
