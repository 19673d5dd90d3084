//! `wasmpack build`: the keys of a `wasmpack.toml` are the options of a pack.
//!
//! Every option for a project has a key ([`option`](super::option)), whose values are those of the command line: true for a
//! switch, a string or number, an array for an option that can be given several times, a table for `NAME=VALUE`. Paths on this
//! machine are relative to the file. Grants keep the order of their keys. An option that is typed replaces the key of the same
//! name, and the keys that it cannot be combined with.

mod lines;
mod text;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use payload::info::printable;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use self::text::{Fault, expected, file, in_quotes, on_this_machine, place, unknown, unreadable, values};
use super::{
    ExitCode,
    command::Build,
    complain,
    given::Given,
    meant,
    option::{self, Row, Takes, check_text},
    packing, say,
    typed::Typed,
    unfit::Unfit,
};
use crate::{output::STANDARD, read};

pub(super) use self::lines::Lines;

/// Packs what the description says.
pub(super) fn run(build: Build) -> ExitCode {
    let Build { config, options } = build;
    let Project { module, typed, lines, mut notes } =
        match describe(&config, options, "wasmpack APP.wasm -o OUT") {
            Ok(project) => project,
            Err((code, reason)) => {
                complain(&reason);
                return code;
            }
        };
    for option in meant::without_archive(&typed) {
        let (key, does) = option;
        if !lines.has(key) {
            complain(&meant::needs_archive(option));
            return ExitCode::Usage;
        }
        if key == "sign" {
            // Who publishes would not notice that nothing is signed.
            let reason = format!("it {does}; add archive = true, or type --archive");
            complain(&lines.unfit(&Unfit::new(reason).of(&[key])));
            return ExitCode::Usage;
        }
        // Not a mistake: another build of the same project makes archives.
        notes
            .push(lines.note(&format!("{key} is ignored: it {does}; add archive = true, or type --archive")));
    }
    if !typed.quiet {
        notes.iter().for_each(|note| say(note));
    }
    packing::run(module, typed, Some(&lines))
}

/// What a description says, with what was typed.
#[derive(Default)]
pub(super) struct Project {
    pub(super) module: PathBuf,
    pub(super) typed: Typed,
    /// Where that stands which was not typed.
    pub(super) lines: Lines,
    /// Notes on what of it is ignored.
    pub(super) notes: Vec<String>,
}

/// The description at `config`, with those options that were typed. `without` is a command that needs no description.
///
/// # Errors
/// What is wrong with it, and where; the exit code tells whether it is the file, or what it says.
pub(super) fn describe(config: &Path, options: Given, without: &str) -> Result<Project, (ExitCode, String)> {
    let in_config =
        |reason: String| format!("{}: {}", printable(&config.to_string_lossy()), printable(&reason));
    let text = open(config, without).map_err(|reason| (ExitCode::Failure, in_config(reason)))?;
    // What comes from a pipe lies nowhere.
    let folder = config.parent().filter(|_| read::has_a_name(config)).unwrap_or(Path::new(""));
    let mut lines = Lines::new(config);
    let described =
        described(&text, folder, &mut lines).map_err(|reason| (ExitCode::Usage, in_config(reason)))?;
    let typed = options.clone();
    let (options, left_out) = options.over(described.options);
    let lines = lines.filter(|name| {
        let is = |row: &&Row| row.name == name;
        !left_out.iter().any(is) && !option::all().filter(is).any(|row| typed.has(row))
    });
    let ignored = |key| lines.note(&format!("{key} is ignored: it cannot be combined with what was typed"));
    let notes = left_out.into_iter().filter_map(Row::key).map(ignored).collect();
    Ok(Project { module: described.module, typed: options.typed(), lines, notes })
}

/// The content of a description.
struct Described {
    module: PathBuf,
    options: Given,
}

/// The file that describes a program where no other is named.
const DESCRIPTION: &str = "wasmpack.toml";

/// The text of the description at `config`.
fn open(config: &Path, without: &str) -> Result<String, String> {
    let is_missing = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    if config.as_os_str() != STANDARD && config.symlink_metadata().is_err_and(is_missing) {
        return Err(match (config == Path::new(DESCRIPTION), Path::new(DESCRIPTION).exists()) {
            (true, _) => {
                format!("there is no such file; `wasmpack init` writes one, or do without it: {without}")
            }
            (false, true) => format!(
                "there is no such file; without --config it is the {DESCRIPTION} that is here, or do without it: {without}"
            ),
            (false, false) => format!(
                "there is no such file; `wasmpack init` writes one that is called {DESCRIPTION}, or do without it: {without}"
            ),
        });
    }
    let bytes = read::whole(config, "it", read::MOST_DESCRIPTION).map_err(|error| error.reason)?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line}: cannot read it: it is not UTF-8")
    })
}

