//! For shells: completions.

use clap::CommandFactory;

use super::{
    ExitCode,
    command::{Cli, Completions},
    out,
};

/// Prints completions.
pub(super) fn completions(flags: &Completions) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(flags.shell, &mut Cli::command(), "wasmpack", &mut text);
    out(&String::from_utf8_lossy(&text))
}
