//! Calls of WASIX that need nothing of the host: where a program stands, and values of its threads.

use std::sync::PoisonError;

use crate::becoming::below_root;
use crate::caller::Caller;
use crate::ctx::Ctx;
use crate::errno::Result;
use crate::fs::rule::Wanted;
use crate::memory::Memory;
use crate::path::{self, Room};

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
    let cwd = caller.ctx.stands();
    let name = cwd.as_bytes();
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

/// Lets the program stand in the directory `path`, which is looked for from where it stands. That is what [`getcwd`] tells, and
/// where the C library then begins by itself: a descriptor's paths begin where they did.
///
/// # Errors
/// `notdir` if it is no directory; `nametoolong` if its whole name is; `notcapable` if the program has no root any more.
pub(crate) fn chdir(caller: Caller<'_>, memory: &Memory<'_>, path: u32, path_len: u32) -> Result<()> {
    go(caller.ctx, path::read(memory, path, path_len, &mut Room::new())?)
}

/// As [`chdir`].
pub(crate) fn go(ctx: &Ctx, path: &str) -> Result<()> {
    let name = ctx.whole_name(path)?;
    let below = below_root(&name);
    let root = ctx.fds.root(wasip1::RIGHTS_PATH_FILESTAT_GET)?;
    let found =
        ctx.misses.watch(ctx.misses.asked(&root, below, Wanted::Look), root.filestat_at(below, true))?;
    if found.filetype != wasip1::FILETYPE_DIRECTORY {
        return Err(wasip1::ERRNO_NOTDIR.into());
    }
    *ctx.cwd.lock().unwrap_or_else(PoisonError::into_inner) = name;
    Ok(())
}

/// Sets no clock: they are the machine's.
///
/// # Errors
/// `inval` for an unknown clock; `perm` for any other.
pub(crate) fn clock_time_set(caller: Caller<'_>, _memory: &Memory<'_>, id: u32, _time: u64) -> Result<()> {
    caller.ctx.clocks.now(id)?;
    Err(wasip1::ERRNO_PERM.into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ctx::Ctx;

    #[test]
    fn it_stands_where_it_went_and_nowhere_that_is_no_directory() {
        let ctx = Arc::new(Ctx::builder().temporary("/data").build().unwrap());
        let caller = Caller { ctx: &ctx, tid: 1, spawner: None, forker: None };
        let mut bytes = [0; 8300];
        let memory = &Memory::new(&mut bytes);
        let go = |path: &str| {
            memory.write(0, path.as_bytes()).unwrap();
            let gone = chdir(caller, memory, 0, path.len() as u32).map_err(|error| error.0);
            (gone, ctx.cwd.lock().unwrap().clone())
        };
        memory.write(0, b"/data/in").unwrap();
        crate::calls::path::path_create_directory(&ctx, memory, 3, 1, 7).unwrap();
        assert_eq!(go("data"), (Ok(()), "/data".to_owned()));
        assert_eq!(go("./in/"), (Ok(()), "/data/in".to_owned()));
        assert_eq!(go("../nothing"), (Err(wasip1::ERRNO_NOENT), "/data/in".to_owned()));
        assert_eq!(go("../../../.."), (Ok(()), "/".to_owned()));
        assert_eq!(go("/data/in"), (Ok(()), "/data/in".to_owned()));
        assert_eq!(go(&"./".repeat(2049)).0, Err(wasip1::ERRNO_NAMETOOLONG));
        assert_eq!(go("").0, Err(wasip1::ERRNO_NOENT));
        // Who gave up the root goes nowhere.
        [3, 4].into_iter().for_each(|fd| drop(ctx.fds.remove(fd).unwrap()));
        assert_eq!(go("/"), (Err(wasip1::ERRNO_NOTCAPABLE), "/data/in".to_owned()));
    }

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
