//! What a program makes for itself: pipes, and events. They are the kernel's, so that a copy of the process has them, too.
#![allow(
    unsafe_code,
    reason = "writing to a pipe is kept from raising a signal, for which rustix has no call"
)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::OFlags;
use rustix::io::retry_on_intr;

use super::transfer;
use crate::piece::Piece;

/// An end of a pipe, an event, or a list of interests.
#[derive(Debug)]
pub(crate) struct Own {
    fd: OwnedFd,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Only the system's.
    Plain,
    /// Writing to it may raise SIGPIPE.
    Writer,
    /// One that the system does not have.
    #[cfg(not(target_os = "linux"))]
    Event(super::event::Event),
}

impl AsFd for Own {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A pipe: the end to read from, and the one to write to.
pub(crate) fn pipe() -> io::Result<(Own, Own)> {
    #[cfg(target_os = "linux")]
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    #[cfg(not(target_os = "linux"))]
    let (reader, writer) = super::event::pipe()?;
    #[cfg(not(target_os = "linux"))]
    never_raise(&writer)?;
    Ok((Own { fd: reader, kind: Kind::Plain }, Own { fd: writer, kind: Kind::Writer }))
}

/// An event that counts from `value` on. Reading it takes all, or one of a `semaphore`.
#[cfg(target_os = "linux")]
pub(crate) fn event(value: u64, semaphore: bool) -> io::Result<Own> {
    use rustix::event::{EventfdFlags, eventfd};
    let semaphore = if semaphore { EventfdFlags::SEMAPHORE } else { EventfdFlags::empty() };
    let fd = eventfd(0, EventfdFlags::CLOEXEC | semaphore)?;
    if value > 0 {
        rustix::io::write(&fd, &value.to_ne_bytes())?;
    }
    Ok(Own { fd, kind: Kind::Plain })
}

/// An event that counts from `value` on. Reading it takes all, or one of a `semaphore`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn event(value: u64, semaphore: bool) -> io::Result<Own> {
    let (event, fd) = super::event::Event::new(value, semaphore)?;
    Ok(Own { fd, kind: Kind::Event(event) })
}

impl Own {
    /// What is nothing but the system's `fd`.
    pub(super) fn plain(fd: OwnedFd) -> Own {
        Own { fd, kind: Kind::Plain }
    }

    pub(crate) fn read(&self, into: &mut [Piece<'_>]) -> io::Result<usize> {
        match &self.kind {
            #[cfg(not(target_os = "linux"))]
            Kind::Event(event) => event.read(&self.fd, into, self.is_nonblocking()),
            _ => Ok(retry_on_intr(|| transfer::read(&self.fd, into))?),
        }
    }

    /// Writes. Whoever reads a pipe may be gone: that is an answer, and ends no process.
    pub(crate) fn write(&self, from: &[Piece<'_>]) -> io::Result<usize> {
        let write = || Ok(retry_on_intr(|| transfer::write(&self.fd, from))?);
        match &self.kind {
            #[cfg(not(target_os = "linux"))]
            Kind::Event(event) => event.write(&self.fd, from, self.is_nonblocking()),
            Kind::Writer => without_signal(write),
            Kind::Plain => write(),
        }
    }

    /// True if it can be written, whatever the system says of its descriptor; `None` if that is right.
    pub(super) fn is_writable(&self) -> Option<bool> {
        match &self.kind {
            #[cfg(not(target_os = "linux"))]
            Kind::Event(event) => Some(event.has_room()),
            Kind::Plain | Kind::Writer => None,
        }
    }

    /// True if it never waits. All copies of a descriptor have this in common.
    pub(crate) fn is_nonblocking(&self) -> bool {
        rustix::fs::fcntl_getfl(&self.fd).is_ok_and(|flags| flags.contains(OFlags::NONBLOCK))
    }

    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        let mut flags = rustix::fs::fcntl_getfl(&self.fd)?;
        flags.set(OFlags::NONBLOCK, nonblocking);
        Ok(rustix::fs::fcntl_setfl(&self.fd, flags)?)
    }
}

/// Calls `write`, and takes away the SIGPIPE that it may have raised. Standard streams are none of this: a program whose reader
/// went away ends by it, as native ones do.
#[cfg(target_os = "linux")]
fn without_signal(write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    let mut pipe = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the sets are made before they are read, and live until the end. Only this thread's mask changes, and is as before
    // in the end. A signal that writing raises is this thread's, too.
    unsafe {
        libc::sigemptyset(pipe.as_mut_ptr());
        libc::sigaddset(pipe.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, pipe.as_ptr(), before.as_mut_ptr());
        let written = write();
        let broken = |error: &io::Error| error.raw_os_error() == Some(libc::EPIPE);
        if written.as_ref().is_err_and(broken) {
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            while libc::sigtimedwait(pipe.as_ptr(), std::ptr::null_mut(), &at_once) == -1
                && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
            {}
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut());
        written
    }
}

/// Lets writing to a pipe raise no signal.
#[cfg(not(target_os = "linux"))]
fn never_raise(pipe: &OwnedFd) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: it takes a number, and changes nothing but this pipe.
    let set = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETNOSIGPIPE, 1) };
    if set == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Calls `write`: the pipe was told to raise no signal when it was made.
#[cfg(not(target_os = "linux"))]
fn without_signal(write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    write()
}
