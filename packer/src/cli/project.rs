//! `wasmpack build`: the keys of a `wasmpack.toml` are the options of a pack.
//!
//! Every option for a project has a key ([`option`](super::option)), whose values are those of the command line: true for a
//! switch, a string or number, an array for an option that can be given several times, a table for `NAME=VALUE`. Paths on this
//! machine are relative to the file. Grants keep the order of their keys. An option that is typed replaces the key of the same
//! name, and the keys that it cannot be combined with.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use payload::info::printable;
use toml::de::{DeTable, DeValue};

use super::{
    ExitCode,
    command::Build,
    complain,
    given::Given,
    option::{self, Row, Takes},
    packing, say,
    typed::Typed,
};
use crate::{nearest::nearest, output::STANDARD, read};

/// Packs what the description says.
pub(super) fn run(build: Build) -> ExitCode {
    let Build { config, options } = build;
    let (module, typed, mut notes) = match describe(&config, options, "wasmpack APP.wasm -o OUT") {
        Ok(described) => described,
        Err(reason) => {
            complain(&reason);
            return ExitCode::Usage;
        }
    };
    for (key, is_given, what) in [
        ("include", !typed.include.is_empty(), "puts files into archives"),
        ("installers", !typed.installers.is_empty(), "is for archives"),
        ("sign", typed.sign.is_some(), "is for archives"),
    ] {
        if is_given && !typed.archive {
            // Not a mistake: another build of the same project makes archives.
            let note = format!("{key} is ignored: it {what}; add archive = true, or type --archive");
            notes.push(format!("{}: {note}", config.display()));
        }
    }
    if !typed.quiet {
        notes.iter().for_each(|note| say(note));
    }
    packing::run(module, typed, false)
}

/// The module and the options that the description at `config` has, with those that were typed, and notes on what of it is
/// ignored. `without` is a command that needs no description.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn describe(
    config: &Path,
    options: Given,
    without: &str,
) -> Result<(PathBuf, Typed, Vec<String>), String> {
    let described = open(config, without)
        .map_err(|reason| format!("{}: {reason}", printable(&config.to_string_lossy())))?;
    let (options, left_out) = options.over(described.options);
    let ignored =
        |key| format!("{}: {key} is ignored: it cannot be combined with what was typed", config.display());
    let notes = left_out.into_iter().filter_map(Row::key).map(ignored).collect();
    Ok((described.module, options.typed(), notes))
}

/// The content of a description.
struct Described {
    module: PathBuf,
    options: Given,
}

/// Opens the description at `config`.
fn open(config: &Path, without: &str) -> Result<Described, String> {
    let is_missing = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    if config.as_os_str() != STANDARD && config.symlink_metadata().is_err_and(is_missing) {
        return Err(format!(
            "there is no such file; `wasmpack init` writes one, or do without it: {without}"
        ));
    }
    let is_file = read::has_a_name(config);
    let bytes = read::whole(config, "it", read::MOST_DESCRIPTION).map_err(|error| error.reason)?;
    let text = String::from_utf8(bytes).map_err(|_| "cannot read it: it is not UTF-8".to_owned())?;
    // What comes from a pipe lies nowhere.
    let folder = config.parent().filter(|_| is_file).unwrap_or(Path::new(""));
    described(&text, folder)
}

/// Reads a description; `folder` is where it lies.
fn described(text: &str, folder: &Path) -> Result<Described, String> {
    let table = DeTable::parse(text).map_err(|error| unreadable(text, &error))?;
    // As they stand in the file: grants keep their order.
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut module = None;
    let mut options = Given::default();
    for (key, value) in entries {
        let (name, line) = (key.get_ref().as_ref(), place(text, key.span().start).0);
        let wrong = |why: String| format!("line {line}: {name}: {why}");
        if name == "module" {
            let DeValue::String(file) = value.get_ref() else {
                return Err(wrong("must be a string".to_owned()));
            };
            module = Some(folder.join(file.as_ref()));
            continue;
        }
        let row = row(name).ok_or_else(|| wrong(unknown(name)))?;
        add(&mut options, row, value.get_ref(), folder).map_err(wrong)?;
    }
    let module = module.ok_or("it names no module; add a line such as: module = \"app.wasm\"")?;
    Ok(Described { module, options })
}

/// The option with this key. Its name does as well.
fn row(key: &str) -> Option<&'static Row> {
    option::all().find(|row| row.key().is_some_and(|known| key == known || key == row.name))
}

