//! The terminal that a program has, if it has one.

use crate::caller::Caller;
use crate::errno::Result;
use crate::memory::Memory;
use crate::sys::{self, Stream};

/// Bytes of a terminal's state.
const STATE: usize = 24;

/// The state: columns and rows in characters, then in points, which are streams here, and whether what is typed is shown, comes by
/// lines, and returns are made line feeds.
fn state() -> Result<[u8; STATE]> {
    let streams = [Stream::In, Stream::Out, Stream::Err];
    let terminals = streams.map(Stream::is_terminal);
    let (_, stream) =
        terminals.into_iter().zip(streams).find(|(is_one, _)| *is_one).ok_or(wasip1::ERRNO_NOTTY)?;
    let terminal = sys::terminal(stream)?;
    let mut state = [0; STATE];
    for (at, number) in
        (0..).step_by(4).zip([terminal.columns, terminal.rows, terminal.width, terminal.height])
    {
        state[at..at + 4].copy_from_slice(&u32::from(number).to_le_bytes());
    }
    let told = [terminals[0], terminals[1], terminals[2], terminal.echo, terminal.lines, terminal.line_feeds];
    state[16..22].copy_from_slice(&told.map(u8::from));
    Ok(state)
}

/// Writes the terminal's state to `result`: its size, which of the streams are terminals, and what it does with what is typed.
///
/// # Errors
/// `notty` if no standard stream is a terminal; `notsup` on Windows, where its state is not known.
pub(crate) fn tty_get(_caller: Caller<'_>, memory: &Memory<'_>, result: u32) -> Result<()> {
    memory.write(result, &state()?)
}

/// Asks for a state of the terminal. It belongs to whoever started the program, and is left as it is.
///
/// # Errors
/// As [`tty_get`]; `notsup` for any state but the one that it has.
pub(crate) fn tty_set(_caller: Caller<'_>, memory: &Memory<'_>, wanted: u32) -> Result<()> {
    let wanted: [u8; STATE] = memory.read(wanted)?;
    // What follows is padding, or newer than the program.
    if state()?[..21] == wanted[..21] { Ok(()) } else { Err(wasip1::ERRNO_NOTSUP.into()) }
}
