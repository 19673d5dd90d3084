//! Times, waiting, and giving way.

use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno as SysErrno;

use crate::sys::handle::{Handle, Interest};

/// Nanoseconds: what `clock_getres` tells for the clocks behind std's on Linux and macOS.
pub(crate) const CLOCK_RESOLUTION: u64 = 1;

/// Waits until one of `interests` is ready, or `timeout` nanoseconds have passed; `None` waits for ever.
pub(crate) fn poll(interests: &mut [Interest<'_>], timeout: Option<u64>) -> io::Result<()> {
    let mut fds: Vec<PollFd<'_>> = interests
        .iter()
        .map(|i| {
            let flags = if i.write { PollFlags::OUT } else { PollFlags::IN };
            PollFd::from_borrowed_fd(i.handle.as_fd(), flags)
        })
        .collect();
    let timeout = if interests.iter().any(|i| known(i) == Some(true)) { Some(0) } else { timeout };
    let timeout = timeout.map(timespec);
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        // A signal that did not end the program: whoever waits looks at the clock and waits again.
        Err(SysErrno::INTR) => return Ok(()),
        result => result?,
    };
    let seen: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
    for (interest, seen) in interests.iter_mut().zip(seen) {
        interest.ready = known(interest).unwrap_or(seen.intersects(PollFlags::IN | PollFlags::OUT));
        interest.hangup = seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    }
    Ok(())
}

/// Whether it is ready, if that is known without the system.
fn known(interest: &Interest<'_>) -> Option<bool> {
    match interest.handle {
        Handle::Own(own) if interest.write => own.is_writable(),
        _ => None,
    }
}

/// Bytes that can be read from a pipe, terminal or socket at once.
pub(crate) fn readable(file: &Handle) -> u64 {
    rustix::io::ioctl_fionread(file).unwrap_or(0)
}

pub(crate) fn yield_now() {
    rustix::thread::sched_yield();
}

/// CPU time of the process, or of this thread alone, in nanoseconds; `None` where the system keeps none.
pub(crate) fn cpu_time(thread: bool) -> Option<u64> {
    use rustix::time::ClockId;
    let id = if thread { ClockId::ThreadCPUTime } else { ClockId::ProcessCPUTime };
    let now = rustix::time::clock_gettime(id);
    #[allow(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
    Some(nanos(now.tv_sec as i64, now.tv_nsec as i64))
}

/// Nanoseconds since 1970; 0 for times before.
pub(super) fn nanos(seconds: i64, nanos: i64) -> u64 {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    u64::try_from(total.max(0)).unwrap_or(u64::MAX)
}

#[allow(clippy::unnecessary_cast, reason = "the widths of these fields differ between systems")]
pub(super) fn timespec(nanos: u64) -> Timespec {
    Timespec { tv_sec: (nanos / 1_000_000_000) as _, tv_nsec: (nanos % 1_000_000_000) as _ }
}
