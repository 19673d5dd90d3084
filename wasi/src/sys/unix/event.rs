//! Events, where the system has none: a counter of the process, and a pipe that can be read while it counts something. A copy of the
//! process has a counter of its own.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::OFlags;
use rustix::io::{Errno as SysErrno, FdFlags};

use crate::piece::Piece;

/// The most that is counted.
const FULL: u64 = u64::MAX - 1;

#[derive(Debug)]
pub(super) struct Event {
    semaphore: bool,
    count: Mutex<u64>,
    /// Told when something was taken.
    room: Condvar,
    /// What is written here can be read from the event's descriptor. It never waits.
    bell: OwnedFd,
}

/// A pipe: the end to read from, and the one to write to.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe()?;
    rustix::io::fcntl_setfd(&reader, FdFlags::CLOEXEC)?;
    rustix::io::fcntl_setfd(&writer, FdFlags::CLOEXEC)?;
    Ok((reader, writer))
}

impl Event {
    /// An event that counts from `count` on, and its descriptor.
    pub(super) fn new(count: u64, semaphore: bool) -> io::Result<(Event, OwnedFd)> {
        let (fd, bell) = pipe()?;
        rustix::fs::fcntl_setfl(&bell, rustix::fs::fcntl_getfl(&bell)? | OFlags::NONBLOCK)?;
        let event = Event { semaphore, count: Mutex::new(count), room: Condvar::new(), bell };
        if count > 0 {
            event.ring(&fd)?;
        }
        Ok((event, fd))
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets whoever waits for the descriptor hear that something was added, each time.
    fn ring(&self, fd: &OwnedFd) -> io::Result<()> {
        match rustix::io::write(&self.bell, &[1]) {
            Err(SysErrno::AGAIN) => {
                Self::hush(fd)?;
                Ok(rustix::io::write(&self.bell, &[1]).map(drop)?)
            }
            result => Ok(result.map(drop)?),
        }
    }

    /// Takes all that was written to the descriptor.
    fn hush(fd: &OwnedFd) -> io::Result<()> {
        let mut waiting = rustix::io::ioctl_fionread(fd)?;
        let mut bytes = [0; 1024];
        while waiting > 0 {
            let most = bytes.len().min(waiting as usize);
            waiting -= rustix::io::read(fd, &mut bytes[..most])? as u64;
        }
        Ok(())
    }

    pub(super) fn read(&self, fd: &OwnedFd, into: &mut [Piece<'_>], nonblocking: bool) -> io::Result<usize> {
        if into.iter().map(|piece| piece.len()).sum::<usize>() < size_of::<u64>() {
            return Err(SysErrno::INVAL.into());
        }
        loop {
            let mut count = self.lock();
            if *count > 0 {
                let taken = if self.semaphore { 1 } else { *count };
                *count -= taken;
                if *count == 0 {
                    Self::hush(fd)?;
                }
                self.room.notify_all();
                let bytes = taken.to_le_bytes();
                return Ok(into.iter().fold(0, |done, piece| done + piece.store(&bytes[done..])));
            }
            drop(count);
            if nonblocking {
                return Err(SysErrno::AGAIN.into());
            }
            match rustix::event::poll(&mut [PollFd::new(fd, PollFlags::IN)], None) {
                Err(SysErrno::INTR) | Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) fn write(&self, fd: &OwnedFd, from: &[Piece<'_>], nonblocking: bool) -> io::Result<usize> {
        let mut bytes = [0; size_of::<u64>()];
        let loaded = from.iter().fold(0, |done, piece| done + piece.load(&mut bytes[done..]));
        let value = u64::from_le_bytes(bytes);
        if loaded < bytes.len() || value > FULL {
            return Err(SysErrno::INVAL.into());
        }
        let mut count = self.lock();
        loop {
            if let Some(more) = count.checked_add(value).filter(|more| *more <= FULL) {
                *count = more;
                if value > 0 {
                    self.ring(fd)?;
                }
                return Ok(bytes.len());
            }
            if nonblocking {
                return Err(SysErrno::AGAIN.into());
            }
            count = self.room.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// True if something can be added.
    #[cfg_attr(target_os = "linux", allow(dead_code, reason = "for tests"))]
    pub(super) fn has_room(&self) -> bool {
        *self.lock() < FULL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(event: &Event, fd: &OwnedFd, value: u64) -> io::Result<usize> {
        let mut bytes = value.to_le_bytes();
        event.write(fd, &[Piece::of(&mut bytes)], true)
    }

    fn reads(event: &Event, fd: &OwnedFd, nonblocking: bool) -> io::Result<u64> {
        let mut bytes = [0; 8];
        event.read(fd, &mut [Piece::of(&mut bytes)], nonblocking)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn can_be_read(fd: &OwnedFd) -> bool {
        rustix::io::ioctl_fionread(fd).unwrap() > 0
    }

    #[test]
    fn it_counts_and_can_be_read_while_it_does() {
        let (event, fd) = Event::new(2, false).unwrap();
        assert!(can_be_read(&fd));
        // More often than the pipe takes.
        (0..70_000).for_each(|_| assert_eq!(writes(&event, &fd, 1).unwrap(), 8));
        assert_eq!((reads(&event, &fd, false).unwrap(), can_be_read(&fd)), (70_002, false));
        assert_eq!(reads(&event, &fd, true).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(writes(&event, &fd, FULL).unwrap(), 8);
        assert!(!event.has_room());
        assert_eq!(writes(&event, &fd, 1).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(writes(&event, &fd, u64::MAX).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let (semaphore, fd) = Event::new(1, true).unwrap();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| [(); 2].map(|()| reads(&semaphore, &fd, false).unwrap()));
            std::thread::sleep(std::time::Duration::from_millis(5));
            writes(&semaphore, &fd, 1).unwrap();
            assert_eq!(waits.join().unwrap(), [1, 1]);
        });
    }
}
