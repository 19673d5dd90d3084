//! For shells: completions and man pages.

use clap::CommandFactory;

use super::{
    ExitCode,
    command::{Cli, Completions, Man},
    fail, out, say,
};
use crate::{Error, Kind, error::spoken, output};

/// Prints completions.
pub(super) fn completions(flags: &Completions) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(flags.shell, &mut Cli::command(), "wasmpack", &mut text);
    out(&String::from_utf8_lossy(&text))
}

/// Prints the man page, or writes the pages of all commands into a folder.
pub(super) fn man(flags: &Man) -> ExitCode {
    let Some(dir) = &flags.dir else {
        let mut page = Vec::new();
        return match clap_mangen::Man::new(Cli::command()).render(&mut page) {
            Ok(()) => out(&String::from_utf8_lossy(&page)),
            Err(error) => fail(&error),
        };
    };
    let written = output::make_folder(dir).and_then(|_| {
        clap_mangen::generate_to(Cli::command(), dir).map_err(|error| {
            Error::new(Kind::Write, format!("cannot write the man pages: {}", spoken(&error))).in_file(dir)
        })
    });
    match written {
        Ok(()) => {
            say(&format!("{}: man pages written", dir.display()));
            ExitCode::Success
        }
        Err(error) => fail(&error),
    }
}
