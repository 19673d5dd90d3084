//! The streams and exit codes of the command.

use std::{io::Write, process};

use payload::info::{is_seen, printable, printable_lines};

use crate::output;

/// The exit codes. Scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Success.
    Success = 0,
    /// Failure: a target that failed writes no file. Also if a check of `verify` failed.
    Failure = 1,
    /// Wrong usage.
    Usage = 2,
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> process::ExitCode {
        process::ExitCode::from(code as u8)
    }
}

/// Prints what was asked for. A reader that went away has enough.
pub(super) fn out(text: &str) -> ExitCode {
    let written = output::stdout()
        .and_then(|mut stdout| stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
    written.map_or_else(|error| unwritten(&error), |()| ExitCode::Success)
}

/// The exit code when standard output did not take what was asked for.
pub(super) fn unwritten(error: &std::io::Error) -> ExitCode {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => ExitCode::Success,
        _ => fail(&output::unwritten(error)),
    }
}

/// `value` as text. What a terminal would not show is written as an escape, which is the same to who reads JSON.
pub(super) fn json(value: &serde_json::Value) -> String {
    let mut text = String::new();
    for c in format!("{value:#}\n").chars() {
        if c == '\n' || is_seen(c) {
            text.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text += &format!("\\u{unit:04x}"));
        }
    }
    text
}

/// Writes a line to stderr. If that is closed there is nobody to tell.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

/// Says what went wrong, in red where that is wanted (a terminal, and no NO_COLOR). Only the lines of a text with a mistake
/// in it are lines.
pub(super) fn complain(error: &dyn std::fmt::Display) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let error = printable_lines(&error.to_string());
    let _ = writeln!(anstream::stderr(), "{style}wasmpack:{style:#} {error}");
}

/// Prints an error; returns its exit code.
pub(super) fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    complain(error);
    ExitCode::Failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_to_who_reads_it_and_nothing_to_a_terminal() {
        let value = serde_json::json!({ "name": "a\x1b\u{9b}\u{7f}\u{202e}\u{e0041}\nß" });
        let text = json(&value);
        assert!(text.chars().all(|c| c == '\n' || is_seen(c)) && text.contains('ß'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
