//! `setjmp` and `longjmp` of WASIX: the program says where on its stack it stands, and jumps back there later.
//!
//! To find out how to get back, the program is made to return from all its functions ([`crate::asyncify`]), and is then called
//! again and led back. For a jump it need not return: its functions are left as by a trap, and it is called and led back by
//! what was noted then. Its memory stays as it is, as C wants it.

use std::error::Error;

use wasmer::{AsStoreMut, FunctionEnv, FunctionEnvMut, OnCalledAction, RuntimeError, StoreMut};

use crate::asyncify::{Jumps, Means, WORDS};
use crate::errno::Result;
use crate::memory::Memory;
use crate::state::State;

/// What a program keeps of a place: a word of its own, and two that name the place.
const PLACE: u32 = 24;
/// Where they begin.
const NUMBER: u32 = 8;

/// What becomes of a call once the program's functions were left.
type After = std::result::Result<OnCalledAction, Box<dyn Error + Send + Sync>>;

/// What a program lacks to get to where it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// There was no room below its stack, or it does not do what asyncify says.
    Room,
    /// The place is of a function that has returned, of another thread, or no place at all.
    Place,
    /// It was not built for it.
    Way,
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Lost::Room => "its stack has no room left to note where it stands (setjmp)",
            Lost::Place => "it jumped to a place on its stack that is not there (longjmp)",
            Lost::Way => {
                "it jumps over its stack, and has no functions that asyncify adds for that (longjmp)"
            }
        })
    }
}

impl Error for Lost {}

/// The memory's and the thread's side of a call.
fn parts<'a>(state: &'a State, store: &StoreMut<'_>) -> Option<(&'a Jumps, Memory<'a>)> {
    Some((state.jumps.as_ref()?, state.memory(store)))
}

/// `stack_checkpoint`: notes where the program stands, and writes what names the place to `place`. Writes 0 to `result`; but
/// whenever the program jumps back here, what it brings.
///
/// # Errors
/// `notsup` for a program without the functions that asyncify adds; `nomem` if there are too many places.
pub(crate) fn checkpoint(
    mut env: FunctionEnvMut<'_, State>,
    place: u32,
    result: u32,
) -> std::result::Result<i32, RuntimeError> {
    let handle = env.as_ref();
    let (state, mut store) = env.data_and_store_mut();
    let answer =
        |answer: Result<()>| Ok(answer.map_or_else(|error| error.0, |()| wasip1::ERRNO_SUCCESS).raw().into());
    let Some(jumps) = &mut state.jumps else { return answer(Err(wasip1::ERRNO_NOTSUP.into())) };
    let means = jumps.means.clone();
    if let Some(landing) = jumps.landing.take() {
        means.stop_rewind(&mut store)?;
        return answer(landing.and_then(|value| state.memory(&store).write_u64(result, value)));
    }
    match prepare(state, &mut store, &means, place, result) {
        Ok((at, stack_pointer)) => {
            means.start_unwind(&mut store, at)?;
            let noted = Noted { at, stack_pointer, place, result };
            store.on_called(move |store| note(handle, store, &means, noted));
            // Nobody sees it: the program returns.
            answer(Ok(()))
        }
        Err(error) => answer(Err(error)),
    }
}

/// Where to note what.
#[derive(Clone, Copy)]
struct Noted {
    at: u32,
    stack_pointer: u32,
    place: u32,
    result: u32,
}

/// Makes the memory ready for notes; where they go, and where the program's own stack ends.
fn prepare(
    state: &State,
    store: &mut StoreMut<'_>,
    means: &Means,
    place: u32,
    result: u32,
) -> Result<(u32, u32)> {
    let stack_pointer = means.stack_pointer(store);
    let (jumps, memory) = parts(state, store).ok_or(wasip1::ERRNO_NOTSUP)?;
    memory.check(place, PLACE)?;
    memory.check(result, 8)?;
    let room = jumps.room(stack_pointer);
    if room.end.saturating_sub(room.start) <= WORDS {
        return Err(wasip1::ERRNO_NOMEM.into());
    }
    memory.check(room.start, room.end - room.start)?;
    words(&memory, room.start, room.start + WORDS, room.end)?;
    memory.write_u64(result, 0)?;
    Ok((room.start, stack_pointer))
}

