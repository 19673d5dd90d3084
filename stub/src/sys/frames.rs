//! Following frame pointers from the registers that a signal saved.
//!
//! Both compilers keep the platform's chain of frame records: at the frame pointer lies the caller's frame pointer, and
//! beside it the address to return to (System V x86-64 ABI section 3.2.2; AAPCS64 section 6.4.6). This runs in a signal
//! handler: no allocation, no lock, nothing but arithmetic and reads of a stack that exists.
#![allow(unsafe_code)]

use std::ffi::c_void;

use crate::trace::{MAX_FRAMES, Noted};

/// The farthest that two frame records of one stack can be apart, in bytes: the size of the stack.
const FARTHEST: usize = 8 * 1024 * 1024;

/// Faults this close to the stack pointer, in bytes, are the stack's own end: nothing is read from there.
const NEAR: usize = 1024 * 1024;

/// The registers a walk starts from.
struct Registers {
    pc: usize,
    /// The frame pointer.
    fp: usize,
    /// Where a function without a frame returns to.
    leaf_return: usize,
}

/// Notes where the interrupted code is, and who called it. `None` on a CPU whose registers are not known here.
pub(crate) fn note(info: *const libc::siginfo_t, context: *const c_void) -> Option<Noted> {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a siginfo_t; for the signals wasmer handles it
    // holds an address.
    let fault = unsafe { (*info).si_addr() } as usize;
    let Registers { pc, fp, leaf_return } = registers(context, fault)?;
    let mut noted = Noted { pc, leaf_return, returns: [0; MAX_FRAMES], count: 0 };
    let mut record = fp;
    while noted.count < noted.returns.len() && record != 0 && record.is_multiple_of(size_of::<usize>()) {
        let (caller, address) = frame_record(record);
        noted.returns[noted.count] = address;
        noted.count += 1;
        // Stacks grow down, so callers lie above; the chain of this stack ends where that ends.
        if caller <= record || caller - record > FARTHEST {
            break;
        }
        record = caller;
    }
    Some(noted)
}

/// The caller's frame pointer and the return address in the frame record that `fp` names.
fn frame_record(fp: usize) -> (usize, usize) {
    let record = fp as *const usize;
    // SAFETY: `fp` came from the frame pointer register of code that keeps frame records, or from such a record, and
    // lies on the same stack above the place where execution stopped: that memory is mapped and stays so.
    unsafe { (record.read(), record.add(1).read()) }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn registers(context: *const c_void, fault: usize) -> Option<Registers> {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let register = |number: i32| registers[number as usize] as usize;
    let stack = register(libc::REG_RSP);
    let leaf_return = if stack.abs_diff(fault) < NEAR {
        0
    } else {
        // SAFETY: the stack pointer of running code points to its mapped stack; at the end of the stack, where it may
        // not, the fault is close to it, which was just ruled out.
        unsafe { *(stack as *const usize) }
    };
    Some(Registers { pc: register(libc::REG_RIP), fp: register(libc::REG_RBP), leaf_return })
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
fn registers(context: *const c_void, _fault: usize) -> Option<Registers> {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let register = |number: usize| machine.regs[number] as usize;
    Some(Registers { pc: machine.pc as usize, fp: register(29), leaf_return: register(30) })
}

/// With the glibc of riscv64 wasmer's own unwinding passes signals, but not at the end of the stack: there the place and
/// its caller are noted. No frame pointer is followed: Cranelift's is not where the psABI puts it, and reading beside the
/// end of the stack is a second fault.
#[cfg(all(target_os = "linux", target_arch = "riscv64"))]
fn registers(context: *const c_void, _fault: usize) -> Option<Registers> {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.__gregs };
    // Register 0 of the kernel's list is the program counter, 1 is ra.
    Some(Registers { pc: registers[0] as usize, fp: 0, leaf_return: registers[1] as usize })
}

/// On macOS wasmer's own unwinding passes signals.
#[cfg(not(target_os = "linux"))]
fn registers(_context: *const c_void, _fault: usize) -> Option<Registers> {
    None
}
