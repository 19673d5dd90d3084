//! Which of many things can be read or written: Linux's epoll.

use std::io;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use super::own::Own;
use crate::sys::handle::Handle;
use crate::words::Ready;

const KNOWN: &[(Ready, EventFlags)] = &[
    (Ready::IN, EventFlags::IN),
    (Ready::OUT, EventFlags::OUT),
    (Ready::RDHUP, EventFlags::RDHUP),
    (Ready::PRI, EventFlags::PRI),
    (Ready::ERR, EventFlags::ERR),
    (Ready::HUP, EventFlags::HUP),
    (Ready::EDGE, EventFlags::ET),
    (Ready::ONCE, EventFlags::ONESHOT),
];

fn flags(wanted: Ready) -> EventFlags {
    let flags = KNOWN.iter().filter(|(own, _)| wanted.has(*own));
    flags.fold(EventFlags::empty(), |all, (_, flag)| all | *flag)
}

/// A list of nothing yet.
pub(crate) fn interests() -> io::Result<Own> {
    Ok(Own::plain(epoll::create(CreateFlags::CLOEXEC)?))
}

/// Waits in `list` for what is `wanted` of `source`, which is told as `id`.
pub(crate) fn add_interest(list: &Handle, source: &Handle, id: u64, wanted: Ready) -> io::Result<()> {
    Ok(epoll::add(list, source, EventData::new_u64(id), flags(wanted))?)
}

/// Changes what is wanted.
pub(crate) fn modify_interest(list: &Handle, source: &Handle, id: u64, wanted: Ready) -> io::Result<()> {
    Ok(epoll::modify(list, source, EventData::new_u64(id), flags(wanted))?)
}

/// Waits for `source` no more.
pub(crate) fn remove_interest(list: &Handle, source: &Handle, _id: u64) -> io::Result<()> {
    Ok(epoll::delete(list, source)?)
}

/// What of `list` has happened, of `most` sources at most; waits for nothing.
pub(crate) fn happened(list: &Handle, most: usize) -> io::Result<Vec<(u64, Ready)>> {
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut events = Vec::with_capacity(most);
    epoll::wait(list, spare_capacity(&mut events), Some(&AT_ONCE))?;
    let told = |event: &epoll::Event| {
        // A packed structure, of which no part is borrowed.
        let (seen, id) = (event.flags, event.data.u64());
        let all = KNOWN.iter().filter(|(_, flag)| seen.contains(*flag));
        (id, all.fold(Ready::NONE, |all, (own, _)| all | *own))
    };
    Ok(events.iter().map(told).collect())
}
