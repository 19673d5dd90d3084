//! The registers that a signal saved.
#![allow(unsafe_code)]

use std::ffi::c_void;

use wasmer::Store;

use crate::sys::registers::Registers;

/// Has `note` called with the registers where the CPU trapped, and whether that was about an address.
pub(in super::super) fn on_trap(store: &mut Store, note: fn(Registers, bool)) {
    store.set_trap_handler(Some(Box::new(move |signal, _, context| {
        note(registers(context), signal == libc::SIGSEGV || signal == libc::SIGBUS);
        false
    })));
}

#[cfg(target_arch = "x86_64")]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let register = |number: i32| registers[number as usize] as usize;
    Registers { pc: register(libc::REG_RIP), sp: register(libc::REG_RSP), fp: register(libc::REG_RBP) }
}

#[cfg(target_arch = "aarch64")]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let register = |number: usize| machine.regs[number] as usize;
    Registers { pc: machine.pc as usize, sp: machine.sp as usize, fp: register(29), link: register(30) }
}

#[cfg(target_arch = "riscv64")]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.__gregs };
    // Register 0 of the kernel's list is the program counter, 1 is ra, 2 is sp, 8 is s0, the frame pointer.
    let [pc, link, sp, fp] = [0, 1, 2, 8].map(|number| registers[number] as usize);
    Registers { pc, sp, fp, link }
}
