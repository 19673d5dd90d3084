//! `wasmpack APP.wasm`: runs a pack, and says what came of it.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{ExitCode, complain, flags::Options, message, say};
use crate::{Error, Kind, Pack, output, pack::Place, progress::Progress};

/// Packs `input` as `options` say, which were all typed.
pub(super) fn run(input: PathBuf, options: Options) -> ExitCode {
    // A description lists these files for the builds that write archives.
    if !options.include.is_empty() && !options.archive {
        complain(&"--include puts files into archives; add --archive");
        return ExitCode::Usage;
    }
    run_described(input, options)
}

/// Packs `input` as `options` say.
pub(super) fn run_described(input: PathBuf, options: Options) -> ExitCode {
    let subcommand = super::shell::meant(&input);
    let (quiet, verbose) = (options.quiet, options.verbose);
    let pack = match options.pack(input) {
        Ok(pack) => pack,
        Err(reason) => {
            complain(&reason);
            return ExitCode::Usage;
        }
    };
    // The convention of reproducible builds.
    let time = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|time| time.parse().ok());
    let pack = Pack { time, ..pack };
    output::remove_on_interrupt();
    let progress = if quiet { Progress::hidden() } else { Progress::on_terminal() };
    let failed = AtomicBool::new(false);
    let packed_one = AtomicBool::new(false);
    let fails = |error: &Error| {
        failed.store(true, Ordering::Relaxed);
        progress.aside(|| complain(error));
    };
    let result = pack.run(&progress, &|place, outcome| match outcome {
        Ok(packed) => {
            packed_one.store(true, Ordering::Relaxed);
            if !quiet {
                progress.aside(|| {
                    say(&message::packed(&pack, place, &packed));
                    if verbose {
                        message::sections(&packed).iter().for_each(|line| say(line));
                    }
                });
            }
        }
        Err(error) if pack.outputs.len() > 1 => fails(&for_target(place, error)),
        Err(error) => fails(&error),
    });
    progress.clear();
    match result {
        Ok(manifest) if packed_one.into_inner() && !quiet => say(&message::grants(&manifest)),
        Ok(_) => {}
        Err(error) => {
            let hint = subcommand.filter(|_| error.kind == Kind::Read);
            let hint = hint.map_or_else(String::new, |name| format!("; did you mean the command {name}?"));
            fails(&Error { reason: error.reason + &hint, ..error });
        }
    }
    if failed.into_inner() { ExitCode::Failure } else { ExitCode::Success }
}

/// The error with the target it is about, which its file may not tell.
fn for_target(place: &Place, error: Error) -> Error {
    let name = place.target.name();
    if error.reason.contains(name) {
        return error;
    }
    Error { reason: format!("{} (for {name})", error.reason), ..error }
}
