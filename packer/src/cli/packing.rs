//! `wasmpack APP.wasm`: runs a pack and prints the result.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use payload::info::printable;

use super::{
    ExitCode, complain, json, meant, message, mistyped, out, project::Lines, report::Report, say,
    typed::Typed,
};
use crate::{
    Error, Kind, Pack,
    pack::Place,
    progress::{Progress, bar::Bar},
};

/// Packs `input` as `typed` says. What was not typed stands in `described`; some of it may be for other builds of the same project.
pub(super) fn run(input: PathBuf, typed: Typed, described: Option<&Lines>) -> ExitCode {
    let command = mistyped::command(input.as_os_str());
    let (verbose, wants_json) = (typed.verbose, typed.json);
    // What would be said is in the JSON.
    let quiet = typed.quiet || wants_json;
    let pack = meant::pack(typed, input, described)
        .map_err(|unfit| (unfit.code, described.map_or(unfit.reason.clone(), |lines| lines.unfit(&unfit))))
        .and_then(|pack| {
            let time = source_date_epoch().map_err(|reason| (ExitCode::Usage, reason))?;
            Ok(Pack { time, ..pack })
        });
    let pack = match pack {
        Ok(pack) => pack,
        Err((code, reason)) => {
            complain(&printable(&reason));
            return code;
        }
    };
    if wants_json && pack.to_stdout {
        complain(&"standard output takes the executable or --json, not both; name a file with -o");
        return ExitCode::Usage;
    }
    let bar = if quiet { Bar::hidden() } else { Bar::on_terminal() };
    let progress = Progress::of(Arc::new(bar.clone()));
    let failed = AtomicBool::new(false);
    let packed_one = AtomicBool::new(false);
    let report = Report::default();
    let told = |error: &Error| described.map_or_else(|| error.to_string(), |lines| lines.error(error));
    let fails = |error: &Error| {
        failed.store(true, Ordering::Relaxed);
        bar.aside(|| complain(&told(error)));
    };
    let mut result = pack.run(&progress, &|place, outcome| match outcome {
        Ok(packed) => {
            packed_one.store(true, Ordering::Relaxed);
            if wants_json {
                report.packed(place, &packed);
            }
            if !quiet {
                bar.aside(|| {
                    say(&message::packed(&pack, place, &packed));
                    if verbose {
                        message::sections(&packed).iter().for_each(|line| say(line));
                        say(&message::layout(packed.layout));
                    }
                });
            }
        }
        Err(error) => {
            report.failed(Some(place), told(&error));
            fails(&if pack.outputs.len() > 1 { for_target(place, error) } else { error });
        }
    });
    bar.clear();
    if let (Ok(done), Some(lines)) = (&mut result, described) {
        done.notes.extend(meant::without_windows(&pack).map(|note| lines.note(&note)));
    }
    if wants_json {
        let (done, error) = (result.as_ref().ok(), result.as_ref().err());
        error.iter().for_each(|error| report.failed(None, told(error)));
        let written = out(&json(&report.value(&pack, done)));
        if written != ExitCode::Success {
            return written;
        }
    }
    match result {
        Ok(done) if packed_one.into_inner() && !quiet => {
            message::beside(&done.beside).iter().for_each(|line| say(line));
            message::grants(&done).iter().for_each(|line| say(line));
            if let Some(what) = done.tried.as_ref().filter(|_| verbose) {
                say(&message::tried(what));
            }
            message::notes(&done).iter().for_each(|note| say(&format!("note: {note}")));
        }
        Ok(_) => {}
        Err(error) => {
            if let Some(meant) = command.filter(|_| matches!(error.kind, Kind::Read | Kind::NotWasm)) {
                fails(&Error { reason: format!("{}; {meant}", error.reason), ..error });
                return ExitCode::Usage;
            }
            fails(&error);
            if error.kind == Kind::Installer {
                return ExitCode::Usage;
            }
        }
    }
    if failed.into_inner() { ExitCode::Failure } else { ExitCode::Success }
}

/// The time that reproducible builds take for every file (reproducible-builds.org, "SOURCE_DATE_EPOCH").
///
/// # Errors
/// If it is set and not a number of seconds.
pub(super) fn source_date_epoch() -> Result<Option<u64>, String> {
    const VARIABLE: &str = "SOURCE_DATE_EPOCH";
    let Some(text) = std::env::var_os(VARIABLE) else { return Ok(None) };
    let time = text.to_str().and_then(|text| text.parse().ok());
    time.map(Some).ok_or_else(|| {
        format!("the variable {VARIABLE} is {text:?}; it must be seconds since 1970, such as 1700000000")
    })
}

/// The error with the target it is about, unless it names that already, or the file that is for it.
fn for_target(place: &Place, error: Error) -> Error {
    if error.target.is_some() || error.file.as_ref() == Some(&place.file) {
        return error;
    }
    Error { reason: format!("{} (for {})", error.reason, place.target.name()), ..error }
}
