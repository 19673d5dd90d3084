//! The standard streams on Unix, which are shared with whoever started the program: no flag of theirs is ever changed.
//!
//! A program that asked never to wait gets what can be done at once, and one that asked to wait does so, whatever mode the
//! starter left the stream in.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno as SysErrno;
use wasip1::Fdflags;

use super::transfer;
use crate::piece::Piece;
use crate::sys::handle::{Stream, Terminal};

/// How many bytes fit into a pipe that is said to have room; as many are written as one (pipe(7), "PIPE_BUF").
const PIPE_STEP: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };
/// How many bytes that stand for themselves fit into a terminal that is said to have room. Linux counts that room in
/// pieces of 256.
const TERMINAL_STEP: usize = 128;
/// How many buffers one step takes.
const STEP_BUFFERS: usize = 16;

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Stream::In => rustix::stdio::stdin(),
            Stream::Out => rustix::stdio::stdout(),
            Stream::Err => rustix::stdio::stderr(),
        }
    }
}

/// The flags that the starter gave a stream.
pub(crate) fn stream_flags(stream: Stream) -> Fdflags {
    let set = rustix::fs::fcntl_getfl(stream).unwrap_or(OFlags::empty());
    let known = [
        (OFlags::APPEND, wasip1::FDFLAGS_APPEND),
        (OFlags::NONBLOCK, wasip1::FDFLAGS_NONBLOCK),
        (OFlags::SYNC, wasip1::FDFLAGS_SYNC),
        (OFlags::DSYNC, wasip1::FDFLAGS_DSYNC),
    ];
    let held = known.into_iter().filter(|(system, _)| set.contains(*system));
    held.fold(0, |flags, (_, flag)| flags | flag)
}

/// What the terminal of a stream is set to.
pub(crate) fn terminal(stream: Stream) -> io::Result<Terminal> {
    use rustix::termios::{InputModes, LocalModes, tcgetattr, tcgetwinsize};
    let (size, set) = (tcgetwinsize(stream)?, tcgetattr(stream)?);
    Ok(Terminal {
        columns: size.ws_col,
        rows: size.ws_row,
        width: size.ws_xpixel,
        height: size.ws_ypixel,
        echo: set.local_modes.contains(LocalModes::ECHO),
        lines: set.local_modes.contains(LocalModes::ICANON),
        line_feeds: set.input_modes.contains(InputModes::ICRNL),
    })
}

/// True if `file` is what a stream is, be it opened anew.
pub(super) fn is_stream(file: impl AsFd) -> io::Result<bool> {
    let opened = rustix::fs::fstat(file)?;
    Ok([Stream::In, Stream::Out, Stream::Err].into_iter().any(|stream| {
        rustix::fs::fstat(stream)
            .is_ok_and(|held| (held.st_dev, held.st_ino) == (opened.st_dev, opened.st_ino))
    }))
}

