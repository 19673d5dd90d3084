//! What the system says about this process, and what is asked of it.
#![allow(unsafe_code)]

use std::io;

pub(crate) use super::filter::ends_for_openat2;
pub(crate) use crate::sys::unix::inherited::was_closed;

/// Makes the process behave like a native program.
pub(crate) fn prepare() {
    #[cfg(target_env = "musl")]
    super::relro::protect();
    crate::sys::unix::process::inherit_pipes();
}

/// True if this process has rights that whoever started it may lack: it is set-user-ID or set-group-ID, or has
/// capabilities by its file (getauxval(3), "AT_SECURE"). What comes from them must then decide nothing.
pub(crate) fn is_privileged() -> bool {
    // SAFETY: getauxval has no preconditions.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Ends this process by SIGKILL when the thread that started it is gone, whatever ended that. False if `parent`, the process
/// of that thread, is gone already.
pub(crate) fn end_with_parent(parent: u32) -> bool {
    // SAFETY: the call notes a number for this process; it touches no memory.
    let asked = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong) } == 0;
    // SAFETY: the call has no preconditions.
    let now = unsafe { libc::getppid() };
    // 0: it is in another namespace of processes, and there.
    asked && (now == 0 || u32::try_from(now) == Ok(parent))
}

/// Has lists of processes call this one so.
pub(crate) fn set_name(name: &str) {
    if let Ok(name) = std::ffi::CString::new(name) {
        // SAFETY: the call reads a text that ends with NUL, and copies what it needs of it.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }
}

/// How many CPUs this process may use.
pub(crate) fn cpu_count() -> u64 {
    // SAFETY: zeroes are a valid value of this C structure.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the call fills the structure, whose size it is told.
    let result = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) };
    // SAFETY: the call looks at the structure.
    if result == 0 { unsafe { libc::CPU_COUNT(&set) as u64 } } else { 1 }
}

/// From now on this thread runs only where a CPU has nothing else to do (sched(7), "SCHED_IDLE").
pub(crate) fn run_when_idle() -> io::Result<()> {
    // SAFETY: zeroes are a valid value of this C structure.
    let nothing: libc::sched_param = unsafe { std::mem::zeroed() };
    // SAFETY: changes how this thread is scheduled, and nothing else. The call itself, because musl has no function for it.
    match unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_IDLE, &nothing) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
