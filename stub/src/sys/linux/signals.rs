//! Signals on Linux. The CPU's own (a fault, a division by zero) come here first: those about a chunk are resolved, and the
//! others are wasmer's, which makes traps of them. Signals that somebody *sent* do what they would do to a native program.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::c_void;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sys::memory::Region;
use crate::sys::outcome::Outcome;

/// Bytes of the stack that the handler runs on. Decoding a chunk takes a few KiB of it, and the kernel saves the CPU's
/// registers there, up to 11 KiB with AMX.
const STACK: usize = 128 * 1024;
/// Bytes below it that are not accessible.
const GUARD: usize = 64 * 1024;

/// The signals that the CPU raises, and wasmer handles: inaccessible memory, memory that is to be filled, a division, a trap
/// instruction.
const SIGNALS: [libc::c_int; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL];
/// The handlers that were there before, of each signal: wasmer's.
static PREVIOUS: [OnceLock<libc::sigaction>; 4] = [const { OnceLock::new() }; 4];
/// The signals that whoever started this process ignores or keeps back, one bit each.
static KEPT_BACK: AtomicU64 = AtomicU64::new(0);
/// `si_code` of a SIGSYS that a filter of system calls raised (asm-generic/siginfo.h).
const SYS_SECCOMP: libc::c_int = 1;

/// What finds out what is to be done about a fault at an address.
static RESOLVE: OnceLock<fn(usize) -> Outcome> = OnceLock::new();

/// Installs the handlers, on a stack of their own, before wasmer's. `resolve` is asked about each fault; it must do only what
/// a handler may.
pub(crate) fn install(resolve: fn(usize) -> Outcome) -> io::Result<()> {
    let _ = RESOLVE.set(resolve);
    note_kept_back();
    // wasmer installs its handlers once; after this call it never puts them before ours.
    wasmer_vm::init_traps();
    // This thread has it until the process ends.
    std::mem::forget(own_stack()?);
    for (signal, before) in SIGNALS.into_iter().zip(&PREVIOUS) {
        let _ = before.set(install_one(signal, handler)?);
    }
    install_one(libc::SIGSYS, forbidden_call)?;
    unblock()
}

type Handler = unsafe extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void);

/// Installs a handler; returns what was there before.
fn install_one(signal: libc::c_int, handler: Handler) -> io::Result<libc::sigaction> {
    // SAFETY: zeroes are a valid value of this C structure.
    let (mut action, mut previous): (libc::sigaction, libc::sigaction) = unsafe { std::mem::zeroed() };
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    action.sa_sigaction = handler as *const () as usize;
    // SAFETY: the handlers here do only what a handler may.
    match unsafe { libc::sigaction(signal, &action, &mut previous) } {
        0 => Ok(previous),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Notes which of the signals were ignored or blocked when this process was started. Both are inherited.
fn note_kept_back() {
    // SAFETY: zeroes are a valid value of these C structures, which the calls fill.
    let kept = SIGNALS.into_iter().chain([libc::SIGSYS]).filter(|signal| unsafe {
        let (mut action, mut mask): (libc::sigaction, libc::sigset_t) = std::mem::zeroed();
        libc::sigaction(*signal, std::ptr::null(), &mut action);
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &mut mask);
        action.sa_sigaction == libc::SIG_IGN || libc::sigismember(&mask, *signal) == 1
    });
    KEPT_BACK.store(kept.fold(0, |bits, signal| bits | 1 << signal), Ordering::Relaxed);
}

/// Lets the signals through: one that the CPU raises while it is blocked ends the process (signal(7)).
fn unblock() -> io::Result<()> {
    // SAFETY: zeroes are a valid value of this C structure, which the calls fill and look at.
    let result = unsafe {
        let mut mask: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut mask);
        SIGNALS.into_iter().chain([libc::SIGSYS]).for_each(|signal| {
            libc::sigaddset(&mut mask, signal);
        });
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &mask, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}

/// A stack for handlers that this thread has, until this is dropped.
#[derive(Debug)]
pub(crate) struct OwnStack {
    /// What it had before.
    before: libc::stack_t,
    region: Region,
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        // SAFETY: puts back what this thread had, which is still there: threads have their stacks for as long as they run.
        if unsafe { libc::sigaltstack(&self.before, std::ptr::null_mut()) } == 0 {
            // SAFETY: the range was reserved for this alone, and no handler runs on it any more.
            unsafe { self.region.release() };
        }
    }
}

