//! For shells: completions and man pages.

use clap::CommandFactory;

use super::{
    ExitCode,
    command::{Cli, Completions, EXAMPLES, Man},
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
        return match page() {
            Ok(page) => out(&String::from_utf8_lossy(&page)),
            Err(error) => fail(&error),
        };
    };
    let written = output::make_folder(dir).and_then(|_| {
        let pages = clap_mangen::generate_to(Cli::command(), dir);
        pages.and_then(|()| std::fs::write(dir.join("wasmpack.1"), page()?)).map_err(|error| {
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

/// The command's own page. What stands behind its help has sections here, whose lines stay as they are.
fn page() -> std::io::Result<Vec<u8>> {
    let command = Cli::command().after_help(None::<&str>).after_long_help(None::<&str>);
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    let (examples, codes) = EXAMPLES.split_once("\n\n").unwrap_or((EXAMPLES, ""));
    let examples = examples.lines().skip(1).collect::<Vec<_>>().join("\n");
    let codes = codes.trim_start_matches("Exit codes: ").replace(", ", "\n");
    for (section, lines) in [
        ("EXIT STATUS", codes.as_str()),
        ("ENVIRONMENT", ENVIRONMENT),
        ("FILES", FILES),
        ("EXAMPLES", &examples),
    ] {
        let lines = lines.replace('\\', "\\e").replace('-', "\\-").replace("\n.", "\n\\&.");
        page.extend(format!(".SH \"{section}\"\n.nf\n{lines}\n.fi\n").into_bytes());
    }
    Ok(page)
}

const ENVIRONMENT: &str = "\
SOURCE_DATE_EPOCH  the time of files in archives, in seconds since 1970
XDG_CACHE_HOME     where the cache lies on Linux, if no --cache says";

const FILES: &str = "\
wasmpack.toml    what `wasmpack build` and `wasmpack run` read; `wasmpack init` writes one
.wasmpackignore  in a carried folder: names and globs of files that are not carried";
