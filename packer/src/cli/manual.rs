//! `wasmpack man`: the pages of the commands, and that of wasmpack.toml.

use std::io;

use clap::CommandFactory;
use clap_mangen::roff::{Roff, bold, roman};

use super::{
    ExitCode,
    command::{Cli, EXAMPLES, Man, OF_COMMANDS},
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
    let mut cli = cli();
    cli.build();
    let mut pages =
        vec![("wasmpack.1".to_owned(), page()?), ("wasmpack.toml.5".to_owned(), description().into())];
    for command in cli.get_subcommands().filter(|command| !command.is_hide_set()) {
        let mut page = Vec::new();
        let man = clap_mangen::Man::new(command.clone()).source(SOURCE);
        let file = man.get_filename();
        man.render(&mut page)?;
        let name = command.get_name();
        let codes = CODES.iter().find(|(of, _)| *of == name).map_or(CODES_OF_MOST, |(_, codes)| *codes);
        section(&mut page, "EXIT STATUS", codes);
        let begin = format!("  wasmpack {name}");
        let is_of_it = |line: &&str| {
            line.strip_prefix(&begin).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let examples: Vec<&str> = OF_COMMANDS.lines().filter(is_of_it).collect();
        if !examples.is_empty() {
            section(&mut page, "EXAMPLES", &examples.join("\n"));
        }
        page.extend(see_also(&["wasmpack.1", "wasmpack.toml.5"]).into_bytes());
        pages.push((file, page));
    }
    Ok(pages)
}

/// The grammar, without `wasmpack help`, which has no page.
fn cli() -> clap::Command {
    Cli::command().disable_help_subcommand(true)
}

/// Adds a section, whose lines stay as they are.
fn section(page: &mut Vec<u8>, title: &str, lines: &str) {
    let lines = lines.replace('\\', "\\e").replace('-', "\\-").replace("\n.", "\n\\&.");
    page.extend(format!(".SH \"{title}\"\n.nf\n{lines}\n.fi\n").into_bytes());
}

/// A section that refers to these pages.
fn see_also(pages: &[&str]) -> String {
    let mut section = Roff::new();
    section.control("SH", ["SEE ALSO"]);
    for (at, page) in pages.iter().enumerate() {
        let (name, number) = page.rsplit_once('.').expect("a page has a number");
        let end = if at + 1 < pages.len() { "," } else { "" };
        section.text([bold(name), roman(format!("({number}){end}"))]);
    }
    section.to_roff()
}

/// The command's own page. What stands behind its help has sections here, whose lines stay as they are.
fn page() -> io::Result<Vec<u8>> {
    let command = cli().after_help(None::<&str>).after_long_help(None::<&str>);
    let mut page = Vec::new();
    clap_mangen::Man::new(command).source(SOURCE).render(&mut page)?;
    let (examples, codes) = EXAMPLES.split_once("\n\n").unwrap_or((EXAMPLES, ""));
    let examples = examples.lines().skip(1).collect::<Vec<_>>().join("\n");
    let codes = codes.trim_start_matches("Exit codes: ").replace(", ", "\n");
    for (title, lines) in [
        ("EXIT STATUS", codes.as_str()),
        ("ENVIRONMENT", ENVIRONMENT),
        ("FILES", FILES),
        ("EXAMPLES", &examples),
    ] {
        section(&mut page, title, lines);
    }
    page.extend(see_also(&["wasmpack.toml.5"]).into_bytes());
    Ok(page)
}

/// The page of wasmpack.toml, with each key of the options.
fn description() -> String {
    let mut page = Roff::new();
    page.control("TH", ["wasmpack.toml", "5", "", SOURCE])
        .control("SH", ["NAME"])
        .text([roman("wasmpack.toml - what `wasmpack build` packs, and `wasmpack run` runs")])
        .control("SH", ["DESCRIPTION"])
        .text([roman(
            "A file of TOML. Its keys are the options of a pack. Paths begin at the file's folder. An option that is typed \
             replaces the key of the same name. `wasmpack init` writes a file to begin with.",
        )])
        .control("PP", [])
        .text([roman(
            "Editors that know taplo's language server show keys and mistakes if the file's first line is \
             `#:schema ./wasmpack.schema.json`, and that file lies beside it: `wasmpack init` writes both, and \
             `wasmpack schema >wasmpack.schema.json` writes it anew after wasmpack was replaced by another version.",
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
    page.render() + &see_also(&["wasmpack.1", "wasmpack-build.1", "wasmpack-init.1", "wasmpack-schema.1"])
}

/// The packer, as pages name it.
const SOURCE: &str = concat!("wasmpack ", env!("CARGO_PKG_VERSION"));

/// Exit codes of commands that have others than most.
const CODES: [(&str, &str); 3] = [
    (
        "run",
        "the program's own, if it was started\n1 failure: it could not be packed\n2 wrong usage\n128 and more ended by a signal",
    ),
    (
        "verify",
        "0 everything is as it should be\n1 a check failed, or the file cannot be read\n2 wrong usage",
    ),
    (
        "build",
        "0 success\n1 failure (a target that failed writes no file)\n2 wrong usage, or a mistake in wasmpack.toml\n128 and more ended by a signal",
    ),
];

/// Exit codes of the others.
const CODES_OF_MOST: &str = "0 success\n1 failure\n2 wrong usage\n128 and more ended by a signal";

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
wasmpack.schema.json  its keys, for editors; `wasmpack init` writes it, and `wasmpack schema` prints it
.wasmpackignore  in a carried folder: names and globs of files that are not carried";
