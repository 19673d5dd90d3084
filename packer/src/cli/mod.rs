//! The command line: what was typed becomes a [`Pack`](crate::Pack), what came of it a line or two and an exit code.
//!
//! ```text
//! command   the whole grammar: a pack, or one of the subcommands
//! option    a row for each option of a pack; value: what their values may be
//! given     options with their values, typed or described, in order; typed: what they say, each by itself
//! meant     that and the program become a pack; place: which targets, and where each goes
//! packing   wasmpack APP.wasm: runs the pack, says what came of it (message)
//! project   wasmpack build: the keys of wasmpack.toml are options
//! look      wasmpack inspect, verify, extract
//! doctor, targets, shell   what this wasmpack has and can do here; completions and man pages
//! internal  a panic, in one line; mistyped  what was probably meant
//! ```
//!
//! What is for programs (a table, JSON, a module) goes to stdout. What is said about a pack goes to stderr, where the
//! messages of build tools are looked for; `--quiet` silences all but errors, which are printed as
//! `wasmpack: FILE: what was found, what to do`.

mod command;
mod doctor;
mod given;
mod internal;
mod look;
mod meant;
mod message;
mod mistyped;
mod option;
mod packing;
mod place;
mod project;
mod shell;
mod targets;
mod typed;
mod value;

use std::{ffi::OsString, io::Write, process, thread};

use clap::Parser;
use payload::info::{is_seen, printable, printable_lines};

use self::command::{Cli, Command};
use crate::{interrupt, output};

/// How the command ends. Scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Done: the executable was written, or what was asked for was printed.
    Success = 0,
    /// It failed, and nothing was written; or, of several targets, some were not. A check found something wrong.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> process::ExitCode {
        process::ExitCode::from(code as u8)
    }
}

/// How whoever started the process left its standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdout {
    /// It can be written to.
    Open,
    /// It was closed. Rust's runtime opens /dev/null in its place, so only what runs before that can tell.
    Closed,
}

/// Bytes of stack for the command: more than a system gives a process, and the same whatever limit it is started with.
const STACK: usize = 32 * 1024 * 1024;

/// Runs the command with these arguments, the program's name first. For programs, not for libraries: signals and panics end
/// the process.
pub fn run(args: impl IntoIterator<Item = OsString>, stdout: Stdout) -> ExitCode {
    if stdout == Stdout::Closed {
        output::close_stdout();
    }
    internal::report_panics();
    interrupt::handle();
    let args: Vec<OsString> = args.into_iter().collect();
    thread::scope(|scope| {
        let command = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || command(&args));
        match command {
            // A panic has ended the process.
            Ok(thread) => thread.join().unwrap_or(ExitCode::Failure),
            // Where there are no threads, here.
            Err(_) => self::command(&args),
        }
    })
}

fn command(args: &[OsString]) -> ExitCode {
    match Cli::try_parse_from(args) {
        Ok(Cli { command: None, input, options }) => {
            let input = input.expect("clap requires it where there is no subcommand");
            packing::run(input, options.typed(), true)
        }
        Ok(Cli { command: Some(command), .. }) => match command {
            Command::Build(build) => project::run(*build),
            Command::Inspect(flags) => look::inspect(&flags),
            Command::Verify(flags) => look::verify(&flags),
            Command::Extract(flags) => look::extract(&flags),
            Command::Targets(flags) => out(&targets::text(&flags)),
            Command::Doctor(flags) => doctor::run(&flags),
            Command::Entitlements => out(ENTITLEMENTS),
            Command::Completions(flags) => shell::completions(&flags),
            Command::Man(flags) => shell::man(&flags),
        },
        Err(error) => refused(error, args),
    }
}

/// Prints what clap has to say: help, or what is wrong with `args`.
fn refused(error: clap::Error, args: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        let printed = output::stdout().and_then(|mut stdout| error.print().and_then(|()| stdout.flush()));
        return printed.map_or_else(|error| unwritten(&error), |()| ExitCode::Success);
    }
    if let Some(advice) = mistyped::advice(&error, args) {
        complain(&printable(&advice));
        return ExitCode::Usage;
    }
    let is_plain = |arg: &OsString| arg.to_str().is_some_and(|text| text.chars().all(is_seen));
    if args.iter().all(is_plain) {
        // A closed terminal is nothing to complain about.
        let _ = error.print();
    } else {
        // It quotes the arguments, which may come from anywhere: once more, with those as they can be shown.
        let shown: Vec<String> = args.iter().map(|arg| printable(&arg.to_string_lossy())).collect();
        let error = Cli::try_parse_from(shown).err().unwrap_or(error);
        let _ = write!(std::io::stderr(), "{}", printable_lines(&error.render().to_string()));
    }
    ExitCode::Usage
}

/// What an executable may do under macOS' hardened runtime; see docs/macos.md.
const ENTITLEMENTS: &str = include_str!("../../assets/entitlements.plist");

/// Prints what was asked for. A reader that went away has enough.
fn out(text: &str) -> ExitCode {
    let written = output::stdout()
        .and_then(|mut stdout| stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
    written.map_or_else(|error| unwritten(&error), |()| ExitCode::Success)
}

/// The exit code when standard output did not take what was asked for.
fn unwritten(error: &std::io::Error) -> ExitCode {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => ExitCode::Success,
        _ => fail(&output::unwritten(error)),
    }
}

/// `value` as text. What a terminal would not show is written as an escape, which is the same to who reads JSON.
fn json(value: &serde_json::Value) -> String {
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
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

/// Says what went wrong, in red where that is wanted (a terminal, and no NO_COLOR). Only the lines of a text with a mistake
/// in it are lines.
fn complain(error: &dyn std::fmt::Display) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let error = printable_lines(&error.to_string());
    let _ = writeln!(anstream::stderr(), "{style}wasmpack:{style:#} {error}");
}

/// Says what went wrong; the exit code for it.
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
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
