//! Following frame pointers from the registers that a signal saved.
//!
//! Both compilers keep the platform's chain of frame records: at the frame pointer lies the caller's frame pointer, and
//! beside it the address to return to (System V x86-64 ABI section 3.2.2; AAPCS64 section 6.4.6; on RISC-V both do as on
//! Arm, and not as its psABI says; Singlepass for Arm saves two more registers in between). This runs in a signal
//! handler: no allocation, no lock, nothing but arithmetic and reads of a stack that exists.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::trace::{MAX_FRAMES, Noted, Returns};

/// The farthest that two frame records of one stack can be apart, in bytes: the size of the stack.
const FARTHEST: usize = 8 * 1024 * 1024;

/// Faults this close to the stack pointer, in bytes, are the stack's own end: nothing is read from there.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const NEAR: usize = 1024 * 1024;

/// Where the app's code begins and ends, and how many bytes behind the frame pointer the frame record lies.
static CODE: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

/// Says where the app's code lies, and how many bytes behind the frame pointer its compiler puts the frame record.
pub(crate) fn follow(code: Range<usize>, record: usize) {
    for (place, value) in CODE.iter().zip([code.start, code.end, record]) {
        place.store(value, Ordering::Relaxed);
    }
}

/// The registers a walk starts from.
struct Registers {
    pc: usize,
    /// The frame pointer.
    fp: usize,
    /// Where a function without a frame returns to.
    leaf_return: usize,
}

/// Notes where the interrupted code is, and who called it. `None` on a CPU whose registers are not known here.
#[cfg(unix)]
pub(crate) fn note(
    signal: libc::c_int,
    info: *const libc::siginfo_t,
    context: *const c_void,
) -> Option<Noted> {
    let about_address = signal == libc::SIGSEGV || signal == libc::SIGBUS;
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a siginfo_t; for the signals wasmer handles it
    // holds an address.
    let fault = unsafe { (*info).si_addr() } as usize;
    Some(noted(registers(context, fault), about_address))
}

/// The same on Windows, from the `EXCEPTION_POINTERS` that a vectored handler gets.
#[cfg(windows)]
pub(crate) fn note(pointers: *const c_void) -> Option<Noted> {
    use windows_sys::Win32::Foundation::{EXCEPTION_ACCESS_VIOLATION, EXCEPTION_STACK_OVERFLOW};
    use windows_sys::Win32::System::Diagnostics::Debug::EXCEPTION_POINTERS;
    // SAFETY: the system hands a vectored handler a pointer to this structure, which points to two others.
    let (code, context) = unsafe {
        let pointers = &*pointers.cast::<EXCEPTION_POINTERS>();
        ((*pointers.ExceptionRecord).ExceptionCode, &*pointers.ContextRecord)
    };
    let about_address = code == EXCEPTION_ACCESS_VIOLATION || code == EXCEPTION_STACK_OVERFLOW;
    // A function without a frame is not looked for: on this system every function that calls has one.
    let registers = Registers { pc: context.Rip as usize, fp: context.Rbp as usize, leaf_return: 0 };
    Some(noted(registers, about_address))
}

fn noted(registers: Registers, about_address: bool) -> Noted {
    let Registers { pc, fp, leaf_return } = registers;
    Noted { pc, about_address, leaf_return, returns: walk(fp) }
}

/// The return addresses into the app's code of the frames from `frame_pointer` on.
pub(crate) fn walk(frame_pointer: usize) -> Returns {
    let [start, end, record] = [0, 1, 2].map(|index| CODE[index].load(Ordering::Relaxed));
    let mut returns = Returns { addresses: [0; MAX_FRAMES], count: 0 };
    let mut frame = frame_pointer;
    while returns.count < MAX_FRAMES && frame != 0 && frame.is_multiple_of(size_of::<usize>()) {
        let (caller, address) = frame_record(frame + record);
        // Behind the app's frames lie those of the engine, which keeps no frame records.
        if !(start..end).contains(&address) {
            break;
        }
        returns.addresses[returns.count] = address;
        returns.count += 1;
        // Stacks grow down, so callers lie above; the chain of this stack ends where that ends.
        if caller <= frame || caller - frame > FARTHEST {
            break;
        }
        frame = caller;
    }
    returns
}

/// The caller's frame pointer and the return address in the frame record at `address`.
fn frame_record(address: usize) -> (usize, usize) {
    let record = address as *const usize;
    // SAFETY: the address came from the frame pointer register of code that keeps frame records, or from such a record,
    // and lies on the same stack above the place where execution stopped: that memory is mapped and stays so, also when
    // the program has ended, because wasmer keeps the stack for the next one.
    unsafe { (record.read(), record.add(1).read()) }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn registers(context: *const c_void, fault: usize) -> Registers {
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
    Registers { pc: register(libc::REG_RIP), fp: register(libc::REG_RBP), leaf_return }
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
fn registers(context: *const c_void, _fault: usize) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let register = |number: usize| machine.regs[number] as usize;
    Registers { pc: machine.pc as usize, fp: register(29), leaf_return: register(30) }
}

#[cfg(all(target_os = "linux", target_arch = "riscv64"))]
fn registers(context: *const c_void, _fault: usize) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.__gregs };
    // Register 0 of the kernel's list is the program counter, 1 is ra, 8 is s0, the frame pointer.
    Registers { pc: registers[0] as usize, fp: registers[8] as usize, leaf_return: registers[1] as usize }
}

/// The head of Darwin's `ucontext_t` (its `sys/_types/_ucontext.h`), up to the pointer to the registers.
#[cfg(target_os = "macos")]
#[repr(C)]
struct DarwinContext {
    on_stack: libc::c_int,
    mask: libc::sigset_t,
    stack: libc::stack_t,
    link: *mut c_void,
    size: usize,
    machine: libc::mcontext_t,
}

#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
fn registers(context: *const c_void, _fault: usize) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t, whose registers outlive the handler.
    let state = unsafe { &(*(*context.cast::<DarwinContext>()).machine).__ss };
    Registers { pc: state.__rip as usize, fp: state.__rbp as usize, leaf_return: 0 }
}

#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
fn registers(context: *const c_void, _fault: usize) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t, whose registers outlive the handler.
    let state = unsafe { &(*(*context.cast::<DarwinContext>()).machine).__ss };
    Registers { pc: state.__pc as usize, fp: state.__fp as usize, leaf_return: state.__lr as usize }
}
