//! The way from the app into the engine's own functions: memory.copy, table.get, a trap.
//!
//! wasmer keeps the addresses of these functions in a table in the instance's context, and compiled code calls through
//! it. Here each entry is replaced by a few instructions that note where the call came from and go on to the function.
//! A trap that the engine itself raises is then as easy to trace as one of the CPU: the return address and the frame
//! pointer are where the app's frames begin.
//!
//! The engine's functions run on the app's stack. An app that calls one with hardly any stack left would have it overflow in
//! code that may hold a lock, or the allocator's. So each entry looks first whether there is room, and touches the guard
//! below the stack if there is not: that is the same trap, at a place where nothing is held.
//!
//! A program without threads has one stack, and where it ends is a number in a static. One that may have threads gets entries
//! that ask a function which knows the thread.
#![allow(unsafe_code)]

use std::ops::Range;
use std::sync::atomic::Ordering;

use sandbox::gate;
use wasmer::{Instance, Store, Value};
use wasmer_types::{ExportIndex, VMBuiltinFunctionIndex, VMOffsets};
use wasmer_vm::libcalls::{
    wasmer_vm_imported_memory32_atomic_notify, wasmer_vm_imported_memory32_atomic_wait32,
    wasmer_vm_imported_memory32_atomic_wait64, wasmer_vm_imported_memory32_grow,
};
use wasmer_vm::{VMCallerCheckedAnyfunc, VMContext};

use super::cpu::state::{COUNT, CROSSED, CROSSED_HERE, FLOOR, FLOOR_HERE, FUNCTIONS};
use super::cpu::{enter, enter_in_thread};

/// Bytes of stack that the engine's functions find at least.
const ROOM: usize = 128 * 1024;

/// Where the app last entered the engine in this thread: the frame pointer and the address to return to.
pub(crate) fn last() -> Option<(usize, usize)> {
    let [frame, address] = [0, 1].map(|index| CROSSED[index].load(Ordering::Relaxed));
    let (frame, address) = if address != 0 { (frame, address) } else { CROSSED_HERE.get() };
    (address != 0).then_some((frame, address))
}

/// Runs `call`, which is about to run a function of the app's from within one of the app's calls, and so on a further stack: what
/// enters the engine looks at that one meanwhile. Not at all if the system has no memory for it.
pub(crate) fn on_further_stack(call: &mut dyn FnMut()) {
    super::stack::with_next(|| on_other_stack(call));
}

/// Runs `call`, whose part of the app runs on the stack that is known for this thread now, and not on the one before.
fn on_other_stack(call: &mut dyn FnMut()) {
    let floor = floor_of(super::stack::bounds());
    let [before, guard] = [0, 1].map(|index| FLOOR[index].load(Ordering::Relaxed));
    match before {
        // Each thread has its own, or there is none.
        0 => {
            let before = FLOOR_HERE.replace(floor);
            call();
            FLOOR_HERE.set(before);
        }
        _ => {
            set_floor(floor);
            call();
            set_floor((before, guard));
        }
    }
}

/// Where the stack pointer must not lie below, and a place within the guard.
fn floor_of(stack: Range<usize>) -> (usize, usize) {
    (stack.start + ROOM, stack.start - super::stack::GUARD / 2)
}

fn set_floor((floor, guard): (usize, usize)) {
    for (place, value) in FLOOR.iter().zip([floor, guard]) {
        place.store(value, Ordering::Relaxed);
    }
}