/// Gives this thread a stack for handlers that is large enough for ours, above memory that cannot be touched.
pub(crate) fn own_stack() -> io::Result<OwnStack> {
    let region = Region::reserve(GUARD + STACK)?;
    let lowest = region.addresses().start + GUARD;
    // SAFETY: that part of the range was just reserved, and nothing is there.
    unsafe { crate::sys::unix::memory::allow_writing(lowest, STACK)? };
    let stack = libc::stack_t { ss_sp: lowest as *mut c_void, ss_flags: 0, ss_size: STACK };
    // SAFETY: zeroes are a valid value of this C structure.
    let mut before: libc::stack_t = unsafe { std::mem::zeroed() };
    // SAFETY: the memory is this thread's alone, for as long as it has this stack.
    match unsafe { libc::sigaltstack(&stack, &mut before) } {
        0 => Ok(OwnStack { before, region }),
        _ => Err(io::Error::last_os_error()),
    }
}

thread_local! {
    /// The last fault in a chunk that was there already: its address, how often chunks had been put in their places, and
    /// how often it came since.
    static AGAIN: Cell<(usize, usize, u32)> = const { Cell::new((0, 0, 0)) };
}

/// How often a fault in a chunk that is there may come at one address before it is a real one, while no other chunk is paged
/// in: another thread may have paged in the chunk between the fault and this handler.
const PATIENCE: u32 = 3;

/// The number that says where a signal comes from. What processes send has one that is not above 0 (sigaction(2)).
fn code(info: *const libc::siginfo_t) -> libc::c_int {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a siginfo_t.
    unsafe { (*info).si_code }
}

unsafe extern "C" fn handler(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if code(info) <= 0 {
        return sent(signal);
    }
    // SAFETY: errno is a variable of this thread; the code that was interrupted must find it as it was.
    let errno = unsafe { *libc::__errno_location() };
    let about_memory = signal == libc::SIGSEGV || signal == libc::SIGBUS;
    let resolved = about_memory && is_resolved(info);
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
    if resolved {
        return;
    }
    let place = SIGNALS.iter().position(|known| *known == signal);
    if let Some(previous) = place.and_then(|place| PREVIOUS[place].get()) {
        chain(previous, signal, info, context);
    }
}

/// Has what was touched paged in. False if the fault is about something else.
fn is_resolved(info: *const libc::siginfo_t) -> bool {
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a siginfo_t, for these signals with an address.
    let address = unsafe { (*info).si_addr() } as usize;
    let resolved = match RESOLVE.get().map_or(Outcome::Foreign, |resolve| resolve(address)) {
        Outcome::PagedIn => true,
        Outcome::WasThere { published } => {
            let (last, before, times) = AGAIN.get();
            let times = if (last, before) == (address, published) { times + 1 } else { 1 };
            AGAIN.set((address, published, times));
            times < PATIENCE
        }
        Outcome::Foreign => false,
    };
    if !resolved {
        AGAIN.set((0, 0, 0));
    }
    resolved
}

/// Hands a signal to the handler that was there before.
fn chain(previous: &libc::sigaction, signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if previous.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: the flag says that the address is a function of this type.
        let handler = unsafe { std::mem::transmute::<usize, Handler>(previous.sa_sigaction) };
        // SAFETY: it gets what the kernel gave us.
        unsafe { handler(signal, info, context) };
    } else {
        // SAFETY: puts back what was there; the access happens again and meets it.
        unsafe { libc::sigaction(signal, previous, std::ptr::null_mut()) };
    }
}

/// Does what a signal that was sent does to a native program: nothing where whoever started it keeps it back, else it ends.
fn sent(signal: libc::c_int) {
    if KEPT_BACK.load(Ordering::Relaxed) & 1 << signal != 0 {
        return;
    }
    // SAFETY: zeroes are a valid value of this C structure; the default action is no handler that could do harm; and the
    // signal is not blocked while its handler runs (SA_NODEFER), so this thread ends by it.
    unsafe {
        let default: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &default, std::ptr::null_mut());
        libc::raise(signal);
    }
}

/// A filter of system calls that raises a signal for a call it does not allow (seccomp(2), SECCOMP_RET_TRAP) gets the
/// call answered as a kernel answers that does not know it. Callers have another way then: for openat2, for example.
unsafe extern "C" fn forbidden_call(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if code(info) != SYS_SECCOMP {
        return sent(signal);
    }
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a ucontext_t, whose registers are put back when it
    // returns.
    let machine = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let answer = -i64::from(libc::ENOSYS);
    #[cfg(target_arch = "x86_64")]
    {
        machine.gregs[libc::REG_RAX as usize] = answer;
    }
    #[cfg(target_arch = "aarch64")]
    {
        machine.regs[0] = answer as u64;
    }
    // Register 0 of the kernel's list is the program counter, 10 is a0.
    #[cfg(target_arch = "riscv64")]
    {
        machine.__gregs[10] = answer as u64;
    }
}
