//! What the instructions read and write with which the engine is entered: statics, and in a program that may have threads what each
//! thread has of its own.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::AtomicUsize;

use wasmer_types::VMBuiltinFunctionIndex;

/// How many functions there are.
pub(in super::super) const COUNT: usize = VMBuiltinFunctionIndex::builtin_functions_total_number() as usize;

/// Where the app last entered the engine, if it has one thread: frame pointer and return address.
pub(in super::super) static CROSSED: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// Where the stack pointer must not lie below when the engine is entered, and a place within the guard below the stack. 0
/// until the stack is known, and for a program that may have threads.
pub(in super::super) static FLOOR: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// The engine's functions.
pub(in super::super) static FUNCTIONS: [AtomicUsize; COUNT] = [const { AtomicUsize::new(0) }; COUNT];

thread_local! {
    /// Where this thread last entered the engine, if the program may have several.
    pub(in super::super) static CROSSED_HERE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    /// As [`FLOOR`], for this thread.
    pub(in super::super) static FLOOR_HERE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Notes that the app enters the engine in this thread, with this frame pointer, return address and stack pointer. Where
/// there is hardly any stack left it touches the guard below it, which is a trap: so it owns nothing.
pub(super) extern "C" fn cross(frame: usize, address: usize, stack: usize) {
    CROSSED_HERE.set((frame, address));
    let (floor, guard) = FLOOR_HERE.get();
    if stack < floor {
        // SAFETY: the address lies within the guard of this thread's stack, which nothing else is ever mapped at while the
        // stack is there: reading it raises a fault, of which the engine makes the trap.
        unsafe { (guard as *const u8).read_volatile() };
    }
}
