//! The handler of page faults on Linux: before wasmer's, which gets what is not about a chunk.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fail;
use crate::image::{self, Outcome};

/// Bytes of the stack that the handler runs on. Decoding a chunk takes a few KiB of it, and the kernel saves the CPU's
/// registers there, up to 11 KiB with AMX.
const STACK: usize = 128 * 1024;

/// The signals of a touch: of memory that is inaccessible, and of memory that is to be filled.
const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];
/// The handlers that were there before, of each signal: wasmer's.
static PREVIOUS: [OnceLock<libc::sigaction>; 2] = [const { OnceLock::new() }; 2];
/// What is printed when a chunk cannot be brought, made beforehand: a handler allocates nothing.
static NAME: OnceLock<String> = OnceLock::new();

/// Installs the handler, on a stack of its own, before wasmer's.
pub(crate) fn handle_faults() -> io::Result<()> {
    // wasmer installs its handlers once; after this call it never puts them before ours.
    wasmer_vm::init_traps();
    let _ = NAME.set(fail::name());
    own_stack()?;
    // SAFETY: zeroes are a valid value of this C structure.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    action.sa_sigaction = handler as *const () as usize;
    for (signal, before) in SIGNALS.into_iter().zip(&PREVIOUS) {
        // SAFETY: zeroes are a valid value of this C structure.
        let mut previous: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: the handler does only what a handler may: see it.
        if unsafe { libc::sigaction(signal, &action, &mut previous) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let _ = before.set(previous);
    }
    Ok(())
}

/// Gives this thread a stack for handlers that is large enough for ours.
pub(crate) fn own_stack() -> io::Result<()> {
    let stack = super::scratch(STACK)?;
    let stack = libc::stack_t { ss_sp: stack as *mut c_void, ss_flags: 0, ss_size: STACK };
    // SAFETY: the memory is this thread's alone, for as long as the process lives.
    match unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

thread_local! {
    /// The last fault in a chunk that was there already: its address, how often chunks had been put in their places, and
    /// how often it came since.
    static AGAIN: Cell<(usize, usize, u32)> = const { Cell::new((0, 0, 0)) };
}

/// How often a fault in a chunk that is there may come at one address before it is a real one, while no other chunk is
/// brought: another thread may have brought the chunk between the fault and this handler.
const PATIENCE: u32 = 3;

unsafe extern "C" fn handler(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: errno is a variable of this thread; the code that was interrupted must find it as it was.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the kernel hands a handler installed with SA_SIGINFO a siginfo_t, for these signals with an address.
    let address = unsafe { (*info).si_addr() } as usize;
    let resolved = match image::fault(address) {
        Outcome::Brought => true,
        Outcome::WasThere => {
            let published = image::published();
            let (last, before, times) = AGAIN.get();
            let times = if (last, before) == (address, published) { times + 1 } else { 1 };
            AGAIN.set((address, published, times));
            times < PATIENCE
        }
        Outcome::Foreign => false,
        Outcome::Failed(error) => end_with(&error),
    };
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
    if resolved {
        return;
    }
    AGAIN.set((0, 0, 0));
    let place = SIGNALS.iter().position(|known| *known == signal);
    if let Some(previous) = place.and_then(|place| PREVIOUS[place].get()) {
        chain(previous, signal, info, context);
    }
}

/// Hands a signal to the handler that was there before.
fn chain(previous: &libc::sigaction, signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    type Handler = unsafe extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void);
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

/// Ends the process: a chunk cannot be brought, and the program cannot go on without it.
pub(crate) fn end_with(error: &image::Unreachable) -> ! {
    let name = NAME.get().map_or("wasmpack", String::as_str);
    for part in [name, ": ", error.message(), "\n"] {
        // SAFETY: writes a string to standard error; that this may fail changes nothing.
        unsafe { libc::write(libc::STDERR_FILENO, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: ends the process without running anything more.
    unsafe { libc::_exit(fail::EXIT_LAUNCHER) }
}

/// Something that one thread at a time uses, and a signal handler may: whoever comes later waits without sleeping.
pub(crate) struct Turn<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `take` hands out the value to one thread at a time.
unsafe impl<T: Send> Sync for Turn<T> {}

impl<T> Turn<T> {
    pub(crate) fn new(value: T) -> Turn<T> {
        Turn { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Uses the value, after whoever uses it now.
    pub(crate) fn take<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        while self.taken.swap(true, Ordering::Acquire) {
            std::thread::yield_now();
        }
        // SAFETY: whoever turned `taken` to true is the only one here until it is false again.
        let result = work(unsafe { &mut *self.value.get() });
        self.taken.store(false, Ordering::Release);
        result
    }
}