/// Replaces the entries of the table of `instance`, which `store` has, and which was not entered yet, as the program wants them
/// that `may_have_threads` or not; nothing if the table is not where the engine's own offsets say.
pub(crate) fn install(store: &Store, instance: &Instance, may_have_threads: bool) {
    let Some(context) = context(store, instance) else { return };
    let offsets = VMOffsets::new(size_of::<usize>() as u8, instance.module().info());
    let first = VMBuiltinFunctionIndex::get_memory32_grow_index();
    let table = (context + offsets.vmctx_builtin_function(first) as usize) as *mut usize;
    let raise = VMBuiltinFunctionIndex::get_raise_trap_index().index() as usize;
    // SAFETY: the context is that of an instance of this module, for which the engine computes places in it with these offsets.
    if unsafe { table.add(raise).read() } != wasmer_vm::libcalls::wasmer_vm_raise_trap as *const () as usize {
        return;
    }
    // A program without threads that became this one has left notes here.
    CROSSED.iter().for_each(|place| place.store(0, Ordering::Relaxed));
    let stack = super::stack::bounds();
    if !stack.is_empty() {
        match may_have_threads {
            true => {
                set_floor((0, 0));
                FLOOR_HERE.set(floor_of(stack));
            }
            false => set_floor(floor_of(stack)),
        }
    }
    let entries = if may_have_threads { entries_in_threads() } else { entries() };
    for (index, entry) in entries.into_iter().enumerate() {
        // SAFETY: the table has COUNT entries, and this thread alone uses the instance, which does not run now.
        unsafe {
            // Every instance has the same.
            FUNCTIONS[index].store(table.add(index).read(), Ordering::Relaxed);
            table.add(index).write(entry);
        }
    }
    if may_have_threads {
        type Index = VMBuiltinFunctionIndex;
        for (index, function) in [
            (Index::get_imported_memory32_grow_index(), grow_inside as *const ()),
            (Index::get_imported_memory_atomic_wait32_index(), wait32_traced as *const ()),
            (Index::get_imported_memory_atomic_wait64_index(), wait64_traced as *const ()),
            (Index::get_imported_memory_atomic_notify_index(), notify_inside as *const ()),
        ] {
            FUNCTIONS[index.index() as usize].store(function as usize, Ordering::Relaxed);
        }
    }
    // macOS's own library has fast ones. These look at the one floor.
    #[cfg(all(target_arch = "x86_64", not(target_os = "macos")))]
    if !may_have_threads {
        for (index, entry) in super::bulk::entries(instance.module().info(), &offsets) {
            // SAFETY: as above.
            unsafe { table.add(index).write(entry) };
        }
    }
}

/// The engine's memory.grow of a memory that threads share. The engine holds a lock meanwhile, so no copy of the process is made.
///
/// # Safety
/// As the engine's: `context` is that of an instance.
unsafe extern "C" fn grow_inside(context: *mut VMContext, delta: u32, memory: u32) -> u32 {
    let _inside = gate::enter();
    // SAFETY: the caller's promise is handed on.
    unsafe { wasmer_vm_imported_memory32_grow(context, delta, memory) }
}

/// The engine's memory.atomic.notify of such a memory, as well.
///
/// # Safety
/// As the engine's: `context` is that of an instance.
unsafe extern "C" fn notify_inside(context: *mut VMContext, memory: u32, address: u32, count: u32) -> u32 {
    let _inside = gate::enter();
    // SAFETY: the caller's promise is handed on.
    unsafe { wasmer_vm_imported_memory32_atomic_notify(context, memory, address, count) }
}

/// The engine's memory.atomic.wait32 of such a memory. The engine's lists of who waits lead to the threads themselves, and in a copy
/// to where none is: so none is made meanwhile.
///
/// # Safety
/// As the engine's: `context` is that of an instance.
unsafe extern "C" fn wait32_traced(
    context: *mut VMContext,
    memory: u32,
    address: u32,
    value: u32,
    time: i64,
) -> u32 {
    let _traced = gate::trace();
    // SAFETY: the caller's promise is handed on.
    unsafe { wasmer_vm_imported_memory32_atomic_wait32(context, memory, address, value, time) }
}

/// The same for wait64.
///
/// # Safety
/// As the engine's: `context` is that of an instance.
unsafe extern "C" fn wait64_traced(
    context: *mut VMContext,
    memory: u32,
    address: u32,
    value: u64,
    time: i64,
) -> u32 {
    let _traced = gate::trace();
    // SAFETY: the caller's promise is handed on.
    unsafe { wasmer_vm_imported_memory32_atomic_wait64(context, memory, address, value, time) }
}

/// The address of the instance's context: that of any function that it defines. `None` where `_start` is imported: then no
/// code of the app's is ever run.
fn context(store: &Store, instance: &Instance) -> Option<usize> {
    let info = instance.module().info();
    let ExportIndex::Function(start) = info.exports.get("_start")? else { return None };
    if info.is_imported_function(*start) {
        return None;
    }
    let start = instance.exports.get_function("_start").ok()?.clone();
    let raw = Value::FuncRef(Some(start)).as_raw(store);
    // SAFETY: a reference to a function is, raw, the address of this record, which lives as long as the instance; the context
    // of a function that the module defines is the instance's.
    Some(unsafe { (*(raw.funcref as *const VMCallerCheckedAnyfunc)).vmctx.vmctx } as usize)
}

macro_rules! entries {
    ($($index:literal)*) => {
        /// The instructions for each entry.
        fn entries() -> [usize; COUNT] {
            [$(enter::<$index> as *const () as usize),*]
        }

        /// The same, for a program that may have threads.
        fn entries_in_threads() -> [usize; COUNT] {
            [$(enter_in_thread::<$index> as *const () as usize),*]
        }
    };
}
entries!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36);
