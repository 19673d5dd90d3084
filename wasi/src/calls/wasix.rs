//! Calls of WASIX that need nothing of the host: where a program stands, and values of its threads.

use crate::caller::Caller;
use crate::errno::Result;
use crate::memory::Memory;

/// Writes a new key to `result`. What is to be told of it at its end, `user_data`, is told to nobody.
///
/// # Errors
/// `again` if there are 1,024.
pub(crate) fn thread_local_create(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    _user_data: u64,
    result: u32,
) -> Result<()> {
    memory.check(result, 4)?;
    memory.write_u32(result, caller.ctx.locals.create()?)
}

/// Ends `key`.
///
/// # Errors
/// `inval` if it is none.
pub(crate) fn thread_local_destroy(caller: Caller<'_>, _memory: &Memory<'_>, key: u32) -> Result<()> {
    caller.ctx.locals.destroy(key)
}

/// Sets what the calling thread has under `key`.
///
/// # Errors
/// `inval` if it is no key.
pub(crate) fn thread_local_set(caller: Caller<'_>, _memory: &Memory<'_>, key: u32, value: u64) -> Result<()> {
    caller.ctx.locals.set(caller.tid, key, value)
}

/// Writes what the calling thread has under `key` to `result`: 0 if it was not set.
///
/// # Errors
/// `inval` if it is no key.
pub(crate) fn thread_local_get(caller: Caller<'_>, memory: &Memory<'_>, key: u32, result: u32) -> Result<()> {
    memory.write_u64(result, caller.ctx.locals.get(caller.tid, key)?)
}

/// Writes to `result` for how many signals the program was told at its start what they do: none.
///
/// # Errors
/// None but `fault`.
pub(crate) fn proc_signals_sizes_get(_caller: Caller<'_>, memory: &Memory<'_>, result: u32) -> Result<()> {
    memory.write_u32(result, 0)
}

/// Writes what they do to `list`: nothing, there are none.
///
/// # Errors
/// None.
pub(crate) fn proc_signals_get(_caller: Caller<'_>, _memory: &Memory<'_>, _list: u32) -> Result<()> {
    Ok(())
}

/// Writes where the program stands, by its own name for that, to `path`, which has room for as many bytes as the number at
/// `len` says, and how long the name is to `len`. A zero follows it if there is room.
///
/// # Errors
/// `range` if it does not fit; then its length is written all the same. `inval` if there is no room at all.
pub(crate) fn getcwd(caller: Caller<'_>, memory: &Memory<'_>, path: u32, len: u32) -> Result<()> {
    let name = caller.ctx.cwd.as_bytes();
    let room = memory.read_u32(len)?;
    let mut rest = memory.piece(path, room)?;
    memory.write_u32(len, name.len() as u32)?;
    if (room as usize) < name.len() {
        return Err(wasip1::ERRNO_RANGE.into());
    }
    if path == 0 || room == 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    rest = rest.from(rest.store(name));
    // A name that fills its room has no end in it, as with Wasmer.
    rest.store(&[0]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ctx::Ctx;

    #[test]
    fn where_it_stands_is_told_or_how_much_room_that_takes() {
        let ctx = Arc::new(Ctx::builder().temporary("/data").cwd("/data").build().unwrap());
        let caller = Caller { ctx: &ctx, tid: 1, spawner: None, forker: None };
        let mut bytes = [0xa5; 64];
        let memory = &Memory::new(&mut bytes);
        for (room, answer) in [(6, Ok(())), (5, Ok(())), (4, Err(wasip1::ERRNO_RANGE.into()))] {
            memory.write_u32(8, room).unwrap();
            memory.write(16, &[0xa5; 16]).unwrap();
            assert_eq!(getcwd(caller, memory, 16, 8), answer);
            assert_eq!(memory.read_u32(8), Ok(5));
            let text: [u8; 7] = memory.read(16).unwrap();
            match room {
                6 => assert_eq!(&text, b"/data\0\xa5"),
                5 => assert_eq!(&text, b"/data\xa5\xa5"),
                _ => assert_eq!(text, [0xa5; 7]),
            }
        }
        memory.write_u32(8, 49).unwrap();
        assert_eq!(getcwd(caller, memory, 16, 8).unwrap_err().0, wasip1::ERRNO_FAULT);
        assert_eq!(memory.read_u32(8), Ok(49), "a call that faults writes nothing");
    }
}
