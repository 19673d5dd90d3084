//! The command line: what was typed becomes a [`Pack`](crate::Pack), what came of it a line or two and an exit code.
//!
//! ```text
//! command   the whole grammar: a pack, or one of the subcommands
//! flags     the options of a pack; value, place: what their values mean
//! packing   wasmpack APP.wasm: runs the pack, says what came of it (message)
//! project   wasmpack build: wasmpack.toml becomes options
//! look      wasmpack inspect, verify, extract
//! doctor, targets, shell   what this wasmpack has and can do here; completions and man pages
//! ```
//!
//! What is for programs (a table, JSON, a module) goes to stdout. What is said about a pack goes to stderr, where the
//! messages of build tools are looked for; `--quiet` silences all but errors, which are printed as
//! `wasmpack: FILE: what was found, what to do`.

mod command;
mod doctor;
mod flags;
mod look;
mod message;
mod packing;
mod place;
mod project;
mod shell;
mod targets;
mod value;

use std::{ffi::OsString, io::Write, process};

use clap::Parser;

use crate::error::spoken;

use self::command::{Cli, Command};

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

/// Runs the command with these arguments, the program's name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    match Cli::try_parse_from(&args) {
        Ok(Cli { command: None, input, options }) => {
            let input = input.expect("clap requires it where there is no subcommand");
            packing::run(input, options)
        }
        Ok(Cli { command: Some(command), .. }) => match command {
            Command::Build(build) => project::run(&build, &args),
            Command::Inspect(flags) => look::inspect(&flags),
            Command::Verify(flags) => look::verify(&flags),
            Command::Extract(flags) => look::extract(&flags),
            Command::Targets(flags) => out(&targets::text(&flags)),
            Command::Doctor(flags) => doctor::run(&flags),
            Command::Entitlements => out(ENTITLEMENTS),
            Command::Completions(flags) => shell::completions(&flags),
            Command::Man(flags) => shell::man(&flags),
        },
        Err(error) => {
            // A closed terminal is nothing to complain about.
            let _ = error.print();
            if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success }
        }
    }
}

/// What an executable may do under macOS' hardened runtime; see docs/macos.md.
const ENTITLEMENTS: &str = include_str!("../../assets/entitlements.plist");

/// Prints what was asked for. A reader that went away has enough.
fn out(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            fail(&format!("cannot write to standard output: {}", spoken(&error)))
        }
        _ => ExitCode::Success,
    }
}

/// Writes a line to stderr. If that is closed there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Says what went wrong, in red where that is wanted (a terminal, and no NO_COLOR).
fn complain(error: &dyn std::fmt::Display) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}wasmpack:{style:#} {error}");
}

/// Says what went wrong; the exit code for it.
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    complain(error);
    ExitCode::Failure
}
