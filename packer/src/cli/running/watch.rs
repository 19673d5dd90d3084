//! `wasmpack run --watch`: runs a program again when its module, the file that describes it, or a program that it carries changes.
//!
//! The files are looked at ten times a second, which costs next to nothing for two files, and sees changes on every file system,
//! network drives and shared folders among them; see docs/decisions.md. A change counts when the files have been the same twice:
//! a compiler that writes a module is not disturbed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitStatus,
    thread,
    time::{Duration, SystemTime},
};

use payload::info::printable;

use super::{
    order::{Order, Packed},
    place::Place,
    start::unstarted,
};
use crate::{
    cli::{ExitCode, complain, say},
    interrupt,
    output::STANDARD,
};

/// How often to look.
const LOOK: Duration = Duration::from_millis(100);

/// Packs and starts it until somebody ends this.
pub(super) fn run(order: &Order) -> ExitCode {
    if order.input.as_ref().is_some_and(|input| input.as_os_str() == STANDARD) {
        complain(&"--watch needs a file that can change; standard input is read once");
        return ExitCode::Usage;
    }
    let is_quiet = order.options.clone().typed().quiet;
    let tell = |line: &str| {
        if !is_quiet {
            say(&format!("wasmpack: {line}"));
        }
    };
    loop {
        let watched = Watched::new(order);
        match order.pack() {
            Ok(packed) => {
                let ended = match running(&packed, order, &watched) {
                    Ok(ended) => ended,
                    Err(error) => return unstarted(&error),
                };
                if let Some(status) = ended {
                    tell(&format!(
                        "it ended with {}; waiting for {} to change",
                        said(status),
                        watched.names()
                    ));
                }
            }
            // What is wrong with the command line no file can mend.
            Err(ExitCode::Usage) if order.description().is_none() => return ExitCode::Usage,
            Err(_) => tell(&format!("waiting for {} to change", watched.names())),
        }
        tell(&format!("{} changed", watched.changed()));
    }
}

/// Starts it, and waits for its end or for a change, which ends it.
fn running(packed: &Packed, order: &Order, watched: &Watched) -> std::io::Result<Option<ExitStatus>> {
    let start = |place: Place| {
        let started = interrupt::child::start(&mut place.command(&order.args));
        started.map(|()| place)
    };
    #[cfg(target_os = "linux")]
    let in_memory = Place::in_memory(packed).and_then(|place| start(place).ok());
    #[cfg(not(target_os = "linux"))]
    let in_memory: Option<Place> = None;
    let _place = match in_memory {
        Some(place) => place,
        None => Place::in_files(packed).and_then(start)?,
    };
    loop {
        if let Some(status) = interrupt::child::ended()? {
            return Ok(Some(status));
        }
        if watched.has_changed() {
            interrupt::child::stop();
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// Files, as they were.
struct Watched {
    files: Vec<PathBuf>,
    seen: Vec<Stamp>,
}

/// What tells a file from what it was before; nothing where there is none.
type Stamp = Option<(u64, Option<SystemTime>)>;

impl Watched {
    /// The module, its description, where it can be read, and the programs that it carries.
    fn new(order: &Order) -> Watched {
        let project = order.read().ok();
        let carried = project.iter().flat_map(|project| &project.typed.with);
        let carried: Vec<PathBuf> = carried.map(|with| with.file.clone()).collect();
        let module = project.map(|project| project.module).or_else(|| order.input.clone());
        let files: Vec<PathBuf> = module.into_iter().chain(order.description()).chain(carried).collect();
        let seen = stamps(&files);
        Watched { files, seen }
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.files.iter().map(|file| printable(&file.to_string_lossy())).collect();
        names.join(" or ")
    }

    fn has_changed(&self) -> bool {
        stamps(&self.files) != self.seen
    }

    /// Waits for a change that is over; which file it was.
    fn changed(&self) -> String {
        let mut last = Vec::new();
        loop {
            let now = stamps(&self.files);
            let is_whole = now.iter().all(Option::is_some) && now == last;
            if let Some(at) =
                now.iter().zip(&self.seen).position(|(now, seen)| now != seen).filter(|_| is_whole)
            {
                return printable(&self.files[at].to_string_lossy());
            }
            last = now;
            thread::sleep(LOOK);
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &Path| {
        let there = fs::metadata(file).ok()?;
        Some((there.len(), there.modified().ok()))
    };
    files.iter().map(|file| stamp(file)).collect()
}

fn said(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}
