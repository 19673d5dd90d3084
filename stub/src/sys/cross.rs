//! The way from the app into the engine's own functions: memory.copy, table.get, throw, a trap.
//!
//! wasmer keeps the addresses of these functions in a table in the instance's context, and compiled code calls through
//! it. Here each entry is replaced by a few instructions that note where the call came from and go on to the function.
//! A trap that the engine itself raises is then as easy to trace as one of the CPU: the return address and the frame
//! pointer are where the app's frames begin. The entry for `throw` brings the unwind tables first.
//!
//! The engine's functions run on the app's stack. An app that calls one with hardly any stack left would have it overflow in
//! code that may hold a lock, or the allocator's. So each entry looks first whether there is room, and touches the guard
//! below the stack if there is not: that is the same trap, at a place where nothing is held.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};

use wasmer_types::VMBuiltinFunctionIndex;

/// How many functions there are.
const COUNT: usize = VMBuiltinFunctionIndex::builtin_functions_total_number() as usize;

/// Where the app last entered the engine: frame pointer and return address. The app has one thread.
static CROSSED: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// Bytes of stack that the engine's functions find at least.
const ROOM: usize = 128 * 1024;
/// Where the stack pointer must not lie below when the engine is entered, and a place within the guard below the stack. 0
/// until the stack is known.
static FLOOR: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// The engine's functions.
static FUNCTIONS: [AtomicUsize; COUNT] = [const { AtomicUsize::new(0) }; COUNT];

/// Where the app last entered the engine: the frame pointer and the address to return to.
pub(crate) fn last() -> Option<(usize, usize)> {
    let [frame, address] = [0, 1].map(|index| CROSSED[index].load(Ordering::Relaxed));
    (address != 0).then_some((frame, address))
}

/// Replaces the entries of the table at `address`. False if that is not the table.
pub(crate) fn install(address: usize) -> bool {
    let table = address as *mut usize;
    let raise = VMBuiltinFunctionIndex::get_raise_trap_index().index() as usize;
    // SAFETY: the address was computed from the place of the instance's memory definition with the engine's own
    // offsets, so it lies in the instance's context; that it is the table is checked before anything is written.
    if unsafe { table.add(raise).read() } != wasmer_vm::libcalls::wasmer_vm_raise_trap as *const () as usize {
        return false;
    }
    let stack = super::stack::bounds();
    if !stack.is_empty() {
        FLOOR[0].store(stack.start + ROOM, Ordering::Relaxed);
        FLOOR[1].store(stack.start - super::stack::GUARD / 2, Ordering::Relaxed);
    }
    for (index, entry) in entries().into_iter().enumerate() {
        // SAFETY: the table has COUNT entries, and this thread alone uses the instance, which does not run now.
        unsafe {
            FUNCTIONS[index].store(table.add(index).read(), Ordering::Relaxed);
            table.add(index).write(entry);
        }
    }
    // `throw` goes through `first` until the tables are there.
    let throw = VMBuiltinFunctionIndex::get_imported_throw_index().index() as usize;
    THROW.store(FUNCTIONS[throw].load(Ordering::Relaxed), Ordering::Relaxed);
    #[cfg(unix)]
    FUNCTIONS[throw].store(throw_after_tables as *const () as usize, Ordering::Relaxed);
    true
}

/// The engine's `throw`.
static THROW: AtomicUsize = AtomicUsize::new(0);

/// Brings the unwind tables. A failure ends the program: an exception that finds no tables is not caught.
#[cfg(unix)]
extern "C" fn bring_tables() {
    if let Err(failure) = crate::image::unwind::publish() {
        std::process::exit(crate::fail::report(&failure));
    }
}

macro_rules! entries {
    ($($index:literal)*) => {
        /// The instructions for each entry.
        fn entries() -> [usize; COUNT] {
            [$(enter::<$index> as *const () as usize),*]
        }
    };
}
entries!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36);

/// Notes the frame pointer and the return address, and goes to function `INDEX` if it has room to run. Only registers are
/// used that the calling convention leaves free between a call and its callee.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
extern "C" fn enter<const INDEX: usize>() {
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

#[cfg(all(target_arch = "x86_64", unix))]
#[unsafe(naked)]
extern "C" fn throw_after_tables() {
    std::arch::naked_asm!(
        "push rdi",
        "push rsi",
        "sub rsp, 8",
        "call {bring}",
        "add rsp, 8",
        "pop rsi",
        "pop rdi",
        "jmp qword ptr [rip + {throw}]",
        bring = sym bring_tables,
        throw = sym THROW,
    )
}

#[cfg(all(target_arch = "aarch64", not(target_vendor = "apple")))]
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
#[cfg(all(target_arch = "aarch64", target_vendor = "apple"))]
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

#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
extern "C" fn enter<const INDEX: usize>() {
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

#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
extern "C" fn throw_after_tables() {
    std::arch::naked_asm!(
        "stp x29, x30, [sp, #-32]!",
        "stp x0, x1, [sp, #16]",
        "bl {bring}",
        "ldp x0, x1, [sp, #16]",
        "ldp x29, x30, [sp], #32",
        address!("x16", "throw"),
        "ldr x16, [x16]",
        "br x16",
        bring = sym bring_tables,
        throw = sym THROW,
    )
}

#[cfg(target_arch = "riscv64")]
#[unsafe(naked)]
extern "C" fn enter<const INDEX: usize>() {
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

#[cfg(target_arch = "riscv64")]
#[unsafe(naked)]
extern "C" fn throw_after_tables() {
    std::arch::naked_asm!(
        "addi sp, sp, -32",
        "sd ra, 24(sp)",
        "sd a0, 16(sp)",
        "sd a1, 8(sp)",
        "call {bring}",
        "ld a1, 8(sp)",
        "ld a0, 16(sp)",
        "ld ra, 24(sp)",
        "addi sp, sp, 32",
        "lla t1, {throw}",
        "ld t1, 0(t1)",
        "jr t1",
        bring = sym bring_tables,
        throw = sym THROW,
    )
}
