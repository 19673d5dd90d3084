//! The command line: what was typed becomes a [`Pack`], what came of it one line and an exit code.
//!
//! Nothing is written to stdout: it stays free for data. The bar and the last line go to stderr, where the
//! messages of build tools are looked for, and `--quiet` silences both. Errors are printed as
//! `wasmpack: FILE: what was found, what to do`.

mod flags;
mod grant;
mod message;

use std::{ffi::OsString, io::Write, process};

use clap::Parser;

use crate::{Pack, output, progress::Progress};

/// How the command ends. Scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The executable was written; or help or the version was asked for.
    Success = 0,
    /// The pack failed, and nothing was written.
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
    let flags = match flags::Flags::try_parse_from(args) {
        Ok(flags) => flags,
        Err(error) => {
            // A closed terminal is nothing to complain about.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
        }
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
    let result = pack.run(&progress);
    progress.clear();
    match result {
        Ok(packed) => {
            if !quiet {
                say(&message::packed(&pack, &packed));
            }
            ExitCode::Success
        }
        Err(error) => {
            say(&format!("wasmpack: {error}"));
            ExitCode::Failure
        }
    }
}

/// Writes a line to stderr. If that is closed there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
