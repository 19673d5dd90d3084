//! Linux and macOS.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;

use crate::fail::Failure;

/// Makes the process behave like a native program: one whose reader went away ends by SIGPIPE, quietly, unless whoever
/// started it had that signal ignored. Rust programs ignore it from the start.
pub(crate) fn prepare() {
    if !super::inherited::ignores_broken_pipes() {
        // SAFETY: no other thread runs yet, and the default action is no handler that could do harm.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    }
}

/// True if this process has rights that whoever started it may lack: it is set-user-ID or set-group-ID, or has
/// capabilities by its file (getauxval(3), "AT_SECURE"). What comes from them must then decide nothing.
pub(crate) fn is_privileged() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: getauxval has no preconditions.
    return unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    #[cfg(target_os = "macos")]
    // SAFETY: issetugid has no preconditions.
    return unsafe { issetugid() } != 0;
}

#[cfg(target_os = "macos")]
unsafe extern "C" {
    /// issetugid(2) of macOS; the libc crate has it for other systems only.
    fn issetugid() -> libc::c_int;
}

/// Ends this process by SIGKILL when the thread that started it is gone, whatever ended that. False if `parent`, the process
/// of that thread, is gone already.
#[cfg(target_os = "linux")]
pub(crate) fn end_with_parent(parent: u32) -> bool {
    // SAFETY: the call notes a number for this process; it touches no memory.
    let asked = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong) } == 0;
    // SAFETY: the call has no preconditions.
    let now = unsafe { libc::getppid() };
    // 0: it is in another namespace of processes, and there.
    asked && (now == 0 || u32::try_from(now) == Ok(parent))
}

/// Opens the file this process was started from.
#[cfg(target_os = "linux")]
pub(crate) fn open_self() -> Result<File, Failure> {
    const LINK: &str = "/proc/self/exe";
    let first = match File::open(LINK) {
        Ok(file) => return Ok(file),
        Err(error) => error,
    };
    let cannot = |why: String| {
        Err(Failure::new(format!(
            "cannot open the program's own file: {LINK}: {}{why}",
            super::Limited(first)
        )))
    };
    if matches!(std::fs::symlink_metadata(LINK), Ok(link) if link.is_symlink()) {
        return cannot("; it must be readable for whoever starts it".to_owned());
    }
    // Without /proc: the path that was given to exec, relative to where it was started; nobody has moved since. What
    // somebody put there meanwhile must not run with rights that they lack.
    if is_privileged() {
        return cannot(
            "; mount /proc: it has rights of its own, and cannot go by the path it was started by".to_owned(),
        );
    }
    let Some(path) = started_path() else { return cannot("; mount /proc".to_owned()) };
    let shown = payload::info::printable(&path.to_string_lossy());
    match File::open(path) {
        // An interpreter gets the script's path (execve(2), "Interpreter scripts").
        Ok(file) if is_script(&file) => cannot(format!(
            "; {shown} is a script, and its interpreter finds itself through /proc alone: mount it"
        )),
        Ok(file) => Ok(file),
        Err(second) => {
            cannot(format!("; {shown}: {second}; mount /proc, or start it by a path that can be read"))
        }
    }
}

/// True if the file begins as a script does.
#[cfg(target_os = "linux")]
fn is_script(file: &File) -> bool {
    let mut head = [0; 2];
    read_exact_at(file, &mut head, 0).is_ok_and(|()| head == *b"#!")
}

/// The path that was given to exec.
#[cfg(target_os = "linux")]
fn started_path() -> Option<&'static std::path::Path> {
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: getauxval has no preconditions.
    let address = unsafe { libc::getauxval(libc::AT_EXECFN) } as *const libc::c_char;
    if address.is_null() {
        return None;
    }
    // SAFETY: the kernel put a NUL-terminated string there, which stays for as long as the process lives.
    let path = unsafe { std::ffi::CStr::from_ptr(address) };
    Some(std::ffi::OsStr::from_bytes(path.to_bytes()).as_ref())
}

/// Opens the file this process was started from.
#[cfg(target_os = "macos")]
pub(crate) fn open_self() -> Result<File, Failure> {
    let cannot = |error: io::Error| Failure::new(format!("cannot open the program's own file: {error}"));
    std::env::current_exe().and_then(File::open).map_err(cannot)
}

/// Fills `buffer` from `offset`.
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// How many CPUs this process may use.
#[cfg(target_os = "macos")]
pub(crate) fn cpu_count() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

/// How many CPUs this process may use.
#[cfg(target_os = "linux")]
pub(crate) fn cpu_count() -> u64 {
    // SAFETY: zeroes are a valid value of this C structure.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the call fills the structure, whose size it is told.
    let result = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) };
    // SAFETY: the call looks at the structure.
    if result == 0 { unsafe { libc::CPU_COUNT(&set) as u64 } } else { 1 }
}

/// From now on this thread runs only where a CPU has nothing else to do (sched(7), "SCHED_IDLE").
#[cfg(target_os = "linux")]
pub(crate) fn run_when_idle() -> io::Result<()> {
    // SAFETY: zeroes are a valid value of this C structure.
    let nothing: libc::sched_param = unsafe { std::mem::zeroed() };
    // SAFETY: changes how this thread is scheduled, and nothing else. The call itself, because musl has no function for it.
    match unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_IDLE, &nothing) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    write_all(libc::STDOUT_FILENO, text.as_bytes())
}

/// Prints to standard error. That this itself may fail changes nothing.
pub(crate) fn print_error(line: &str) {
    let _ = write_all(libc::STDERR_FILENO, line.as_bytes());
}

/// Writes `bytes` whole, also to a pipe that whoever started the program made non-blocking.
fn write_all(stream: i32, mut bytes: &[u8]) -> io::Result<()> {
    if super::inherited::was_closed(stream) {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    while !bytes.is_empty() {
        // SAFETY: the call reads the bytes it is given, and no more.
        if let Ok(count) = usize::try_from(unsafe { libc::write(stream, bytes.as_ptr().cast(), bytes.len()) })
        {
            bytes = &bytes[count..];
            continue;
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => {
                let mut room = libc::pollfd { fd: stream, events: libc::POLLOUT, revents: 0 };
                // SAFETY: the call is given one structure, which it reads and fills.
                unsafe { libc::poll(&mut room, 1, -1) };
            }
            _ => return Err(error),
        }
    }
    Ok(())
}

/// A terminal stays when its program ends.
pub(crate) fn linger() {}
