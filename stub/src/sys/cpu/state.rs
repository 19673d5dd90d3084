//! What the instructions read and write with which the engine is entered.

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
