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

/// The head of Darwin's `ucontext_t` (its `sys/_types/_ucontext.h`), up to the pointer to the registers.
#[repr(C)]
struct DarwinContext {
    on_stack: libc::c_int,
    mask: libc::sigset_t,
    stack: libc::stack_t,
    link: *mut c_void,
    size: usize,
    machine: libc::mcontext_t,
}

#[cfg(target_arch = "x86_64")]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t, whose registers outlive the handler.
    let state = unsafe { &(*(*context.cast::<DarwinContext>()).machine).__ss };
    Registers { pc: state.__rip as usize, sp: state.__rsp as usize, fp: state.__rbp as usize }
}

#[cfg(target_arch = "aarch64")]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t, whose registers outlive the handler.
    let state = unsafe { &(*(*context.cast::<DarwinContext>()).machine).__ss };
    let [pc, sp, fp, link] = [state.__pc, state.__sp, state.__fp, state.__lr].map(|value| value as usize);
    Registers { pc, sp, fp, link }
}
