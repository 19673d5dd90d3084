//! `wasmpack man`: the pages of the commands, and that of wasmpack.toml.

use std::io;

use clap::CommandFactory;
use clap_mangen::roff::{Roff, bold, roman};

use super::{
    ExitCode,
    command::{Cli, EXAMPLES, Man},
    fail, init, option, out, say,
};
use crate::{
    Error, Kind, earlier,
    error::spoken,
    output::{self, Output},
};

/// Prints the man page, or writes the pages of all commands and of wasmpack.toml into a folder.
pub(super) fn run(flags: &Man) -> ExitCode {
    let Some(dir) = &flags.dir else {
        return match page() {
            Ok(page) => out(&String::from_utf8_lossy(&page)),
            Err(error) => fail(&error),
        };
    };
    let written = output::make_folder(dir).and_then(|_| {
        let fail = |error| {
            Error::new(Kind::Write, format!("cannot write the man pages: {}", spoken(&error))).in_file(dir)
        };
        let pages = pages().map_err(fail)?;
        let place = |(name, text)| {
            let file = dir.join(name);
            earlier::check_page(&file)?;
            Ok((Output::prepare(&file, &[], false)?, text))
        };
        // All of them can be written, before the first is.
        let places: Vec<(Output, Vec<u8>)> = pages.into_iter().map(place).collect::<Result<_, Error>>()?;
        places.into_iter().try_for_each(|(place, text)| place.write(&text))
    });
    match written {
        Ok(()) => {
            say(&format!("{}: man pages written", dir.display()));
            ExitCode::Success
        }
        Err(error) => fail(&error),
    }
}

/// All pages, with the names of their files.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let mut pages =
        vec![("wasmpack.1".to_owned(), page()?), ("wasmpack.toml.5".to_owned(), description().into())];
    for command in cli.get_subcommands().filter(|command| !command.is_hide_set()) {
        let mut page = Vec::new();
        let man = clap_mangen::Man::new(command.clone());
        let name = man.get_filename();
        man.render(&mut page)?;
        pages.push((name, page));
    }
    Ok(pages)
}

/// The command's own page. What stands behind its help has sections here, whose lines stay as they are.
fn page() -> io::Result<Vec<u8>> {
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

/// The page of wasmpack.toml, with each key of the options.
fn description() -> String {
    let mut page = Roff::new();
    page.control("TH", ["wasmpack.toml", "5", "", concat!("wasmpack ", env!("CARGO_PKG_VERSION"))])
        .control("SH", ["NAME"])
        .text([roman("wasmpack.toml - what `wasmpack build` packs, and `wasmpack run` runs")])
        .control("SH", ["DESCRIPTION"])
        .text([roman(
            "A file of TOML. Its keys are the options of a pack. Paths begin at the file's folder. An option that is typed \
             replaces the key of the same name. `wasmpack init` writes a file to begin with.",
        )])
        .control("SH", ["KEYS"])
        .control("TP", [])
        .text([bold("module"), roman(" = \"app.wasm\"")])
        .text([roman("The program; this key is required")]);
    let mut section = None;
    for row in option::all() {
        let Some(key) = row.key() else { continue };
        if row.section.is_some() && row.section != section {
            section = row.section;
            page.control("SS", section);
        }
        let also = if key == row.name { String::new() } else { format!(" (or {})", row.name) };
        let example = init::example(row);
        page.control("TP", [])
            .text([bold(key), roman(format!("{also} = {example}"))])
            .text([roman(row.text)]);
    }
    page.control("SH", ["SEE ALSO"]).text([bold("wasmpack"), roman("(1)")]);
    page.render()
}

const ENVIRONMENT: &str = "\
SOURCE_DATE_EPOCH  the time of files in archives, in seconds since 1970
XDG_CACHE_HOME     on Linux, the folder that the cache lies in, if no --cache says
HOME               if XDG_CACHE_HOME is not set, the cache lies in its .cache; on macOS in its Library/Caches
LOCALAPPDATA       on Windows, the folder that the cache lies in
WASMPACK_OPTS      for `wasmpack run`, as for an executable: what changes its grants
WASMPACK_CACHE     for a file that -t unix wrote, when it is started: the folder that its launcher is put into
WASMPACK_SIGN_PASSWORD  the password of the key that --sign names
NO_COLOR           if it is set, errors have no color";

const FILES: &str = "\
wasmpack.toml    what `wasmpack build` and `wasmpack run` read; `wasmpack init` writes one
.wasmpackignore  in a carried folder: names and globs of files that are not carried";
