//! Pipes.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::state::State;
use crate::piece::Piece;
use crate::words::Ready;

/// How much a pipe keeps: as Linux does.
const ROOM: usize = 1 << 16;
/// So much is written as one.
const WHOLE: usize = 4096;

/// What lies between the two ends.
#[derive(Debug, Default)]
pub(crate) struct Pipe(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    bytes: VecDeque<u8>,
    no_reader: bool,
    no_writer: bool,
    /// How often something was written, or the end was reached.
    written: u64,
    /// How often something was read, or nobody could any more.
    read: u64,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().bytes.len()
    }

    /// `None` if there is nothing yet.
    pub(super) fn read(&self, into: &mut [Piece<'_>]) -> Option<usize> {
        let mut content = self.lock();
        if into.iter().all(|piece| piece.len() == 0) {
            return Some(0);
        }
        if content.bytes.is_empty() {
            return content.no_writer.then_some(0);
        }
        let mut done = 0;
        for piece in into {
            let count = piece.len().min(content.bytes.len());
            let bytes: Vec<u8> = content.bytes.drain(..count).collect();
            done += piece.store(&bytes);
        }
        content.read += 1;
        Some(done)
    }

    /// `None` if there is no room yet.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        let mut content = self.lock();
        if content.no_reader {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = ROOM - content.bytes.len();
        if room < bytes.len().min(WHOLE) {
            return Ok(None);
        }
        let count = room.min(bytes.len());
        content.bytes.extend(&bytes[..count]);
        content.written += 1;
        Ok(Some(count))
    }

    pub(super) fn to_read(&self) -> State {
        let content = self.lock();
        let readable = if content.bytes.is_empty() { Ready::NONE } else { Ready::IN };
        let ended = if content.no_writer { Ready::HUP } else { Ready::NONE };
        State { ready: readable | ended, reads: content.written, writes: 0 }
    }

    pub(super) fn to_write(&self) -> State {
        let content = self.lock();
        let writable = ROOM - content.bytes.len() >= WHOLE || content.no_reader;
        let writable = if writable { Ready::OUT } else { Ready::NONE };
        let failed = if content.no_reader { Ready::ERR } else { Ready::NONE };
        State { ready: writable | failed, reads: 0, writes: content.read }
    }

    pub(super) fn close_reader(&self) {
        let mut content = self.lock();
        content.no_reader = true;
        content.read += 1;
    }

    pub(super) fn close_writer(&self) {
        let mut content = self.lock();
        content.no_writer = true;
        content.written += 1;
    }
}
