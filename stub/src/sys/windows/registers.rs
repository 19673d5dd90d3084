//! The registers that an exception saved.
#![allow(unsafe_code)]

use std::ffi::c_void;

use wasmer::Store;
use windows_sys::Win32::Foundation::{EXCEPTION_ACCESS_VIOLATION, EXCEPTION_STACK_OVERFLOW};
use windows_sys::Win32::System::Diagnostics::Debug::EXCEPTION_POINTERS;

use crate::sys::registers::Registers;

/// Has `note` called with the registers where the CPU trapped, and whether that was about an address.
pub(in super::super) fn on_trap(store: &mut Store, note: fn(Registers, bool)) {
    store.set_trap_handler(Some(Box::new(move |pointers| {
        let (registers, about_address) = registers(pointers.cast());
        note(registers, about_address);
        false
    })));
}

fn registers(pointers: *const c_void) -> (Registers, bool) {
    // SAFETY: the system hands a vectored handler a pointer to this structure, which points to two others.
    let (code, context) = unsafe {
        let pointers = &*pointers.cast::<EXCEPTION_POINTERS>();
        ((*pointers.ExceptionRecord).ExceptionCode, &*pointers.ContextRecord)
    };
    let about_address = code == EXCEPTION_ACCESS_VIOLATION || code == EXCEPTION_STACK_OVERFLOW;
    let (pc, sp, fp) = (context.Rip as usize, context.Rsp as usize, context.Rbp as usize);
    (Registers { pc, sp, fp }, about_address)
}
