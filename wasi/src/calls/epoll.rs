//! Lists of interests, which tell what of many descriptors can be read or written.

use std::sync::Arc;

use super::made::descriptor;
use crate::caller::Caller;
use crate::ctx::Ctx;
use crate::epoll::{Epoll, Told};
use crate::errno::{Error, Result};
use crate::fs::file::File;
use crate::fs::host::file::HostFile;
use crate::gate;
use crate::memory::Memory;
use crate::sys::{self, Handle, Interest};
use crate::words::{Opened, Ready};

/// What is done to a list.
const ADD: u32 = 0;
const MODIFY: u32 = 1;
const REMOVE: u32 = 2;

/// Bytes of an event: what happened, and behind padding what the program wanted to be told.
const EVENT: u32 = 32;
/// How many events one call tells at most.
const MOST: usize = 1024;
/// The timeout that is none.
const FOREVER: u64 = u64::MAX;

/// Makes a list of interests; writes its number to `result`.
///
/// # Errors
/// `mfile`, `nfile`.
pub(crate) fn epoll_create(caller: Caller<'_>, memory: &Memory<'_>, result: u32) -> Result<()> {
    memory.check(result, 4)?;
    let file = File::Epoll(Epoll::new(HostFile::own(sys::interests()?)));
    memory.write_u32(result, caller.ctx.fds.insert(descriptor(file, wasip1::RIGHTS_FD_READ))?)
}

/// The file behind `fd`, whatever it may be used for.
fn file(ctx: &Ctx, fd: u32) -> Result<Arc<File>> {
    match ctx.fds.get(fd)?.object {
        Opened::File(file) => Ok(file),
        // No directory can be waited for.
        Opened::Dir(_) => Err(wasip1::ERRNO_PERM.into()),
    }
}

/// The list of interests behind `fd`.
fn list(ctx: &Ctx, fd: u32) -> Result<Arc<File>> {
    let file = file(ctx, fd).map_err(|error| match error {
        Error(wasip1::ERRNO_PERM) => wasip1::ERRNO_INVAL.into(),
        error => error,
    })?;
    file.epoll()?;
    Ok(file)
}

/// Puts descriptor `fd` in the list, changes what of it is waited for, or takes it out, as `what` says: 0, 1, 2. At `event` stands
/// what is waited for, and what the program wants to be told with it. A descriptor that is closed, with all its copies, is in no
/// list any more.
///
/// # Errors
/// `inval` if `list` is no list, or `fd` is that list itself, for an unknown bit, or a change that is unknown or has no event;
/// `exist` if it is in the list, as this descriptor or a copy; `noent` if it is not; `perm` for what is never waited for: regular
/// files and directories; `loop` for lists of lists of one another.
pub(crate) fn epoll_ctl(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    list: u32,
    what: u32,
    fd: u32,
    event: u32,
) -> Result<()> {
    let given = match what {
        ADD | MODIFY if event == 0 => return Err(wasip1::ERRNO_INVAL.into()),
        ADD | MODIFY => Some(memory.read::<{ EVENT as usize }>(event)?),
        REMOVE => None,
        _ => return Err(wasip1::ERRNO_INVAL.into()),
    };
    let list = self::list(caller.ctx, list)?;
    let epoll = list.epoll()?;
    let file = file(caller.ctx, fd)?;
    if Arc::ptr_eq(&list, &file) {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let source = file.handle().ok_or(wasip1::ERRNO_PERM)?;
    let waiting: &Handle = epoll.file.handle();
    let Some([a, b, c, d, _, _, _, _, told @ ..]) = given else {
        return epoll.remove(fd, &file, |id| Ok(sys::remove_interest(waiting, source, id)?));
    };
    let told: Told = told;
    let wanted = Ready(u32::from_le_bytes([a, b, c, d]));
    if !Ready::ALL.has(wanted) {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    match what {
        ADD => epoll.add(fd, &file, told, |id| Ok(sys::add_interest(waiting, source, id, wanted)?)),
        _ => epoll.modify(fd, &file, told, |id| Ok(sys::modify_interest(waiting, source, id, wanted)?)),
    }
}

/// Waits until something of the list has happened, or `timeout` nanoseconds have passed; for ever if all its bits are set. Writes
/// what has happened to `events`, which has room for `most`, and how many of them to `result`: 0 if the time was up.
///
/// # Errors
/// `inval` if `list` is no list, or `most` is 0.
pub(crate) fn epoll_wait(
    caller: Caller<'_>,
    memory: &Memory<'_>,
    list: u32,
    events: u32,
    most: u32,
    timeout: u64,
    result: u32,
) -> Result<()> {
    let list = self::list(caller.ctx, list)?;
    let epoll = list.epoll()?;
    if most == 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    memory.check(events, most.checked_mul(EVENT).ok_or(wasip1::ERRNO_FAULT)?)?;
    memory.check(result, 4)?;
    let most = MOST.min(most as usize);
    let clocks = &caller.ctx.clocks;
    let monotonic = wasip1::CLOCKID_MONOTONIC.raw();
    let end = match timeout {
        FOREVER => None,
        timeout => Some(clocks.now(monotonic)?.saturating_add(timeout)),
    };
    let happened = loop {
        let happened = epoll.told(&sys::happened(epoll.file.handle(), most)?);
        let left = end.map(|end| Ok::<u64, Error>(end.saturating_sub(clocks.now(monotonic)?))).transpose()?;
        if !happened.is_empty() || left == Some(0) {
            break happened;
        }
        let handle = epoll.file.handle();
        let mut waited = [Interest { handle, write: false, ready: false, hangup: false }];
        gate::outside(|| sys::poll(&mut waited, clocks.wait(left)))?;
    };
    for (at, (ready, told)) in (events..).step_by(EVENT as usize).zip(&happened) {
        let mut event = [0; EVENT as usize];
        event[..4].copy_from_slice(&ready.0.to_le_bytes());
        event[8..].copy_from_slice(told);
        memory.write(at, &event)?;
    }
    memory.write_u32(result, happened.len() as u32)
}
