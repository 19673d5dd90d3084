//! Copies of this process: fork(2), waitpid(2), and a roll of all that there are, which every one of them sees.
//!
//! The roll gives each a number of its own, so that no number of the host's is told, and it bounds how many there are. It is in
//! memory that copies share, made before the first.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sandbox::pending;
use sandbox::spec::SIGNAL_CHLD;

/// How many processes there may be at once, beside the first.
const MOST: usize = 255;
/// The number of the process that the user started.
const FIRST: u32 = 1;
/// No number is as high as this.
const END: u32 = 32_768;

/// Processes beside the first.
struct Roll {
    last: AtomicU32,
    places: [Place; MOST],
}

/// A process, if `host` is not 0.
struct Place {
    /// What the host calls it; while it is not there yet, what it calls the process that starts it.
    host: AtomicU32,
    number: AtomicU32,
    parent: AtomicU32,
    /// Whether it has become another program.
    became: AtomicBool,
}

/// The one roll.
static ROLL: OnceLock<Option<&'static Roll>> = OnceLock::new();

/// What has become of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It ended with this code.
    Exit(u8),
    /// This signal of the host ended it.
    Signal(i32),
}

/// The copies that this process has started and that were not waited for yet: their numbers, and what the host calls them.
#[derive(Debug)]
pub(crate) struct Family(Mutex<BTreeMap<u32, i32>>);

/// A place on the roll that is taken, for a process that is to be started.
struct Taken {
    place: &'static Place,
    number: u32,
}

impl Roll {
    /// Memory for it, which copies share.
    fn make() -> Option<&'static Roll> {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANON);
        // SAFETY: the call makes new memory and touches none that is there.
        let memory = unsafe { libc::mmap(std::ptr::null_mut(), size_of::<Roll>(), protection, flags, -1, 0) };
        // SAFETY: it is as large as a roll, aligned to a page, stays for ever, and zeroes are a roll of nobody. All of it is atomic,
        // so that other processes may change it.
        (memory != libc::MAP_FAILED).then(|| unsafe { &*memory.cast::<Roll>() })
    }

    /// A place for one more, started by `parent`; `None` if there is none.
    fn take(&'static self, parent: u32) -> Option<Taken> {
        let own = std::process::id();
        let is_taken =
            |place: &&Place| place.host.compare_exchange(0, own, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let place = self.places.iter().find(is_taken).or_else(|| {
            self.strike();
            self.places.iter().find(is_taken)
        })?;
        loop {
            let next =
                |last: u32| Some(if last.max(FIRST) + 1 < END { last.max(FIRST) + 1 } else { FIRST + 1 });
            let Ok(last) = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) else {
                continue;
            };
            let number = next(last).unwrap_or_default();
            if self.find(number).is_none() {
                place.parent.store(parent, Ordering::Relaxed);
                place.became.store(false, Ordering::Relaxed);
                place.number.store(number, Ordering::Release);
                return Some(Taken { place, number });
            }
        }
    }

    /// Gives back the places of processes that are gone, and whose ends nobody waited for.
    fn strike(&self) {
        for place in &self.places {
            let host = place.host.load(Ordering::Acquire);
            // SAFETY: signal 0 is none; whether it could be sent is all that is asked.
            let is_gone = || unsafe { libc::kill(host as i32, 0) } == -1 && errno() == libc::ESRCH;
            if host != 0 && is_gone() {
                place.leave(host);
            }
        }
    }

    fn find(&self, number: u32) -> Option<&Place> {
        let is_it = |place: &&Place| {
            place.number.load(Ordering::Acquire) == number && place.host.load(Ordering::Acquire) != 0
        };
        self.places.iter().find(is_it)
    }
}

impl Place {
    /// Gives it back, if it is that of `host`.
    fn leave(&self, host: u32) {
        let _ = self.host.compare_exchange(host, 0, Ordering::AcqRel, Ordering::Relaxed);
    }
}

fn roll() -> Option<&'static Roll> {
    *ROLL.get_or_init(|| {
        notice_ends();
        Roll::make()
    })
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

