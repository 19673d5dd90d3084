//! Standard streams.
#![allow(unsafe_code)]

use std::io;

/// Prints to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    write_all(libc::STDOUT_FILENO, text.as_bytes())
}

/// Prints to standard error. That this itself may fail changes nothing.
pub(crate) fn print_error(line: &str) {
    let _ = write_all(libc::STDERR_FILENO, line.as_bytes());
}

/// Prints to standard error what need not be read.
pub(crate) fn print_note(line: &str) {
    print_error(line);
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

/// Writes `line` to standard error and ends the process with `code`. Needs nothing: no memory, no lock.
pub(crate) fn end(line: &[u8], code: i32) -> ! {
    // SAFETY: writes these bytes to standard error; that it may fail changes nothing.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
    // SAFETY: ends the process without running anything more.
    unsafe { libc::_exit(code) }
}
