//! The calls of wasi-threads and WASIX that threads make: beginning, ending, waiting for each other.
//!
//! WASIX has no text of a specification; what a call takes and answers is that of Wasmer's implementation and wasix-libc.

use std::time::Duration;

use crate::caller::{Caller, Start};
use crate::errno::Result;
use crate::gate;
use crate::memory::Memory;
use crate::threads::{Futexes, Waited};

/// `wasi.thread-spawn`: starts a thread that runs `wasi_thread_start` with its number and `argument`. Answers with the number,
/// or with an errno below zero: `again` if there are 1,024 beside the first, or the system has no room.
pub(crate) fn spawn(caller: Caller<'_>, argument: u32) -> i32 {
    match caller.spawn(Start::Now(argument)) {
        Ok(tid) => tid as i32,
        Err(error) => -i32::from(error.0.raw()),
    }
}

/// Starts a thread that runs `wasi_thread_start` with its number and `start`, where the program wrote down for itself what the
/// thread has: its stack, and what it runs. Writes the number to `result`.
///
/// # Errors
/// `again` if there are too many, or the system has no room.
pub(crate) fn thread_spawn_v2(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    start: u32,
    result: u32,
) -> Result<()> {
    memory.check(result, 4)?;
    let tid = caller.spawn(Start::Now(start))?;
    memory.write_u32(result, tid)
}

/// The older name of [`thread_spawn_v2`].
///
/// # Errors
/// As there.
pub(crate) fn thread_spawn(caller: Caller<'_>, memory: &Memory<'_>, start: u32, result: u32) -> Result<()> {
    thread_spawn_v2(caller, memory, start, result)
}

/// [`thread_spawn`] of 2022: the thread runs `_start_thread` with `data`, on a stack of the program's that lies between the
/// addresses `one` and `other`.
///
/// # Errors
/// As there; `notsup` for a thread that is to run `_react`, and for a stack that is in no memory.
pub(crate) fn thread_spawn_2022(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    data: u64,
    one: u64,
    other: u64,
    reacts: u32,
    result: u32,
) -> Result<()> {
    memory.check(result, 4)?;
    let stack = u32::try_from(one.max(other)).ok().filter(|_| reacts == 0);
    let tid = caller.spawn(Start::Of2022 { data, stack: stack.ok_or(wasip1::ERRNO_NOTSUP)? })?;
    memory.write_u32(result, tid)
}

/// Waits until thread `tid` has ended. One that there is not has.
///
/// # Errors
/// `deadlk` for the thread itself.
pub(crate) fn thread_join(caller: Caller<'_>, _memory: &Memory<'_>, tid: u32) -> Result<()> {
    if tid == caller.tid {
        return Err(wasip1::ERRNO_DEADLK.into());
    }
    caller.ctx.threads.join(tid);
    Ok(())
}

/// Writes the thread's number to `result`.
///
/// # Errors
/// None but `fault`.
pub(crate) fn thread_id(caller: Caller<'_>, memory: &Memory<'_>, result: u32) -> Result<()> {
    memory.write_u32(result, caller.tid)
}

/// Writes to `result` how many threads can run at once.
///
/// # Errors
/// None but `fault`.
pub(crate) fn thread_parallelism(_caller: Caller<'_>, memory: &Memory<'_>, result: u32) -> Result<()> {
    let count = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
    memory.write_u32(result, count)
}

/// Waits for so many nanoseconds.
///
/// # Errors
/// None.
pub(crate) fn thread_sleep(caller: Caller<'_>, _memory: &Memory<'_>, nanos: u64) -> Result<()> {
    if let Some(nanos) = caller.ctx.clocks.wait(Some(nanos)) {
        gate::outside(|| std::thread::sleep(Duration::from_nanos(nanos)));
    }
    Ok(())
}

/// Bytes of an optional time: whether there is one, and behind padding the nanoseconds.
const TIMEOUT: usize = 16;

/// Waits until [`futex_wake`] is called for the word at `futex`, if that holds `expected`; for the time at `timeout`, if there
/// is one. Writes to `result` whether it was woken: 0 if the time was up.
///
/// # Errors
/// `inval` for an address that is no multiple of four.
pub(crate) fn futex_wait(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    futex: u32,
    expected: u32,
    timeout: u32,
    result: u32,
) -> Result<()> {
    check_futex(memory, futex)?;
    memory.check(result, 1)?;
    let raw: [u8; TIMEOUT] = memory.read(timeout)?;
    let [.., a, b, c, d, e, f, g, h] = raw;
    let timeout = (raw[0] != 0).then(|| Duration::from_nanos(u64::from_le_bytes([a, b, c, d, e, f, g, h])));
    let holds = || Ok(memory.read_u32(futex)? == expected);
    let waited = caller.ctx.threads.futexes.wait(futex, holds, timeout)?;
    memory.write(result, &[u8::from(waited == Waited::Woken)])
}

/// Wakes the one who has waited longest at `futex`. Writes to `result` whether there was one.
///
/// # Errors
/// `inval` for an address that is no multiple of four.
pub(crate) fn futex_wake(caller: Caller<'_>, memory: &Memory<'_>, futex: u32, result: u32) -> Result<()> {
    wake(caller, memory, futex, 1, result)
}

/// Wakes all who wait at `futex`. Writes to `result` whether there was one.
///
/// # Errors
/// `inval` for an address that is no multiple of four.
pub(crate) fn futex_wake_all(caller: Caller<'_>, memory: &Memory<'_>, futex: u32, result: u32) -> Result<()> {
    wake(caller, memory, futex, usize::MAX, result)
}

fn wake(caller: Caller<'_>, memory: &Memory<'_>, futex: u32, most: usize, result: u32) -> Result<()> {
    check_futex(memory, futex)?;
    memory.check(result, 1)?;
    let futexes: &Futexes = &caller.ctx.threads.futexes;
    let count = futexes.wake(futex, most);
    memory.write(result, &[u8::from(count > 0)])
}

/// A word is looked at in one step only where a word may begin.
fn check_futex(memory: &Memory<'_>, futex: u32) -> Result<()> {
    if !futex.is_multiple_of(4) {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.check(futex, 4)
}