/// Adds the value of the key of `row`.
fn add(options: &mut Given, row: &'static Row, value: &DeValue<'_>, folder: &Path) -> Result<(), String> {
    if let Some(other) = options.excluding(row) {
        return Err(format!("cannot be combined with {}", other.key().unwrap_or(other.name)));
    }
    if options.has(row) {
        return Err(format!("{} is given already, under its other name", row.key().unwrap_or(row.name)));
    }
    let values = match (row.takes, value) {
        (Takes::Nothing | Takes::Maybe(_), DeValue::Boolean(true)) => vec![String::new()],
        (Takes::Nothing | Takes::Maybe(_), DeValue::Boolean(false)) => Vec::new(),
        (Takes::Nothing, _) => return Err("must be true or false".to_owned()),
        (_, DeValue::Table(_)) if !row.is_table => {
            return Err(expected(row, "must be a string or an array, not a table"));
        }
        (_, DeValue::Boolean(_)) => return Err(expected(row, "must be a string, not true or false")),
        (Takes::One(_) | Takes::Maybe(_), DeValue::Array(_) | DeValue::Table(_)) => {
            return Err(expected(row, "must be one value, not an array"));
        }
        _ => values(value)?,
    };
    for text in values {
        // As it was written, before a folder comes in front of it.
        (row.set)(&mut Typed::default(), OsString::from(&text)).map_err(|why| format!("{text:?}: {why}"))?;
        let value = if row.is_path { on_this_machine(row, &text, folder) } else { OsString::from(&text) };
        options.add(row, value).map_err(|why| format!("{text:?}: {why}"))?;
    }
    Ok(())
}

/// The message `what`, with an example.
fn expected(row: &Row, what: &str) -> String {
    format!("{what}; such as {} = {:?}", row.key().unwrap_or(row.name), row.example)
}

/// The path in `text` from the folder in which the description lies.
fn on_this_machine(row: &Row, text: &str, folder: &Path) -> OsString {
    if text == STANDARD {
        return text.into();
    }
    let names_a_guest = row.name.starts_with("files");
    match names_a_guest && !text.contains("::") {
        // The name that the program sees is the one that was written, wherever the file lies.
        true => folder.join(format!("{text}::{text}")).into_os_string(),
        false => folder.join(text).into_os_string(),
    }
}

/// Line and column of the byte at `at`, both from 1; columns count characters.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The syntax error in `text`, in one line.
fn unreadable(text: &str, error: &toml::de::Error) -> String {
    let what: Vec<&str> = error.message().lines().collect();
    let what = what.join(", ");
    match error.span() {
        Some(span) => {
            let (line, column) = place(text, span.start);
            format!("line {line}, column {column}: {what}")
        }
        None => what,
    }
}

/// The values in `value`, as they would be typed.
fn values(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match value {
        DeValue::String(text) => Ok(vec![text.to_string()]),
        DeValue::Integer(number) => Ok(vec![number.to_string()]),
        DeValue::Boolean(_) => Ok(Vec::new()),
        DeValue::Array(list) => {
            let texts = list.iter().map(|value| match value.get_ref() {
                DeValue::String(text) => Ok(text.to_string()),
                _ => Err("must be an array of strings".to_owned()),
            });
            texts.collect()
        }
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(key, value)| match value.get_ref() {
                DeValue::String(text) => Ok(format!("{}={text}", key.get_ref())),
                _ => Err(format!("{}: must be a string", key.get_ref())),
            });
            pairs.collect()
        }
        _ => Err("must be a string, an array or a table".to_owned()),
    }
}

fn unknown(name: &str) -> String {
    let mut keys: Vec<&str> = ["module"].into_iter().chain(option::all().filter_map(Row::key)).collect();
    keys.sort_unstable();
    match nearest(name, keys.iter().copied()) {
        Some(key) => format!("unknown key; did you mean {key}?"),
        None => format!("unknown key; the keys are {}", keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Grant;
    use payload::Variable;

    fn words(text: &str) -> Result<Typed, String> {
        described(text, Path::new("project")).map(|said| said.options.typed())
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
        let said = described(text, Path::new("project")).unwrap();
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
                let described = described(&format!("module = 'a'\n{key} = {value}"), Path::new(""));
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
            ("module = 'a'\ndir = [1]", "line 2: dir: must be an array of strings"),
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
            ("module = 3", "line 1: module: must be a string"),
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
