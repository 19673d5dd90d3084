//! What a process can be started under on Linux: filters of system calls, limits, signals that are kept back.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

fn done(ok: bool) -> io::Result<()> {
    if ok { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has the call `number` answered by `action` (seccomp(2), `SECCOMP_RET_...`), and all others let through.
pub fn filter(command: &mut Command, number: libc::c_long, action: u32) {
    let statement = |code: u32, k: u32, jf: u8| libc::sock_filter { code: code as u16, jt: 0, jf, k };
    let instructions = [
        // The number of the call is the first field of what a filter sees (linux/seccomp.h, struct seccomp_data).
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number as u32, 1),
        statement(libc::BPF_RET | libc::BPF_K, action, 0),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0),
    ];
    // SAFETY: prctl may be called between fork and exec; the filter outlives the call, which copies it.
    unsafe {
        command.pre_exec(move || {
            let mut filter = instructions;
            let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
            done(
                libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                    && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0,
            )
        });
    }
}

/// Limits `resource` (setrlimit(2)) to `value`.
pub fn limit(command: &mut Command, resource: libc::__rlimit_resource_t, value: u64) {
    // SAFETY: setrlimit may be called between fork and exec; it reads one structure.
    unsafe {
        command.pre_exec(move || {
            let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
            done(libc::setrlimit(resource, &limit) == 0)
        });
    }
}

/// Has signals blocked when the program starts.
pub fn block(command: &mut Command, signals: &'static [libc::c_int]) {
    // SAFETY: these calls may be made between fork and exec; they change a mask of this thread.
    unsafe {
        command.pre_exec(move || {
            let mut mask: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut mask);
            for signal in signals {
                libc::sigaddset(&mut mask, *signal);
            }
            done(libc::sigprocmask(libc::SIG_BLOCK, &mask, std::ptr::null_mut()) == 0)
        });
    }
}

/// Has a signal ignored when the program starts.
pub fn ignore(command: &mut Command, signal: libc::c_int) {
    // SAFETY: signal may be called between fork and exec.
    unsafe { command.pre_exec(move || done(libc::signal(signal, libc::SIG_IGN) != libc::SIG_ERR)) };
}