/// Reads from a stream; `again` if it would have to wait and must not.
pub(crate) fn read_stream(stream: Stream, buffers: &mut [Piece<'_>], nonblocking: bool) -> io::Result<usize> {
    if !nonblocking {
        return until_done(stream, PollFlags::IN, || transfer::read(stream, buffers));
    }
    if waits(stream)? {
        #[cfg(target_os = "linux")]
        match transfer::read_at_once(stream, buffers) {
            Err(error) if is_unknown(error) => {}
            outcome => return Ok(outcome?),
        }
        if !is_ready(stream, PollFlags::IN)? {
            return Err(SysErrno::AGAIN.into());
        }
    }
    Ok(transfer::read(stream, buffers)?)
}

/// Writes to a stream; `again` if it would have to wait for the first byte and must not.
pub(crate) fn write_stream(stream: Stream, buffers: &[Piece<'_>], nonblocking: bool) -> io::Result<usize> {
    if !nonblocking {
        return until_done(stream, PollFlags::OUT, || transfer::write(stream, buffers));
    }
    if !waits(stream)? {
        return Ok(transfer::write(stream, buffers)?);
    }
    #[cfg(target_os = "linux")]
    match transfer::write_at_once(stream, buffers) {
        Err(error) if is_unknown(error) => {}
        outcome => return Ok(outcome?),
    }
    write_in_steps(stream, buffers)
}

/// Writes to a stream at `offset`. One in append mode is only appended to, as Linux does it by itself.
pub(crate) fn write_stream_at(stream: Stream, buffers: &[Piece<'_>], offset: u64) -> io::Result<usize> {
    if cfg!(not(target_os = "linux")) && stream_flags(stream) & wasip1::FDFLAGS_APPEND != 0 {
        return Ok(transfer::write(stream, buffers)?);
    }
    Ok(transfer::write_at(stream, buffers, offset)?)
}

/// Does what a program waits for, also on a stream that the starter made non-blocking.
fn until_done(
    stream: Stream,
    event: PollFlags,
    mut attempt: impl FnMut() -> rustix::io::Result<usize>,
) -> io::Result<usize> {
    loop {
        match attempt() {
            Err(SysErrno::AGAIN) => match rustix::event::poll(&mut [PollFd::new(&stream, event)], None) {
                Ok(_) | Err(SysErrno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            outcome => return Ok(outcome?),
        }
    }
}

/// True for a stream on which reading or writing may wait for another process.
fn waits(stream: Stream) -> io::Result<bool> {
    let kind = FileType::from_raw_mode(rustix::fs::fstat(stream)?.st_mode);
    Ok(!matches!(kind, FileType::RegularFile | FileType::BlockDevice | FileType::Directory))
}

/// True if something can be read or written at once, or would fail at once.
fn is_ready(stream: Stream, event: PollFlags) -> io::Result<bool> {
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    Ok(rustix::event::poll(&mut [PollFd::new(&stream, event)], Some(&AT_ONCE))? > 0)
}

/// True if the system does not know how not to wait on such a file: older than Linux 6.4 on a pipe, any on a terminal.
#[cfg(target_os = "linux")]
fn is_unknown(error: SysErrno) -> bool {
    matches!(error, SysErrno::OPNOTSUPP | SysErrno::NOSYS | SysErrno::INVAL)
}

/// Writes as long as there is room, never more at once than fits.
fn write_in_steps(stream: Stream, buffers: &[Piece<'_>]) -> io::Result<usize> {
    let terminal = stream.is_terminal();
    let mut total = 0;
    loop {
        let mut step = [Piece::EMPTY; STEP_BUFFERS];
        let (count, len) = next_step(buffers, total, terminal, &mut step);
        if len == 0 && total > 0 {
            return Ok(total);
        }
        let written = match is_ready(stream, PollFlags::OUT) {
            Ok(true) => transfer::write(stream, &step[..count.max(1)]),
            Ok(false) => Err(SysErrno::AGAIN),
            Err(error) => return if total > 0 { Ok(total) } else { Err(error) },
        };
        match written {
            Ok(written) if written == len && len > 0 => total += written,
            Ok(written) => return Ok(total + written),
            // What was written before a failure counts; the next call will meet the failure again.
            Err(_) if total > 0 => return Ok(total),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Puts what comes behind the first `done` bytes of `buffers` into `step`, as much as fits into a pipe or terminal that has
/// room; returns how many buffers and bytes that is.
fn next_step<'b>(
    buffers: &[Piece<'b>],
    done: usize,
    terminal: bool,
    step: &mut [Piece<'b>; STEP_BUFFERS],
) -> (usize, usize) {
    let (mut skipped, mut count, mut len) = (0, 0, 0);
    for buffer in buffers {
        let rest = buffer.from(done.saturating_sub(skipped));
        skipped += buffer.len();
        if rest.len() == 0 {
            continue;
        }
        let fits = if terminal { terminal_step(rest) } else { rest.len().min(PIPE_STEP - len) };
        step[count] = rest.first(fits);
        (count, len) = (count + 1, len + fits);
        if terminal || len == PIPE_STEP || count == STEP_BUFFERS {
            break;
        }
    }
    (count, len)
}

/// How much of `bytes` a terminal takes that has room: a control byte alone, because it may become several, or what stands
/// before the next one.
fn terminal_step(bytes: Piece<'_>) -> usize {
    let mut first = [0; TERMINAL_STEP];
    let count = bytes.load(&mut first);
    let plain = first[..count].iter().take_while(|byte| !byte.is_ascii_control()).count();
    plain.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(buffers: &[&[u8]], terminal: bool) -> Vec<Vec<u8>> {
        let mut owned: Vec<Vec<u8>> = buffers.iter().map(|buffer| buffer.to_vec()).collect();
        let buffers: Vec<Piece<'_>> = owned.iter_mut().map(|buffer| Piece::of(buffer)).collect();
        let (mut done, mut seen) = (0, Vec::new());
        loop {
            let mut step = [Piece::EMPTY; STEP_BUFFERS];
            let (count, len) = next_step(&buffers, done, terminal, &mut step);
            if len == 0 {
                return seen;
            }
            let loaded = |piece: &Piece<'_>| {
                let mut bytes = vec![0; piece.len()];
                piece.load(&mut bytes);
                bytes
            };
            let bytes: Vec<u8> = step[..count].iter().flat_map(loaded).collect();
            assert_eq!(bytes.len(), len);
            done += len;
            seen.push(bytes);
        }
    }

    #[test]
    fn a_pipe_takes_small_writes_whole_and_large_ones_in_pieces() {
        assert_eq!(steps(&[b"ab", b"", b"c"], false), [b"abc".to_vec()]);
        let large = vec![b'x'; PIPE_STEP + 10];
        let lens: Vec<usize> = steps(&[b"ab", &large, b"c"], false).iter().map(Vec::len).collect();
        assert_eq!(lens, [PIPE_STEP, 13]);
        let many = vec![&b"x"[..]; STEP_BUFFERS + 1];
        assert_eq!(steps(&many, false).len(), 2);
        assert!(steps(&[], false).is_empty() && steps(&[b"", b""], true).is_empty());
    }

    #[test]
    fn a_terminal_takes_plain_runs_and_control_bytes_alone() {
        let seen = steps(&[b"one\n\ntwo", b"\tx"], true);
        assert_eq!(seen, [&b"one"[..], b"\n", b"\n", b"two", b"\t", b"x"].map(<[u8]>::to_vec));
        let lens: Vec<usize> = steps(&[&[b'x'; 300]], true).iter().map(Vec::len).collect();
        assert_eq!(lens, [128, 128, 44]);
    }
}
