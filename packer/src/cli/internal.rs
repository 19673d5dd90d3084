//! A panic, on any thread: it becomes one line, and the process exits as for any failure. Panics of wasmer's compilers do not
//! get here; `caught` makes them errors of a pack.

use std::{
    any::Any,
    io::{self, Write},
    panic::{self, PanicHookInfo},
    path::Path,
    process,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use payload::info::printable;

use super::ExitCode;
use crate::output;

/// From now on a panic is one line, and exit code 1. For programs, not for libraries: it ends the process.
pub(super) fn report_panics() {
    panic::set_hook(Box::new(|info| {
        static ENDING: AtomicBool = AtomicBool::new(false);
        while ENDING.swap(true, Ordering::SeqCst) {
            // Another thread ends the process.
            thread::park();
        }
        output::try_remove_temporaries();
        let _ = writeln!(io::stderr(), "wasmpack: {}", printable(&sentence(info)));
        process::exit(ExitCode::Failure as i32);
    }));
}

fn sentence(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(String::new, |place| {
        let file = Path::new(place.file()).file_name().unwrap_or_default();
        format!(" ({}:{})", file.to_string_lossy(), place.line())
    });
    format!("internal error: {}{place}; please report it with the input", message(info.payload()))
}

fn message(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown")
}