/// Writes where notes end, and must end.
fn words(memory: &Memory<'_>, at: u32, end: u32, most: u32) -> Result<()> {
    memory.write_u32(at, end)?;
    memory.write_u32(at + 4, most)
}

/// What is done when the program has returned from all its functions to note a place.
fn note(handle: FunctionEnv<State>, mut store: StoreMut<'_>, means: &Means, noted: Noted) -> After {
    let mut env = handle.into_mut(&mut store);
    let (state, mut store) = env.data_and_store_mut();
    let Noted { at, stack_pointer, place, result } = noted;
    // It traps if there are more notes than there is room.
    if means.stop_unwind(&mut store).is_err() {
        return lost(Lost::Room);
    }
    let Some(notes) = notes(&state.memory(&store), at, stack_pointer) else { return lost(Lost::Room) };
    let Some(jumps) = &mut state.jumps else { return lost(Lost::Way) };
    let number = jumps.checkpoints.add(stack_pointer, place, notes);
    let memory = state.memory(&store);
    let landing = match number {
        Some(number) => {
            let words = [u64::from(result), number, 0];
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            memory.write(place, &bytes).map(|()| 0)
        }
        None => Err(wasip1::ERRNO_NOMEM.into()),
    };
    lead(state, &mut store, means, at, landing)
}

/// The notes behind the words at `at`, if those are what asyncify leaves.
fn notes(memory: &Memory<'_>, at: u32, most: u32) -> Option<Vec<u8>> {
    let start = at + WORDS;
    let len =
        memory.read_u32(at).ok()?.checked_sub(start).filter(|len| *len <= most.saturating_sub(start))?;
    let mut notes = vec![0; len as usize];
    memory.piece(start, len).ok()?.load(&mut notes);
    Some(notes)
}

/// `stack_restore`: jumps back to the place that is named at `place`, where the call answers with `value`.
pub(crate) fn restore(
    mut env: FunctionEnvMut<'_, State>,
    place: u32,
    value: u64,
) -> std::result::Result<(), RuntimeError> {
    let handle = env.as_ref();
    let (state, mut store) = env.data_and_store_mut();
    let say = |lost: Lost| Err(RuntimeError::new(lost.to_string()));
    let Some((jumps, memory)) = parts(state, &store) else { return say(Lost::Way) };
    let number = place.checked_add(NUMBER).and_then(|at| memory.read(at).ok()).map(u64::from_le_bytes);
    let found = number.and_then(|number| jumps.checkpoints.get(number));
    let Some(checkpoint) = found.cloned() else { return say(Lost::Place) };
    let means = jumps.means.clone();
    store.on_called(move |mut store| {
        let mut env = handle.into_mut(&mut store);
        let (state, mut store) = env.data_and_store_mut();
        let Some((jumps, memory)) = parts(state, &store) else { return lost(Lost::Way) };
        let room = jumps.room(checkpoint.stack_pointer);
        let (start, len) = (room.start + WORDS, checkpoint.notes.len() as u32);
        let is_written = start + len <= room.end
            && words(&memory, room.start, start + len, room.end).is_ok()
            && memory.write(start, &checkpoint.notes).is_ok();
        if !is_written {
            return lost(Lost::Place);
        }
        means.set_stack_pointer(&mut store, checkpoint.stack_pointer);
        lead(state, &mut store, &means, room.start, Ok(value))
    });
    // The program's functions are left, and what was just set is done.
    Err(RuntimeError::user(Box::new(Lost::Place)))
}

/// Has the program called again and led to where the notes at `at` say.
fn lead(
    state: &mut State,
    store: &mut impl AsStoreMut,
    means: &Means,
    at: u32,
    landing: Result<u64>,
) -> After {
    if means.start_rewind(store, at).is_err() {
        return lost(Lost::Room);
    }
    if let Some(jumps) = &mut state.jumps {
        jumps.landing = Some(landing);
    }
    Ok(OnCalledAction::InvokeAgain)
}

fn lost(lost: Lost) -> After {
    Ok(OnCalledAction::Trap(Box::new(lost)))
}
