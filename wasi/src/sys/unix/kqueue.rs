//! Which of many things can be read or written: macOS's kqueue. A copy of the process has none of its lists.
#![allow(unsafe_code, reason = "rustix asks for a promise about descriptors in a list")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr::without_provenance_mut;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::kqueue::{Event, EventFilter, EventFlags, kevent, kqueue};
use rustix::io::{Errno, FdFlags};

use super::own::Own;
use crate::sys::handle::Handle;
use crate::words::Ready;

/// A list of nothing yet.
pub(crate) fn interests() -> io::Result<Own> {
    let list = kqueue()?;
    rustix::io::fcntl_setfd(&list, FdFlags::CLOEXEC)?;
    Ok(Own::plain(list))
}

/// Makes changes to `list`.
fn change(list: &Handle, changes: &[Event]) -> io::Result<()> {
    let mut nothing: [Event; 0] = [];
    // SAFETY: a descriptor that is closed is in no list any more, so none is ever used that is not open.
    unsafe { kevent(list, changes, &mut nothing[..], Some(Duration::ZERO)) }?;
    Ok(())
}

/// The two that there may be of `source`: to read, and to write.
fn filters(source: &Handle) -> [(EventFilter, Ready); 2] {
    let fd = source.as_fd().as_raw_fd();
    [(EventFilter::Read(fd), Ready::IN), (EventFilter::Write(fd), Ready::OUT)]
}

/// Waits in `list` for what is `wanted` of `source`, which is told as `id`.
pub(crate) fn add_interest(list: &Handle, source: &Handle, id: u64, wanted: Ready) -> io::Result<()> {
    let kind = super::filestat(source)?.filetype;
    if kind == wasip1::FILETYPE_REGULAR_FILE || kind == wasip1::FILETYPE_DIRECTORY {
        return Err(Errno::PERM.into());
    }
    let mut flags = EventFlags::ADD;
    flags.set(EventFlags::CLEAR, wanted.has(Ready::EDGE));
    // Reading and writing are told of once each, where epoll tells of one.
    flags.set(EventFlags::ONESHOT, wanted.has(Ready::ONCE));
    let id = without_provenance_mut(id as usize);
    let wanted = filters(source).into_iter().filter(|(_, kind)| wanted.has(*kind));
    let changes: Vec<Event> = wanted.map(|(filter, _)| Event::new(filter, flags, id)).collect();
    change(list, &changes)
}

/// Changes what is wanted.
pub(crate) fn modify_interest(list: &Handle, source: &Handle, id: u64, wanted: Ready) -> io::Result<()> {
    remove_interest(list, source, id)?;
    add_interest(list, source, id, wanted)
}

/// Waits for `source` no more.
pub(crate) fn remove_interest(list: &Handle, source: &Handle, id: u64) -> io::Result<()> {
    for (filter, _) in filters(source) {
        let id = without_provenance_mut(id as usize);
        match change(list, &[Event::new(filter, EventFlags::DELETE, id)]) {
            // It need not have both.
            Err(error) if Errno::from_io_error(&error) != Some(Errno::NOENT) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// What of `list` has happened, of `most` sources at most; waits for nothing.
pub(crate) fn happened(list: &Handle, most: usize) -> io::Result<Vec<(u64, Ready)>> {
    let mut events = Vec::with_capacity(most);
    // SAFETY: as in `change`.
    unsafe { kevent(list, &[], spare_capacity(&mut events), Some(Duration::ZERO)) }?;
    let mut happened: Vec<(u64, Ready)> = Vec::new();
    for event in &events {
        let ended = event.flags().contains(EventFlags::EOF);
        let ready = match event.filter() {
            EventFilter::Read(_) if ended => Ready::IN | Ready::HUP,
            EventFilter::Read(_) => Ready::IN,
            EventFilter::Write(_) if ended => Ready::OUT | Ready::ERR,
            _ => Ready::OUT,
        };
        let id = event.udata().addr() as u64;
        match happened.iter_mut().find(|(known, _)| *known == id) {
            Some((_, all)) => all.0 |= ready.0,
            None => happened.push((id, ready)),
        }
    }
    Ok(happened)
}
