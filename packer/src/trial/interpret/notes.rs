//! What a start touches, as its module tells it.

use wasmi::{AsContext, Caller, Error, Extern, Linker, TrapCode, Val};

use super::state::State;
use crate::trial::{
    PIECE,
    noting::{self, FUNCTIONS, Hook, PAGE_SHIFT},
    profile::Step,
};

/// Bytes, or entries of a table, that are moved in a step.
pub(super) const MOVED: u64 = 256;

/// Provides what the module tells it by.
pub(super) fn link(linker: &mut Linker<State>) -> Result<(), Error> {
    let entered =
        |mut caller: Caller<'_, State>, function: i32| mark(&mut caller, Step::Function(function as u32));
    let touched = |mut caller: Caller<'_, State>, page: i32| mark(&mut caller, memory(page as u32));
    let ranged = |mut caller: Caller<'_, State>, address: i32, len: i32| {
        range(&mut caller, address as u32, len as u32);
        spend(&mut caller, u64::from(len as u32) / MOVED)
    };
    let moved = |mut caller: Caller<'_, State>, len: i32| spend(&mut caller, u64::from(len as u32) / MOVED);
    let spent = |_: Caller<'_, State>| Err::<(), Error>(TrapCode::OutOfFuel.into());
    linker.func_wrap(noting::NAME, Hook::Entered.name(), entered)?;
    linker.func_wrap(noting::NAME, Hook::Touched.name(), touched)?;
    linker.func_wrap(noting::NAME, Hook::Ranged.name(), ranged)?;
    linker.func_wrap(noting::NAME, Hook::Moved.name(), moved)?;
    linker.func_wrap(noting::NAME, Hook::Spent.name(), spent)?;
    Ok(())
}

/// Takes `steps` of those that are left.
pub(super) fn spend(caller: &mut Caller<'_, State>, steps: u64) -> Result<(), Error> {
    let Some(left) = caller.get_export(noting::LEFT).and_then(Extern::into_global) else { return Ok(()) };
    let Val::I32(before) = left.get(&mut *caller) else { return Ok(()) };
    let after = (before as u64).checked_sub(steps);
    left.set(&mut *caller, Val::I32(after.unwrap_or_default() as i32))?;
    after.map(drop).ok_or_else(|| TrapCode::OutOfFuel.into())
}

/// The step that touches a page.
fn memory(page: u32) -> Step {
    const { assert!(PIECE == 1 << PAGE_SHIFT) };
    Step::Memory(u64::from(page) << PAGE_SHIFT)
}

/// Notes that `len` bytes at `address` are touched.
pub(super) fn range(caller: &mut Caller<'_, State>, address: u32, len: u32) {
    if len == 0 {
        return;
    }
    let last = address.saturating_add(len - 1);
    for page in address >> PAGE_SHIFT..=last >> PAGE_SHIFT {
        mark(caller, memory(page));
    }
}

fn mark(caller: &mut Caller<'_, State>, step: Step) {
    let exported = || caller.get_export(noting::NAME).and_then(Extern::into_memory);
    let Some(marks) = caller.as_context().data().notes.marks.or_else(exported) else { return };
    caller.data_mut().notes.marks = Some(marks);
    let at = match step {
        Step::Function(function) => FUNCTIONS as usize + function as usize,
        Step::Memory(address) => (address >> PAGE_SHIFT) as usize,
    };
    let Some(mark) = marks.data_mut(&mut *caller).get_mut(at) else { return };
    if std::mem::replace(mark, 1) == 0 {
        caller.data_mut().notes.steps.push(step);
    }
}
