//! The file this process was started from.
#![allow(unsafe_code)]

use std::fs::File;

use crate::sys::limits::Limited;
pub(crate) use crate::sys::unix::file::{inherited, read_exact_at};

/// Opens the file this process was started from.
///
/// # Errors
/// Why it cannot be opened, and what to do.
pub(crate) fn open_self() -> Result<File, String> {
    const LINK: &str = "/proc/self/exe";
    let first = match File::open(LINK) {
        Ok(file) => return Ok(file),
        Err(error) => error,
    };
    let cannot =
        |why: String| Err(format!("cannot open the program's own file: {LINK}: {}{why}", Limited(first)));
    if matches!(std::fs::symlink_metadata(LINK), Ok(link) if link.is_symlink()) {
        return cannot("; it must be readable for whoever starts it".to_owned());
    }
    // Without /proc: the path that was given to exec, relative to where it was started; nobody has moved since. What
    // somebody put there meanwhile must not run with rights that they lack.
    if super::process::is_privileged() {
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
fn is_script(file: &File) -> bool {
    let mut head = [0; 2];
    read_exact_at(file, &mut head, 0).is_ok_and(|()| head == *b"#!")
}

/// The path that was given to exec.
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