/// How long to wait at first before looking again for what nobody tells of, and at most.
const LOOK: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(5));

impl Family {
    pub(crate) const fn new() -> Family {
        Family(Mutex::new(BTreeMap::new()))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, i32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a copy of this process, which has the number `parent`. Returns the copy's number, and whether this is the copy. In the
    /// copy `then` is done before all else.
    ///
    /// # Errors
    /// `WouldBlock` if there are too many; those of the system.
    pub(crate) fn fork(&self, parent: u32, then: impl FnOnce()) -> io::Result<(u32, bool)> {
        let taken = roll().and_then(|roll| roll.take(parent)).ok_or(io::ErrorKind::WouldBlock)?;
        let own = std::process::id();
        let mut children = self.lock();
        // SAFETY: the copy has this thread alone. What others could hold at this moment that it needs is held by this thread, or its
        // caller has seen to it that they hold nothing; the C library sees to its own.
        match unsafe { libc::fork() } {
            -1 => {
                let error = io::Error::last_os_error();
                taken.place.leave(own);
                Err(error)
            }
            0 => {
                then();
                taken.place.host.store(std::process::id(), Ordering::Release);
                children.clear();
                Ok((taken.number, true))
            }
            child => {
                taken.place.host.store(child as u32, Ordering::Release);
                children.insert(taken.number, child);
                Ok((taken.number, false))
            }
        }
    }

    /// Waits for the end of the copy with this number, or of any; which, and how it ended. `None` if none has and it is not to
    /// `block`.
    ///
    /// # Errors
    /// ECHILD if there is none to wait for.
    pub(crate) fn wait(&self, number: Option<u32>, block: bool) -> io::Result<Option<(u32, Status)>> {
        let nobody = || io::Error::from_raw_os_error(libc::ECHILD);
        loop {
            let known = match number {
                None if self.lock().is_empty() => return Err(nobody()),
                None => None,
                Some(number) => Some(self.lock().get(&number).copied().ok_or_else(nobody)?),
            };
            // First only looked at: it may be one that this process had before it became this program.
            let Some(host) = ended(known, block)? else { return Ok(None) };
            // Nobody finds it here any more once the system may give its number to another process.
            let mut children = self.lock();
            let own = children.iter().find(|(_, child)| **child == host).map(|(number, _)| *number);
            let mut status = 0;
            // SAFETY: the call fills the number.
            let taken = unsafe { libc::waitpid(host, &mut status, libc::WNOHANG) };
            // Another thread may have been faster.
            let Some(number) = own.filter(|_| taken == host) else { continue };
            children.remove(&number);
            drop(children);
            if let Some(place) = roll().and_then(|roll| roll.find(number)) {
                place.leave(host as u32);
            }
            let how = match libc::WIFSIGNALED(status) {
                true => Status::Signal(libc::WTERMSIG(status)),
                false => Status::Exit(libc::WEXITSTATUS(status) as u8),
            };
            return Ok(Some((number, how)));
        }
    }

    /// Waits until the copy with this number has ended, which is still to be told, or has become another program; not at all if there
    /// is none.
    pub(crate) fn wait_untold(&self, number: u32) {
        let Some(host) = self.lock().get(&number).copied() else { return };
        let place = roll().and_then(|roll| roll.find(number));
        let goes_on = || place.is_some_and(|place| !place.became.load(Ordering::Acquire));
        let mut pause = LOOK.0;
        while goes_on() && matches!(ended(Some(host), false), Ok(None)) {
            std::thread::sleep(pause);
            pause = (pause * 2).min(LOOK.1);
        }
    }

    /// To be called by the process with this number when it becomes another program.
    pub(crate) fn became(&self, number: u32) {
        // The first is not on the roll, and there may be none.
        if let Some(place) = ROLL.get().copied().flatten().and_then(|roll| roll.find(number)) {
            place.became.store(true, Ordering::Release);
        }
    }

    /// Sends a signal of this system's to the copy with this number, which this process has started and nobody has waited for:
    /// until then its number on the host is no other process's.
    ///
    /// # Errors
    /// EPERM for another process of the program's; ESRCH if there is none.
    pub(crate) fn signal(&self, number: u32, signal: i32) -> io::Result<()> {
        let children = self.lock();
        let Some(host) = children.get(&number) else {
            let is_there = ROLL.get().copied().flatten().is_some_and(|roll| roll.find(number).is_some());
            return Err(io::Error::from_raw_os_error(if is_there { libc::EPERM } else { libc::ESRCH }));
        };
        // SAFETY: what is sent a signal is a process of this one's own.
        match unsafe { libc::kill(*host, signal) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// The number of the process that started the one with this number.
    pub(crate) fn parent(&self, number: u32) -> Option<u32> {
        let place = ROLL.get().copied().flatten()?.find(number)?;
        Some(place.parent.load(Ordering::Relaxed))
    }
}

/// Waits for the end of the child `host`, or of any, and leaves it there to be waited for again; which has ended. `None` if none has
/// and it is not to `block`.
fn ended(host: Option<i32>, block: bool) -> io::Result<Option<i32>> {
    let (kind, id) = host.map_or((libc::P_ALL, 0), |host| (libc::P_PID, host as libc::id_t));
    let flags = libc::WEXITED | libc::WNOWAIT | if block { 0 } else { libc::WNOHANG };
    loop {
        // SAFETY: zeroes are a valid value of this C structure.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: the call fills the structure.
        if unsafe { libc::waitid(kind, id, &mut info, flags) } == 0 {
            // SAFETY: the call has filled the structure with an end, or left it as it was.
            let host = unsafe { info.si_pid() };
            return Ok((host != 0).then_some(host));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Signals of this system's, and their numbers in WASI.
const KNOWN: [(i32, u8); 27] = [
    (libc::SIGHUP, 1),
    (libc::SIGINT, 2),
    (libc::SIGQUIT, 3),
    (libc::SIGILL, 4),
    (libc::SIGTRAP, 5),
    (libc::SIGABRT, 6),
    (libc::SIGBUS, 7),
    (libc::SIGFPE, 8),
    (libc::SIGKILL, 9),
    (libc::SIGUSR1, 10),
    (libc::SIGSEGV, 11),
    (libc::SIGUSR2, 12),
    (libc::SIGPIPE, 13),
    (libc::SIGALRM, 14),
    (libc::SIGTERM, 15),
    (libc::SIGCHLD, 16),
    (libc::SIGCONT, 17),
    (libc::SIGSTOP, 18),
    (libc::SIGTSTP, 19),
    (libc::SIGTTIN, 20),
    (libc::SIGTTOU, 21),
    (libc::SIGURG, 22),
    (libc::SIGXCPU, 23),
    (libc::SIGXFSZ, 24),
    (libc::SIGVTALRM, 25),
    (libc::SIGPROF, 26),
    (libc::SIGSYS, 30),
];

/// The number that WASI has for a signal of this system's.
pub(crate) fn number_in_wasi(signal: i32) -> u8 {
    // Another one is told as the end that nobody can keep back.
    KNOWN.iter().find(|(own, _)| *own == signal).map_or(9, |(_, number)| *number)
}

/// The number that this system has for a signal of WASI's; 0 is none. `None` if it has none.
pub(crate) fn number_of_the_host(signal: u8) -> Option<i32> {
    let known = || KNOWN.iter().find(|(_, number)| *number == signal).map(|(own, _)| *own);
    if signal == 0 { Some(0) } else { known() }
}

/// The system's handler: a copy has ended.
extern "C" fn child_ended(_signal: libc::c_int) {
    pending::note(SIGNAL_CHLD);
}

/// Has the program be told of the ends of copies. Whoever started this process may have it ignore them, and then they cannot be
/// waited for.
fn notice_ends() {
    // SAFETY: zeroes are a valid value of this C structure.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = child_ended as *const () as usize;
    // On the stack for signals: the program's own may be at its end. Calls of the system that wait go on.
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_NOCLDSTOP;
    // SAFETY: the handler does one atomic operation, which is allowed whatever it interrupts.
    unsafe { libc::sigaction(libc::SIGCHLD, &action, std::ptr::null_mut()) };
}
