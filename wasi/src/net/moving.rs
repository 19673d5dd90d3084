//! Receiving and sending.

use wasip1::Fdflags;

use super::socket::Socket;
use super::waiting::{is_nonblocking, until};
use crate::errno::Result;
use crate::piece::Piece;
use crate::sys;

impl Socket {
    /// Receives into `buffers`: what is there, or as much as they hold if it is to be `all`; 0 at the end. With `peek` it stays
    /// there.
    ///
    /// # Errors
    /// `notconn`; `again` if there is nothing and it must not wait, or the time is up; that of the system.
    pub(crate) fn receive(
        &self,
        buffers: &mut [Piece<'_>],
        flags: Fdflags,
        (peek, all): (bool, bool),
    ) -> Result<usize> {
        let stream = self.stream()?;
        let len: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let time = self.set().receive;
        let mut done = until(self.handle(), false, flags, time, || sys::receive(stream, buffers, peek))?;
        while all && !peek && done > 0 && done < len {
            let mut rest = behind(buffers, done);
            match until(self.handle(), false, flags, time, || sys::receive(stream, &mut rest, false)) {
                Ok(count @ 1..) => done += count,
                // What came before counts; the next call will meet it again.
                Ok(0) | Err(_) => break,
            }
        }
        Ok(done)
    }

    /// Sends what `buffers` hold: all of it, if it may wait for that.
    ///
    /// # Errors
    /// `notconn`; `pipe` if nobody receives any more; `again` as in [`Socket::receive`].
    pub(crate) fn send(&self, buffers: &[Piece<'_>], flags: Fdflags) -> Result<usize> {
        let stream = self.stream()?;
        let len: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let time = self.set().send;
        let mut done = until(self.handle(), true, flags, time, || sys::send(stream, buffers))?;
        while !is_nonblocking(flags) && done < len {
            match until(self.handle(), true, flags, time, || sys::send(stream, &behind(buffers, done))) {
                Ok(count @ 1..) => done += count,
                Ok(0) | Err(_) => break,
            }
        }
        Ok(done)
    }
}

/// What is left of `buffers` behind their first `done` bytes.
fn behind<'b>(buffers: &[Piece<'b>], mut done: usize) -> Vec<Piece<'b>> {
    let rest = buffers.iter().map(|buffer| {
        let rest = buffer.from(done);
        done = done.saturating_sub(buffer.len());
        rest
    });
    rest.filter(|rest| rest.len() > 0).collect()
}