/// Reads a description; `folder` is where it lies. `lines` get what stands where.
fn described(text: &str, folder: &Path, lines: &mut Lines) -> Result<Described, String> {
    let table = DeTable::parse(text).map_err(|error| unreadable(text, &error))?;
    // As they stand in the file: grants keep their order.
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut module = None;
    let mut options = Given::default();
    for (key, value) in entries {
        let (name, at) = (key.get_ref().as_ref(), key.span().start);
        let wrong = |(at, why): Fault| format!("line {}: {name}: {why}", place(text, at).0);
        if name == "module" {
            let DeValue::String(file) = value.get_ref() else {
                return Err(wrong((at, format!("must be a string{}", in_quotes(value)))));
            };
            check_text(file.as_ref().as_ref(), true, "app.wasm")
                .map_err(|why| wrong((at, format!("{file:?}: {why}"))))?;
            let file = folder.join(file.as_ref());
            lines.add_module(place(text, at).0, &file);
            module = Some(file);
            continue;
        }
        let row = row(name).ok_or_else(|| wrong((at, unknown(name, value))))?;
        let given = given(&options, row, at, value, folder).map_err(wrong)?;
        for (at, said, value) in given {
            lines.add(place(text, at).0, row, name, file(row, &value));
            options.add(row, value.clone()).map_err(|why| wrong((at, format!("{said:?}: {why}"))))?;
        }
    }
    let module = module.ok_or("it names no module; add a line such as: module = \"app.wasm\"")?;
    Ok(Described { module, options })
}

/// The option with this key. Its name does as well.
fn row(key: &str) -> Option<&'static Row> {
    option::all().find(|row| row.key().is_some_and(|known| key == known || key == row.name))
}

