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
    /// The stack pointer.
    sp: usize,
    /// The frame pointer.
    fp: usize,
    /// Where a function without a frame returns to, on CPUs that keep that in a register.
    #[cfg(not(target_arch = "x86_64"))]
    link: usize,
}

/// Notes where the interrupted code is, and who called it.
#[cfg(unix)]
pub(crate) fn note(signal: libc::c_int, context: *const c_void) -> Noted {
    let about_address = signal == libc::SIGSEGV || signal == libc::SIGBUS;
    noted(registers(context), about_address)
}

/// The same on Windows, from the `EXCEPTION_POINTERS` that a vectored handler gets.
#[cfg(windows)]
pub(crate) fn note(pointers: *const c_void) -> Noted {
    use windows_sys::Win32::Foundation::{EXCEPTION_ACCESS_VIOLATION, EXCEPTION_STACK_OVERFLOW};
    use windows_sys::Win32::System::Diagnostics::Debug::EXCEPTION_POINTERS;
    // SAFETY: the system hands a vectored handler a pointer to this structure, which points to two others.
    let (code, context) = unsafe {
        let pointers = &*pointers.cast::<EXCEPTION_POINTERS>();
        ((*pointers.ExceptionRecord).ExceptionCode, &*pointers.ContextRecord)
    };
    let about_address = code == EXCEPTION_ACCESS_VIOLATION || code == EXCEPTION_STACK_OVERFLOW;
    let registers =
        Registers { pc: context.Rip as usize, sp: context.Rsp as usize, fp: context.Rbp as usize };
    noted(registers, about_address)
}

/// In other code than the app's no register is followed: there the frame pointer may hold anything, a value of the app's too.
fn noted(registers: Registers, about_address: bool) -> Noted {
    let (pc, sp) = (registers.pc, registers.sp);
    let [start, end] = [0, 1].map(|index| CODE[index].load(Ordering::Relaxed));
    if !(start..end).contains(&pc) {
        return Noted { pc, sp, about_address, leaf_return: 0, returns: Returns::default() };
    }
    Noted { pc, sp, about_address, leaf_return: leaf_return(&registers), returns: walk(registers.fp) }
}

/// Where a function without a frame would return to: what lies at the stack pointer, where that can be read. At the end of the
/// stack it may point below it.
#[cfg(all(target_arch = "x86_64", unix))]
fn leaf_return(registers: &Registers) -> usize {
    word(registers.sp).unwrap_or(0)
}

/// A function without a frame is not looked for: on this system every function that calls has one.
#[cfg(all(target_arch = "x86_64", windows))]
fn leaf_return(_registers: &Registers) -> usize {
    0
}

#[cfg(not(target_arch = "x86_64"))]
fn leaf_return(registers: &Registers) -> usize {
    registers.link
}

/// The return addresses into the app's code of the frames from `frame_pointer` on.
pub(crate) fn walk(frame_pointer: usize) -> Returns {
    let [start, end, record] = [0, 1, 2].map(|index| CODE[index].load(Ordering::Relaxed));
    let mut returns = Returns::default();
    let mut frame = frame_pointer;
    while returns.count < MAX_FRAMES {
        let at = frame.wrapping_add(record);
        let (Some(caller), Some(address)) = (word(at), word(at.wrapping_add(size_of::<usize>()))) else {
            break;
        };
        // Behind the app's frames lie those of the engine, which keeps no frame records.
        if !(start..end).contains(&address) {
            break;
        }
        returns.addresses[returns.count] = address;
        returns.count += 1;
        // Stacks grow down, so callers lie above; the chain of this stack ends where that ends.
        if caller <= frame {
            break;
        }
        frame = caller;
    }
    returns
}

/// The word at `address`, if that lies on the app's stack, where it can be read.
fn word(address: usize) -> Option<usize> {
    let stack = super::stack::bounds();
    let fits = address.is_multiple_of(size_of::<usize>())
        && stack.contains(&address)
        && stack.end - address >= size_of::<usize>();
    // SAFETY: the address is aligned and lies within the app's stack, which is readable memory, touched or not, for as
    // long as the process lives.
    fits.then(|| unsafe { (address as *const usize).read() })
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let register = |number: i32| registers[number as usize] as usize;
    Registers { pc: register(libc::REG_RIP), sp: register(libc::REG_RSP), fp: register(libc::REG_RBP) }
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let register = |number: usize| machine.regs[number] as usize;
    Registers { pc: machine.pc as usize, sp: machine.sp as usize, fp: register(29), link: register(30) }
}

#[cfg(all(target_os = "linux", target_arch = "riscv64"))]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.__gregs };
    // Register 0 of the kernel's list is the program counter, 1 is ra, 2 is sp, 8 is s0, the frame pointer.
    let [pc, link, sp, fp] = [0, 1, 2, 8].map(|number| registers[number] as usize);
    Registers { pc, sp, fp, link }
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
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t, whose registers outlive the handler.
    let state = unsafe { &(*(*context.cast::<DarwinContext>()).machine).__ss };
    Registers { pc: state.__rip as usize, sp: state.__rsp as usize, fp: state.__rbp as usize }
}

#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
fn registers(context: *const c_void) -> Registers {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t, whose registers outlive the handler.
    let state = unsafe { &(*(*context.cast::<DarwinContext>()).machine).__ss };
    let [pc, sp, fp, link] = [state.__pc, state.__sp, state.__fp, state.__lr].map(|value| value as usize);
    Registers { pc, sp, fp, link }
}
