//! How the launcher fails: one line that starts with the program's name, and exit code 125.

use std::fmt::Display;

use payload::info::{printable, printable_lines};

/// What went wrong, in words for whoever started the program: what, and what to do.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        Failure(message.into())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Puts what was being done before an error.
pub(crate) trait Context<T> {
    /// Turns an error into a failure that reads `doing: error`.
    fn context(self, doing: &str) -> Result<T, Failure>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, doing: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{doing}: {error}")))
    }
}

/// The name by which the program was started, without folders.
pub(crate) fn name() -> String {
    let first = crate::started::args().next().unwrap_or_default();
    let name = std::path::Path::new(&first).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "wasmpack-stub".to_owned())
}

/// Prints the failure; returns the exit code.
pub(crate) fn report(failure: &Failure) -> i32 {
    say(&printable(&failure.0));
    crate::sys::console::linger();
    crate::sys::last::EXIT_LAUNCHER
}

/// Prints `NAME: note: message` to standard error, if there is one.
pub(crate) fn note(message: &str) {
    let (name, message) = (printable(&name()), printable(message));
    crate::sys::console::print_note(&format!("{name}: note: {message}\n"));
}

/// Prints `NAME: message` to standard error, or shows it where there is none. The lines of the message are its own; names
/// from outside have none when they are put into it.
pub(crate) fn say(message: &str) {
    // What comes from outside must not control a terminal.
    let (name, message) = (printable(&name()), printable_lines(message));
    crate::sys::console::print_error(&format!("{name}: {message}\n"));
}