/// The values of the key of `row`, which stands at `at`: where each stands, as it is written, and as it would be typed.
fn given(
    options: &Given,
    row: &'static Row,
    at: usize,
    value: &Spanned<DeValue<'_>>,
    folder: &Path,
) -> Result<Vec<(usize, String, OsString)>, Fault> {
    let fault = |why: String| Err((at, why));
    if let Some(other) = options.excluding(row) {
        return fault(format!("cannot be combined with {}", other.key().unwrap_or(other.name)));
    }
    if options.has(row) {
        return fault(format!("{} is given already, under its other name", row.key().unwrap_or(row.name)));
    }
    let values = match (row.takes, value.get_ref()) {
        (Takes::Nothing | Takes::Maybe(_), DeValue::Boolean(true)) => vec![(at, String::new())],
        (Takes::Nothing | Takes::Maybe(_), DeValue::Boolean(false)) => Vec::new(),
        (Takes::Nothing, _) => return fault("must be true or false".to_owned()),
        (_, DeValue::Table(_)) if !row.is_table => {
            return fault(expected(row, "must be a string or an array, not a table"));
        }
        (_, DeValue::Boolean(_)) => return fault(expected(row, "must be a string, not true or false")),
        (Takes::One(_) | Takes::Maybe(_), DeValue::Array(_) | DeValue::Table(_)) => {
            return fault(expected(row, "must be one value, not an array"));
        }
        (_, DeValue::Float(_) | DeValue::Datetime(_)) => {
            return fault(format!("must be a string{}", in_quotes(value)));
        }
        _ => values(value)?,
    };
    // As where they are typed: several in one, separated by commas.
    let several = |(at, text): (usize, String)| -> Vec<(usize, String)> {
        let is_list = row.is_list && text.contains(',');
        match is_list {
            true => text.split(',').map(|one| (at, one.trim().to_owned())).collect(),
            false => vec![(at, text)],
        }
    };
    let values = values.into_iter().flat_map(several);
    let typed = |(at, text): (usize, String)| {
        // As it was written, before a folder comes in front of it.
        row.check(OsString::from(&text)).map_err(|why| (at, format!("{text:?}: {why}")))?;
        let value = if row.is_path { on_this_machine(row, &text, folder) } else { OsString::from(&text) };
        Ok((at, text, value))
    };
    values.map(typed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Grant;
    use payload::Variable;

    fn read_in(text: &str, folder: &str) -> Result<Described, String> {
        described(text, Path::new(folder), &mut Lines::default())
    }

    fn words(text: &str) -> Result<Typed, String> {
        read_in(text, "project").map(|said| said.options.typed())
    }

    #[test]
    fn keys_become_options() {
        let text = r#"
            module = "app.wasm"
            name = "app"
            version = "1.2"
            targets = ["linux-x86_64", "windows"]
            files = ["lib::/lib", "data"]
            dir = [".", "~/x::/x"]
            native = true
            sealed = false
            level = 19
            args = ["--color", "a b"]
            env = { LANG = "C" }
        "#;
        let said = read_in(text, "project").unwrap();
        assert_eq!(said.module, Path::new("project").join("app.wasm"));
        let typed = said.options.typed();
        assert_eq!((typed.name.as_deref(), typed.version.as_deref()), (Some("app"), Some("1.2")));
        assert_eq!((typed.targets.len(), typed.level), (2, Some(19)));
        assert!(typed.told.native && !typed.told.sealed);
        assert_eq!(typed.told.args, ["--color", "a b"]);
        assert_eq!(typed.told.variables, [Variable::Set("LANG=C".to_owned())]);
        let guests: Vec<&str> = typed.grants.iter().map(|grant| grant.guest().as_str()).collect();
        assert_eq!(guests, ["/lib", "data", ".", "/x"], "in the order in which they stand");
        let Grant::Files(folder) = &typed.grants[1] else { panic!("a folder") };
        assert_eq!(folder.host, Path::new("project").join("data"));
    }

    #[test]
    fn every_option_is_described_as_it_is_typed() {
        for row in option::all() {
            let value = match row.takes {
                Takes::Nothing => "true".to_owned(),
                Takes::One(_) | Takes::Maybe(_) => format!("{:?}", row.example),
                Takes::Each(_) | Takes::Rest(_) => format!("[{:?}]", row.example),
            };
            for key in [row.key().unwrap_or(row.name), row.name] {
                let described = read_in(&format!("module = 'a'\n{key} = {value}"), "");
                let mut expected = Typed::default();
                (row.set)(&mut expected, row.example.into()).unwrap();
                match row.key() {
                    Some(_) => {
                        let typed = described.unwrap().options.typed();
                        assert_eq!(format!("{typed:?}"), format!("{expected:?}"), "{key}");
                    }
                    None => assert!(described.is_err(), "{key} is for one build"),
                }
            }
        }
    }

    #[test]
    fn mistakes_name_the_line_the_key_and_the_way_out() {
        for (text, message) in [
            ("module = 'a'\nnmae = 'x'", "line 2: nmae: unknown key; did you mean name?"),
            ("module = 'a'\n\nflies = ['x']", "line 3: flies: unknown key; did you mean files?"),
            ("module = 'a'\nquiet = true", "line 2: quiet: unknown key"),
            ("module = 'a'\nnative = 'yes'", "line 2: native: must be true or false"),
            ("module = 'a'\nname = ['x', 'y']", "line 2: name: must be one value"),
            ("module = 'a'\ndir = [1]", "line 2: dir: must be an array of strings, in quotes: \"1\""),
            ("module = 'a'\nversion = 1.2", "line 2: version: must be a string, in quotes: \"1.2\""),
            (
                "module = 'a'\nversion = 2024-01-02",
                "line 2: version: must be a string, in quotes: \"2024-01-02\"",
            ),
            ("module = 'a'\ndir = [\n  'x',\n  1,\n]", "line 4: dir: must be an array of strings"),
            ("module = 'a'\ndir = [\n  'x',\n  'a:b',\n]", "line 4: dir: \"a:b\": two names"),
            ("module = 'a'\n[env]\nA = 'x'\nB = 2", "line 4: env: B: must be a string, in quotes: \"2\""),
            ("module = 'a'\nlevel = 99", "line 2: level: \"99\": must be a number from 1 to 22"),
            (
                "module = 'a'\nlevel = 9\nno-compress = true",
                "line 3: no-compress: cannot be combined with level",
            ),
            (
                "module = 'a'\nversion = '1'\napp-version = '1'",
                "line 3: app-version: version is given already",
            ),
            ("name = 'x'", "it names no module"),
            ("module = 3", "line 1: module: must be a string, in quotes: \"3\""),
        ] {
            let error = words(text).unwrap_err();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_in_one_line_with_its_place() {
        for (text, place) in [
            ("module = 'a'\nname = ", "line 2, column 8: "),
            ("module = 'ä' x", "line 1, column 14: "),
            ("module = 'a'\nmodule = 'b'", "line 2, column 1: "),
            ("\n\n[", "line 3, column 2: "),
            ("name = \"\"\"\n", "line "),
        ] {
            let error = words(text).unwrap_err();
            assert!(error.starts_with(place) && !error.contains('\n'), "{text}: {error}");
        }
    }
}
