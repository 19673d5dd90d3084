//! Waiting for several things at once.

use std::sync::Arc;

use wasip1::{Errno, Eventtype};

use crate::abi::{Event, Subscription, Wait};
use crate::clock::Clocks;
use crate::ctx::Ctx;
use crate::errno::{Error, Result};
use crate::fs::file::File;
use crate::gate;
use crate::memory::Memory;
use crate::sys::{self, Interest};
use crate::words::Opened;

/// How many subscriptions one call may have.
const MAX: u32 = 1 << 16;

/// Subscriptions in guest memory: where they start, how long each is, and how one is read.
pub(crate) struct Guest {
    pub(crate) subscriptions: u32,
    pub(crate) size: u32,
    pub(crate) read: fn(&Memory<'_>, u32) -> Result<Subscription>,
}

/// Waits until at least one of the `count` subscriptions has happened; writes an event for each that has to
/// `events`, which has room for all, in the order of the subscriptions, and how many to `result`. What is wrong with
/// one subscription is told in its own event: `badf` for a descriptor that is not open, or a directory; `notcapable`
/// without the right to poll it and to read (or write) it; `inval` for an unknown clock; `notsup` for a clock of
/// CPU time, which stands still while a program waits.
///
/// Regular files are always ready. A pipe or terminal is ready to be read when it has bytes or has ended (the event says
/// `hangup`).
///
/// # Errors
/// `inval` if `count` is 0 or more than 65,536, or a subscription is of no known sort.
pub fn poll_oneoff(
    ctx: &Ctx,
    memory: &Memory<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Result<()> {
    let list = Guest { subscriptions, size: Subscription::SIZE, read: Subscription::read };
    poll(ctx, memory, &list, events, count, result)
}

pub(crate) fn poll(
    ctx: &Ctx,
    memory: &Memory<'_>,
    guest: &Guest,
    events: u32,
    count: u32,
    result: u32,
) -> Result<()> {
    if count == 0 {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let bytes = |size: u32| count.checked_mul(size).ok_or(Error(wasip1::ERRNO_FAULT));
    memory.check(guest.subscriptions, bytes(guest.size)?)?;
    memory.check(events, bytes(Event::SIZE)?)?;
    memory.check(result, 4)?;
    if count > MAX {
        return Err(wasip1::ERRNO_INVAL.into());
    }
    let mut waits = Vec::with_capacity(count as usize);
    for i in 0..count {
        let subscription = (guest.read)(memory, guest.subscriptions + i * guest.size)?;
        waits.push(Pending::new(ctx, subscription));
    }
    let happened = wait(&ctx.clocks, &waits)?;
    for (i, event) in (0..).zip(&happened) {
        event.write(memory, events + i * Event::SIZE)?;
    }
    memory.write_u32(result, happened.len() as u32)
}

/// A subscription on its way to becoming an event.
struct Pending {
    subscription: Subscription,
    until: Until,
}

/// What a subscription waits for.
enum Until {
    /// The time `at` on clock `id`.
    Time { id: u32, at: u64 },
    /// That a file can be read, or written.
    Ready { file: Arc<File>, write: bool },
    /// Nothing: it is wrong.
    Wrong(Errno),
}

impl Until {
    fn new(ctx: &Ctx, wait: Wait) -> Result<Until> {
        match wait {
            Wait::Clock { id, timeout, absolute } => {
                let now = ctx.clocks.now(id)?;
                if !Clocks::passes_while_waiting(id) {
                    return Err(wasip1::ERRNO_NOTSUP.into());
                }
                Ok(Until::Time { id, at: if absolute { timeout } else { now.saturating_add(timeout) } })
            }
            Wait::Read(fd) => {
                Ok(Until::Ready { file: pollable(ctx, fd, wasip1::RIGHTS_FD_READ)?, write: false })
            }
            Wait::Write(fd) => {
                Ok(Until::Ready { file: pollable(ctx, fd, wasip1::RIGHTS_FD_WRITE)?, write: true })
            }
        }
    }
}

impl Pending {
    fn new(ctx: &Ctx, subscription: Subscription) -> Pending {
        let until = Until::new(ctx, subscription.wait).unwrap_or_else(|error| Until::Wrong(error.0));
        Pending { subscription, until }
    }

    fn kind(&self) -> Eventtype {
        match self.subscription.wait {
            Wait::Clock { .. } => wasip1::EVENTTYPE_CLOCK,
            Wait::Read(_) => wasip1::EVENTTYPE_FD_READ,
            Wait::Write(_) => wasip1::EVENTTYPE_FD_WRITE,
        }
    }

    fn event(&self, errno: Errno, nbytes: u64, flags: u16) -> Event {
        Event { userdata: self.subscription.userdata, errno, kind: self.kind(), nbytes, flags }
    }
}

/// The file behind `fd`, which must be no directory, and may be waited for and used as that is for.
fn pollable(ctx: &Ctx, fd: u32, right: wasip1::Rights) -> Result<Arc<File>> {
    let descriptor = ctx.fds.get(fd)?;
    match &descriptor.object {
        Opened::File(file) => {
            descriptor.require(wasip1::RIGHTS_POLL_FD_READWRITE | right)?;
            Ok(Arc::clone(file))
        }
        Opened::Dir(_) => Err(wasip1::ERRNO_BADF.into()),
    }
}

/// Waits for the first of `waits`; returns the events, in the order of the subscriptions.
fn wait(clocks: &Clocks, waits: &[Pending]) -> Result<Vec<Event>> {
    loop {
        // Clocks and mistakes first: they decide how long the rest may wait.
        let mut happened: Vec<(usize, Event)> = Vec::new();
        let mut timeout = None;
        for (i, pending) in waits.iter().enumerate() {
            match pending.until {
                Until::Wrong(errno) => happened.push((i, pending.event(errno, 0, 0))),
                Until::Time { id, at } => {
                    let left = at.saturating_sub(clocks.now(id)?);
                    if left == 0 {
                        happened.push((i, pending.event(wasip1::ERRNO_SUCCESS, 0, 0)));
                    }
                    timeout = Some(timeout.map_or(left, |least: u64| least.min(left)));
                }
                Until::Ready { .. } => {}
            }
        }
        if !happened.is_empty() {
            timeout = Some(0);
        }

        let mut asked: Vec<(usize, &Pending, &File)> = Vec::new();
        let mut interests = Vec::new();
        for (i, pending) in waits.iter().enumerate() {
            let Until::Ready { file, write } = &pending.until else { continue };
            let write = *write;
            if let Some(handle) = file.handle() {
                asked.push((i, pending, file));
                interests.push(Interest { handle, write, ready: false, hangup: false });
            } else {
                let nbytes = if write { 1 } else { file.available()? };
                happened.push((i, pending.event(wasip1::ERRNO_SUCCESS, nbytes, 0)));
                timeout = Some(0);
            }
        }
        gate::outside(|| sys::poll(&mut interests, clocks.wait(timeout)))?;
        for (&(i, pending, file), interest) in asked.iter().zip(&interests) {
            if interest.ready || interest.hangup {
                let flags = if interest.hangup { wasip1::EVENTRWFLAGS_FD_READWRITE_HANGUP } else { 0 };
                let nbytes = if interest.write { 1 } else { file.available()? };
                happened.push((i, pending.event(wasip1::ERRNO_SUCCESS, nbytes, flags)));
            }
        }
        if !happened.is_empty() {
            happened.sort_by_key(|(i, _)| *i);
            return Ok(happened.into_iter().map(|(_, event)| event).collect());
        }
    }
}
