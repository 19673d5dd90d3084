//! Following frame pointers from the registers that a signal saved.
//!
//! Both compilers keep the platform's chain of frame records: at the frame pointer lies the caller's frame pointer, and
//! beside it the address to return to (System V x86-64 ABI section 3.2.2; AAPCS64 section 6.4.6; on RISC-V both do as on
//! Arm, and not as its psABI says; Singlepass for Arm saves two more registers in between). This runs in a signal
//! handler: no allocation, no lock, nothing but arithmetic and reads of a stack that exists.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmer::Store;

use super::registers::Registers;
use super::system::registers::on_trap;

/// Return addresses noted at most.
pub(crate) const MAX_FRAMES: usize = 64;

/// What was noted when the CPU trapped.
#[derive(Clone, Copy)]
pub(crate) struct Noted {
    /// The instruction that trapped.
    pub(crate) pc: usize,
    /// Where the stack ended then.
    pub(crate) sp: usize,
    /// True if it trapped because of an address.
    pub(crate) about_address: bool,
    /// Where the caller of a function without a frame of its own would be found.
    pub(crate) leaf_return: usize,
    /// Who called whom, innermost first.
    pub(crate) returns: Returns,
}

/// Return addresses, innermost first.
#[derive(Clone, Copy)]
pub(crate) struct Returns {
    pub(crate) addresses: [usize; MAX_FRAMES],
    pub(crate) count: usize,
}

impl Default for Returns {
    fn default() -> Returns {
        Returns { addresses: [0; MAX_FRAMES], count: 0 }
    }
}

thread_local! {
    // Written by a signal handler on this thread, read after it: const, so that it needs no start-up and no allocation.
    static NOTED: Cell<Option<Noted>> = const { Cell::new(None) };
}

/// Where the app's code begins and ends, and how many bytes behind the frame pointer the frame record lies.
static CODE: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

/// Says where the app's code lies, and how many bytes behind the frame pointer its compiler puts the frame record.
pub(crate) fn follow(code: Range<usize>, record: usize) {
    for (place, value) in CODE.iter().zip([code.start, code.end, record]) {
        place.store(value, Ordering::Relaxed);
    }
}

/// Makes `store` note where the CPU traps. Whether that is a trap at all is for wasmer to find out.
pub(crate) fn watch(store: &mut Store) {
    on_trap(store, |registers, about_address| NOTED.set(Some(note(registers, about_address))));
}

/// What was noted when the CPU trapped last.
pub(crate) fn noted() -> Option<Noted> {
    NOTED.take()
}

/// In other code than the app's no register is followed: there the frame pointer may hold anything, a value of the app's too.
fn note(registers: Registers, about_address: bool) -> Noted {
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
