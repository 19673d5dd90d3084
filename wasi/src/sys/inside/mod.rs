//! Pipes, events and lists of interests within the process, for where the system's cannot be waited for together: Windows.
//!
//! ```text
//! mod    what a descriptor stands for, and waiting for it
//! bell   what is rung whenever something changes, and whoever waits looks again
//! pipe, event   what there is
//! list   lists of interests in these
//! state  how one of these stands
//! ```

pub(crate) mod bell;
mod event;
mod list;
mod pipe;
mod state;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use event::Event;
use list::List;
use pipe::Pipe;
use state::State;

use crate::piece::Piece;
use crate::words::Ready;

/// The most bytes that are moved at once.
const STEP: usize = 1 << 20;

/// What a program made for itself.
#[derive(Debug)]
pub(crate) struct Own {
    what: What,
    nonblocking: AtomicBool,
    /// There for as long as this is.
    alive: Arc<()>,
}

#[derive(Debug)]
enum What {
    Reader(Arc<Pipe>),
    Writer(Arc<Pipe>),
    Event(Arc<Event>),
    List(List<Source>),
}

/// What a list of interests looks at. It keeps no end of a pipe open.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Reader(Arc<Pipe>, Weak<()>),
    Writer(Arc<Pipe>, Weak<()>),
    Event(Arc<Event>, Weak<()>),
    /// What can always be read and written, as far as is known.
    Always,
}

impl Source {
    /// How it stands; `None` if it was closed.
    fn state(&self) -> Option<State> {
        let (state, alive) = match self {
            Source::Reader(pipe, alive) => (pipe.to_read(), alive),
            Source::Writer(pipe, alive) => (pipe.to_write(), alive),
            Source::Event(event, alive) => (event.state(), alive),
            Source::Always => return Some(State { ready: Ready::IN | Ready::OUT, reads: 0, writes: 0 }),
        };
        (alive.strong_count() > 0).then_some(state)
    }
}

/// A pipe: the end to read from, and the one to write to.
#[allow(clippy::unnecessary_wraps, reason = "systems of their own can fail")]
pub(crate) fn pipe() -> io::Result<(Own, Own)> {
    let pipe = Arc::new(Pipe::default());
    Ok((Own::new(What::Reader(Arc::clone(&pipe))), Own::new(What::Writer(pipe))))
}

/// An event that counts from `value` on. Reading it takes all, or one of a `semaphore`.
#[allow(clippy::unnecessary_wraps, reason = "systems of their own can fail")]
pub(crate) fn event(value: u64, semaphore: bool) -> io::Result<Own> {
    Ok(Own::new(What::Event(Arc::new(Event::new(value, semaphore)))))
}

/// A list of nothing yet.
#[allow(clippy::unnecessary_wraps, reason = "systems of their own can fail")]
pub(crate) fn interests() -> io::Result<Own> {
    Ok(Own::new(What::List(List::default())))
}

impl Own {
    fn new(what: What) -> Own {
        Own { what, nonblocking: AtomicBool::new(false), alive: Arc::new(()) }
    }

    /// What a list of interests looks at; `None` for a list.
    pub(crate) fn source(&self) -> Option<Source> {
        let alive = Arc::downgrade(&self.alive);
        match &self.what {
            What::Reader(pipe) => Some(Source::Reader(Arc::clone(pipe), alive)),
            What::Writer(pipe) => Some(Source::Writer(Arc::clone(pipe), alive)),
            What::Event(event) => Some(Source::Event(Arc::clone(event), alive)),
            What::List(_) => None,
        }
    }

    /// The list that it is.
    fn list(&self) -> io::Result<&List<Source>> {
        match &self.what {
            What::List(list) => Ok(list),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Waits in this list for what is `wanted` of `source`, which is told as `id`; anew if it is there.
    pub(crate) fn watch(&self, source: Source, id: u64, wanted: Ready) -> io::Result<()> {
        self.list()?.watch(source, id, wanted);
        bell::ring();
        Ok(())
    }

    pub(crate) fn watch_no_more(&self, id: u64) -> io::Result<()> {
        self.list()?.remove(id);
        Ok(())
    }

    /// What of this list has happened, of `most` sources at most.
    pub(crate) fn happened(&self, most: usize) -> io::Result<Vec<(u64, Ready)>> {
        Ok(self.list()?.happened(most, Source::state))
    }

    /// What can be done at once.
    pub(crate) fn ready(&self) -> Ready {
        match (&self.what, self.source()) {
            (What::List(list), _) if list.has_any(Source::state) => Ready::IN,
            (_, source) => source.and_then(|source| source.state()).map_or(Ready::NONE, |state| state.ready),
        }
    }

    /// Bytes that can be read at once.
    pub(crate) fn readable(&self) -> u64 {
        match &self.what {
            What::Reader(pipe) => pipe.len() as u64,
            _ => 0,
        }
    }

    pub(crate) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    #[allow(clippy::unnecessary_wraps, reason = "systems of their own can fail")]
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.nonblocking.store(nonblocking, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn read(&self, into: &mut [Piece<'_>]) -> io::Result<usize> {
        self.until_done(|| match &self.what {
            What::Reader(pipe) => Ok(pipe.read(into)),
            What::Event(event) => event.read(into),
            What::Writer(_) | What::List(_) => Err(io::ErrorKind::InvalidInput.into()),
        })
    }

    pub(crate) fn write(&self, from: &[Piece<'_>]) -> io::Result<usize> {
        let all = from.iter().fold(0, |all: usize, piece| all.saturating_add(piece.len()));
        let mut bytes = vec![0; all.min(STEP)];
        from.iter().fold(0, |done, piece| done + piece.load(&mut bytes[done..]));
        let mut done = 0;
        loop {
            let rest = &bytes[done..];
            let written = self.until_done(|| match &self.what {
                What::Writer(pipe) => pipe.write(rest),
                What::Event(event) => event.write(rest),
                What::Reader(_) | What::List(_) => Err(io::ErrorKind::InvalidInput.into()),
            });
            match written {
                Ok(count) => done += count,
                // What was written before a failure counts; the next call will meet the failure again.
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(error),
            }
            if done == bytes.len() || self.is_nonblocking() || matches!(self.what, What::Event(_)) {
                return Ok(done);
            }
        }
    }

    /// Calls `step` until it has done something; `None` from it is that it would have to wait.
    fn until_done(&self, mut step: impl FnMut() -> io::Result<Option<usize>>) -> io::Result<usize> {
        loop {
            let heard = bell::heard();
            if let Some(count) = step()? {
                bell::ring();
                return Ok(count);
            }
            if self.is_nonblocking() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            bell::wait(heard, None);
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        match &self.what {
            What::Reader(pipe) => pipe.close_reader(),
            What::Writer(pipe) => pipe.close_writer(),
            What::Event(_) | What::List(_) => {}
        }
        bell::ring();
    }
}

#[cfg(test)]
mod tests;
