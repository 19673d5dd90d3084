//! The command line: what was typed becomes a [`Pack`], what came of it one line and an exit code.
//!
//! `wasmpack targets` prints a table, `wasmpack entitlements` a file for signing on a Mac. Otherwise nothing is written to
//! stdout: it stays free for data. The bar and the last line go to stderr, where the messages of build tools are looked
//! for, and `--quiet` silences both. Errors are printed as `wasmpack: FILE: what was found, what to do`.

mod flags;
mod grant;
mod message;
mod place;
mod targets;

use std::{
    ffi::OsString,
    io::Write,
    process,
    sync::atomic::{AtomicBool, Ordering},
};

use clap::Parser;

use crate::{Pack, output, pack::Place, progress::Progress};

/// How the command ends. Scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The executable was written; or help or the version was asked for.
    Success = 0,
    /// The pack failed, and nothing was written; or, of several targets, some.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> process::ExitCode {
        process::ExitCode::from(code as u8)
    }
}

/// What an executable may do under macOS' hardened runtime; see docs/macos.md.
const ENTITLEMENTS: &str = include_str!("../../assets/entitlements.plist");

/// Runs the command with these arguments, the program's name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|first| first == "targets") {
        args.remove(1);
        return match parse::<targets::Flags>(args) {
            Ok(flags) => {
                // A closed pipe is nothing to complain about.
                let _ = std::io::stdout().write_all(targets::text(&flags).as_bytes());
                ExitCode::Success
            }
            Err(code) => code,
        };
    }
    if args.len() == 2 && args[1] == "entitlements" {
        let _ = std::io::stdout().write_all(ENTITLEMENTS.as_bytes());
        return ExitCode::Success;
    }
    let flags = match parse::<flags::Flags>(args) {
        Ok(flags) => flags,
        Err(code) => return code,
    };
    let quiet = flags.quiet;
    let pack = match Pack::try_from(flags) {
        Ok(pack) => pack,
        Err(reason) => {
            say(&format!("wasmpack: {reason}"));
            return ExitCode::Usage;
        }
    };
    output::remove_on_interrupt();
    let progress = if quiet { Progress::hidden() } else { Progress::on_terminal() };
    let failed = AtomicBool::new(false);
    let fails = |error: &crate::Error| {
        failed.store(true, Ordering::Relaxed);
        progress.aside(|| say(&format!("wasmpack: {error}")));
    };
    let result = pack.run(&progress, &|place, outcome| match outcome {
        Ok(packed) if !quiet => progress.aside(|| say(&message::packed(&pack, place, &packed))),
        Ok(_) => {}
        Err(error) if pack.outputs.len() > 1 => fails(&for_target(place, error)),
        Err(error) => fails(&error),
    });
    progress.clear();
    if let Err(error) = result {
        fails(&error);
    }
    if failed.into_inner() { ExitCode::Failure } else { ExitCode::Success }
}

/// The error with the target it is about, which its file may not tell.
fn for_target(place: &Place, error: crate::Error) -> crate::Error {
    let name = place.target.name();
    if error.reason.contains(name) {
        return error;
    }
    crate::Error { reason: format!("{} (for {name})", error.reason), ..error }
}

/// Parses the arguments; what is not to be run is printed and has its exit code.
fn parse<F: Parser>(args: Vec<OsString>) -> Result<F, ExitCode> {
    F::try_parse_from(args).map_err(|error| {
        // A closed terminal is nothing to complain about.
        let _ = error.print();
        if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success }
    })
}

/// Writes a line to stderr. If that is closed there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
