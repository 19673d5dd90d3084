//! What Binaryen's asyncify adds to a program: its functions can return to their callers and write down how to get back to
//! where they were, each what it has, and be led back by that.
//!
//! Two words come first, where the notes end and where they must end, then the notes. `start_unwind` and `start_rewind` take
//! the address of the words.

use wasmer::{AsStoreMut, Global, Instance, RuntimeError, Type, TypedFunction, Value};

use crate::callbacks::{Around, back};
use crate::caller::Start;
use crate::checkpoints::Checkpoints;
use crate::errno::Result;
use crate::kept::Budget;
use crate::memory::Memory;

/// Bytes of the two words.
pub(crate) const WORDS: u32 = 8;
/// Bytes below the end of a stack that are taken where it is not known where that begins.
const WINDOW: u32 = 16 * 1024;
/// Where in what a program writes down for a thread it says where the thread's stack ends, and how long it is.
const UPPER: u32 = 0;
const SIZE: u32 = 56;

/// What a thread has to jump back over its stack.
#[derive(Debug)]
pub(crate) struct Jumps {
    pub(crate) means: Means,
    stack: Option<Stack>,
    pub(crate) checkpoints: Checkpoints,
    /// What a call answers that the program is led back to.
    pub(crate) landing: Option<Result<u64>>,
}

/// The result of a call of one of the functions.
type Called = std::result::Result<(), RuntimeError>;

/// What the program exports for it.
#[derive(Clone, Debug)]
pub(crate) struct Means {
    start_unwind: TypedFunction<u32, ()>,
    stop_unwind: TypedFunction<(), ()>,
    start_rewind: TypedFunction<u32, ()>,
    stop_rewind: TypedFunction<(), ()>,
    stack_pointer: Global,
    around: Around,
}

/// Where a program's own stack lies in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stack {
    lower: u32,
    upper: u32,
}

impl Jumps {
    /// What `instance` has; `None` if something is not there. The places to jump to count against `budget`.
    pub(crate) fn of(
        store: &mut impl AsStoreMut,
        instance: &Instance,
        budget: &Budget,
        around: Around,
    ) -> Option<Jumps> {
        let exports = &instance.exports;
        let stack_pointer = exports.get_global("__stack_pointer").ok()?.clone();
        let ty = stack_pointer.ty(store);
        if ty.ty != Type::I32 || !ty.mutability.is_mutable() {
            return None;
        }
        let means = Means {
            start_unwind: exports.get_typed_function(store, "asyncify_start_unwind").ok()?,
            stop_unwind: exports.get_typed_function(store, "asyncify_stop_unwind").ok()?,
            start_rewind: exports.get_typed_function(store, "asyncify_start_rewind").ok()?,
            stop_rewind: exports.get_typed_function(store, "asyncify_stop_rewind").ok()?,
            stack_pointer,
            around,
        };
        let data_end = exports.get_global("__data_end").ok().and_then(|global| global.get(store).i32());
        let upper = means.stack_pointer(store);
        let stack = data_end.map(|end| Stack::first(end as u32, upper));
        Some(Jumps { means, stack, checkpoints: Checkpoints::new(budget), landing: None })
    }

    /// The same, for a thread that was started with `start`.
    pub(crate) fn of_thread(self, memory: &Memory<'_>, start: Start) -> Jumps {
        // In 2022 nobody was told where a stack ends.
        let Start::Now(start) = start else { return Jumps { stack: None, ..self } };
        let word = |offset| start.checked_add(offset).and_then(|at| memory.read_u32(at).ok());
        let stack = word(UPPER)
            .zip(word(SIZE))
            .and_then(|(upper, size)| Some(Stack { lower: upper.checked_sub(size)?, upper }));
        Jumps { stack, ..self }
    }

    /// The addresses below `stack_pointer` that notes can be written to: nobody uses what is between a stack's end and where it
    /// must end.
    pub(crate) fn room(&self, stack_pointer: u32) -> std::ops::Range<u32> {
        let known = self.stack.filter(|stack| (stack.lower..=stack.upper).contains(&stack_pointer));
        let lower = known.map_or(stack_pointer.saturating_sub(WINDOW), |stack| stack.lower);
        // Address 0 is nobody's, so nothing is put there.
        lower.max(16).checked_next_multiple_of(16).unwrap_or(u32::MAX)..stack_pointer & !15
    }
}

impl Means {
    /// Has the functions return, and write down at `at` how to get back.
    pub(crate) fn start_unwind(&self, store: &mut impl AsStoreMut, at: u32) -> Called {
        back(self.around, || self.start_unwind.call(store, at))
    }

    /// To be called when they have.
    pub(crate) fn stop_unwind(&self, store: &mut impl AsStoreMut) -> Called {
        back(self.around, || self.stop_unwind.call(store))
    }

    /// Has the functions lead back by what stands at `at`.
    pub(crate) fn start_rewind(&self, store: &mut impl AsStoreMut, at: u32) -> Called {
        back(self.around, || self.start_rewind.call(store, at))
    }

    /// To be called when they have.
    pub(crate) fn stop_rewind(&self, store: &mut impl AsStoreMut) -> Called {
        back(self.around, || self.stop_rewind.call(store))
    }

    /// Where the program's own stack ends.
    pub(crate) fn stack_pointer(&self, store: &mut impl AsStoreMut) -> u32 {
        self.stack_pointer.get(store).i32().unwrap_or_default() as u32
    }

    /// Sets where it ends.
    pub(crate) fn set_stack_pointer(&self, store: &mut impl AsStoreMut, to: u32) {
        // It is a variable of this type: that was looked at.
        let _ = self.stack_pointer.set(store, Value::I32(to as i32));
    }
}

impl Stack {
    /// That of the first thread, which begins at `upper`: behind the data, or before it.
    fn first(data_end: u32, upper: u32) -> Stack {
        Stack { lower: if data_end <= upper { data_end } else { 0 }, upper }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stack_lies_behind_the_data_or_before_it() {
        assert_eq!(Stack::first(1000, 66_536), Stack { lower: 1000, upper: 66_536 });
        assert_eq!(Stack::first(70_000, 65_536), Stack { lower: 0, upper: 65_536 });
    }
}
