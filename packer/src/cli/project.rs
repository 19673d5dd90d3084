//! `wasmpack build`: what a `wasmpack.toml` says becomes options, as if they had been typed.
//!
//! Every option of a pack is a key under its long name, so there is one place that says what options there are. A key's
//! value is what the option takes: true for a switch, a text or number, a list for what can be given several times, a table
//! for `NAME=VALUE`. Paths on this machine are relative to the file. An option that was typed wins: the key of the same
//! name is left out, and so are those that it cannot stand beside.

use std::{ffi::OsString, path::Path};

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, parser::ValueSource};
use payload::info::printable;
use toml::de::{DeTable, DeValue};

use super::{
    ExitCode,
    command::{Build, Cli},
    complain, packing, say,
};
use crate::{nearest::nearest, output::STANDARD, read};

/// Keys with another name than their option.
const ALIASES: [(&str, &str); 2] = [("version", "app-version"), ("targets", "target")];
/// Options that are said for one build, and not for the project.
const TYPED_ONLY: [&str; 5] = ["quiet", "verbose", "config", "help", "version"];
/// Options whose values are, or begin with, a path on this machine.
const PATHS: [&str; 6] = ["output", "include", "icon", "stub", "files", "files-rw"];

/// Packs what the description says. `args` is the whole command line.
pub(super) fn run(build: &Build, args: &[OsString]) -> ExitCode {
    match merged(&build.config, args) {
        Ok(Cli { input, options, .. }) => {
            if !options.include.is_empty() && !options.archive && !options.quiet {
                // Not a mistake: another build of the same project makes archives.
                say(&format!(
                    "{}: include is left out: it puts files into archives; for those add archive = true, or type --archive",
                    build.config.display()
                ));
            }
            packing::run_described(input.unwrap_or_default(), options)
        }
        Err(reason) => {
            complain(&format!("{}: {reason}", printable(&build.config.to_string_lossy())));
            ExitCode::Usage
        }
    }
}

/// The command line that the description and `args` make together.
fn merged(config: &Path, args: &[OsString]) -> Result<Cli, String> {
    let is_missing = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    if config.as_os_str() != STANDARD && config.symlink_metadata().is_err_and(is_missing) {
        return Err(
            "there is no such file; write one, or pack without it: wasmpack APP.wasm -o OUT".to_owned()
        );
    }
    let is_file = read::has_a_name(config);
    let bytes = read::whole(config, "it", read::MOST_DESCRIPTION).map_err(|error| error.reason)?;
    let text = String::from_utf8(bytes).map_err(|_| "cannot read it: it is no text in UTF-8".to_owned())?;
    // What comes from a pipe lies nowhere.
    let folder = config.parent().filter(|_| is_file).unwrap_or(Path::new(""));
    let described = described(&text, folder)?;
    // Alone first, so that what is wrong with it is said to be the description's.
    parse(described.module.clone(), described.options.iter().flat_map(Said::words))?;

    let matches = Cli::command().get_matches_from(args);
    let (_, typed) = matches.subcommand().expect("it is `build`");
    let command = Cli::command();
    let typed_quiet = typed.get_flag("quiet");
    let is_typed = |arg: &Arg| {
        let id = arg.get_id().as_str();
        typed.try_contains_id(id).is_ok() && typed.value_source(id) == Some(ValueSource::CommandLine)
    };
    let wins = |name: &str| {
        let Some(arg) = command.get_arguments().find(|arg| is_called(arg, name)) else { return false };
        is_typed(arg)
            || command.get_arg_conflicts_with(arg).into_iter().any(is_typed)
            || command.get_arguments().filter(|other| is_typed(other)).any(|other| {
                command.get_arg_conflicts_with(other).iter().any(|conflict| conflict.get_id() == arg.get_id())
            })
    };
    let (left_out, kept): (Vec<&Said>, Vec<&Said>) =
        described.options.iter().partition(|said| wins(&said.name));
    for said in left_out {
        let typed = command.get_arguments().any(|arg| is_called(arg, &said.name) && is_typed(arg));
        if !typed && !typed_quiet {
            say(&format!(
                "{}: {} is left out: it cannot stand beside what was typed",
                config.display(),
                said.name
            ));
        }
    }
    let kept = kept.into_iter().flat_map(Said::words);
    let at = args.iter().position(|arg| arg == "build").map_or(args.len(), |at| at + 1);
    let typed_words = without_config(&args[at..]);
    // The app's arguments stand behind `--`, so that one must not be said twice.
    let mut words: Vec<OsString> = kept.collect();
    let both = words.iter().any(|word| word == "--") && typed_words.iter().any(|word| word == "--");
    let dashes = words.iter().position(|word| word == "--").filter(|_| !both);
    let tail = dashes.map(|at| words.split_off(at)).unwrap_or_default();
    words.extend(typed_words);
    words.extend(tail);
    parse(described.module, words)
}

/// `words` without `--config FILE`, which is not an option of a pack.
fn without_config(words: &[OsString]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            kept.push(word.clone());
            kept.extend(words.cloned());
            break;
        }
        match word.to_str() {
            Some("--config") => drop(words.next()),
            Some(text) if text.starts_with("--config=") => {}
            _ => kept.push(word.clone()),
        }
    }
    kept
}

fn parse(module: OsString, words: impl IntoIterator<Item = OsString>) -> Result<Cli, String> {
    let all = [OsString::from("wasmpack"), module].into_iter().chain(words);
    let matches = Cli::command().try_get_matches_from(all).map_err(|error| first_lines(&error))?;
    Cli::from_arg_matches(&matches).map_err(|error| first_lines(&error))
}

/// What clap found, without the usage lines that belong to a command line.
fn first_lines(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// What a description says.
struct Described {
    module: OsString,
    options: Vec<Said>,
}

/// One option with its values.
struct Said {
    name: String,
    values: Vec<String>,
}

impl Said {
    /// As it would be typed.
    fn words(&self) -> Vec<OsString> {
        match (self.name.as_str(), &self.values[..]) {
            ("args", values) => {
                ["--"].into_iter().chain(values.iter().map(String::as_str)).map(OsString::from).collect()
            }
            (name, []) => vec![format!("--{name}").into()],
            (name, values) => values.iter().map(|value| format!("--{name}={value}").into()).collect(),
        }
    }
}

fn is_called(arg: &Arg, name: &str) -> bool {
    arg.get_long() == Some(name) || arg.is_last_set() && name == "args"
}

/// Reads a description; `folder` is where it lies.
fn described(text: &str, folder: &Path) -> Result<Described, String> {
    let table = DeTable::parse(text).map_err(|error| unreadable(text, &error))?;
    let command = Cli::command();
    let line = |at: usize| place(text, at).0;
    let mut module = None;
    let mut options = Vec::new();
    // As they stand in the file: grants keep their order.
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let (name, place) = (key.get_ref().as_ref(), line(key.span().start));
        let wrong = |why: &str| format!("line {place}: {name}: {why}");
        if name == "module" {
            let DeValue::String(file) = value.get_ref() else { return Err(wrong("a text was expected")) };
            module = Some(folder.join(file.as_ref()).into_os_string());
            continue;
        }
        let option = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, option)| option);
        let allowed = |arg: &&Arg| !TYPED_ONLY.contains(&arg.get_long().unwrap_or_default());
        let known = command.get_arguments().filter(allowed).find(|arg| is_called(arg, option));
        let is_named = ALIASES.iter().any(|(alias, option)| *option == name && *alias == "version");
        let Some(arg) = known.filter(|_| !is_named) else { return Err(wrong(&unknown(name, &command))) };
        let mut values = values(value.get_ref()).map_err(|why| wrong(&why))?;
        match (arg.get_action(), value.get_ref()) {
            (ArgAction::SetTrue, DeValue::Boolean(true)) => values.clear(),
            (ArgAction::SetTrue, DeValue::Boolean(false)) => continue,
            (ArgAction::SetTrue, _) => return Err(wrong("true or false was expected")),
            (_, DeValue::Table(_)) if !["env", "version-info"].contains(&option) => {
                return Err(wrong("a text or a list was expected, not a table"));
            }
            (_, DeValue::Boolean(_)) => return Err(wrong("a text was expected, not true or false")),
            (ArgAction::Append, _) => {}
            _ if values.len() == 1 => {}
            _ => return Err(wrong("one value was expected, not a list")),
        }
        if option.starts_with("files") {
            // The name that the program sees is the one that was written, wherever the file lies.
            let named = |value: &String| match value.contains("::") {
                true => value.clone(),
                false => format!("{value}::{value}"),
            };
            values = values.iter().map(named).collect();
        }
        if PATHS.contains(&option) {
            values
                .iter_mut()
                .filter(|value| *value != STANDARD)
                .for_each(|value| *value = folder.join(&value).to_string_lossy().into_owned());
        }
        // An option without values would be typed alone, which means something else.
        if arg.get_action().takes_values() && values.is_empty() {
            continue;
        }
        options.push(Said { name: option.to_owned(), values });
    }
    // Behind them nothing is an option any more.
    options.sort_by_key(|said| said.name == "args");
    let module = module.ok_or("it names no module; add a line such as: module = \"app.wasm\"")?;
    Ok(Described { module, options })
}

/// Line and column of the byte at `at`, both from 1; columns count characters.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// What is wrong with the TOML of `text`, in one line.
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
                _ => Err("a list of texts was expected".to_owned()),
            });
            texts.collect()
        }
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(key, value)| match value.get_ref() {
                DeValue::String(text) => Ok(format!("{}={text}", key.get_ref())),
                _ => Err(format!("{}: a text was expected", key.get_ref())),
            });
            pairs.collect()
        }
        _ => Err("a text, a list or a table was expected".to_owned()),
    }
}

fn unknown(name: &str, command: &clap::Command) -> String {
    let options = command.get_arguments().filter_map(|arg| arg.get_long());
    let options = options.filter(|option| !TYPED_ONLY.contains(option) && *option != "app-version");
    let mut keys: Vec<&str> =
        ["module", "args"].into_iter().chain(ALIASES.map(|(alias, _)| alias)).chain(options).collect();
    keys.sort_unstable();
    match nearest(name, keys.iter().copied()) {
        Some(key) => format!("there is no such key; did you mean {key}?"),
        None => format!("there is no such key; there are {}", keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<String>, String> {
        let said = described(text, Path::new("project"))?;
        Ok([said.module]
            .into_iter()
            .chain(said.options.iter().flat_map(Said::words))
            .map(|word| word.to_string_lossy().replace('\\', "/"))
            .collect())
    }

    #[test]
    fn keys_become_options() {
        let text = r#"
            module = "app.wasm"
            name = "app"
            version = "1.2"
            targets = ["linux-x86_64", "windows"]
            dir = [".", "~/x::/x"]
            files = ["lib::/lib"]
            native = true
            sealed = false
            level = 19
            args = ["--color", "a b"]
            env = { LANG = "C" }
        "#;
        let mut expected = vec![
            "project/app.wasm",
            "--",
            "--color",
            "a b",
            "--dir=.",
            "--dir=~/x::/x",
            "--env=LANG=C",
            "--files=project/lib::/lib",
            "--level=19",
            "--name=app",
            "--native",
            "--target=linux-x86_64",
            "--target=windows",
            "--app-version=1.2",
        ];
        let mut found = words(text).unwrap();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn mistakes_name_the_line_the_key_and_the_way_out() {
        for (text, message) in [
            ("module = 'a'\nnmae = 'x'", "line 2: nmae: there is no such key; did you mean name?"),
            ("module = 'a'\n\nflies = ['x']", "line 3: flies: there is no such key; did you mean files?"),
            ("module = 'a'\nquiet = true", "line 2: quiet: there is no such key"),
            ("module = 'a'\nnative = 'yes'", "line 2: native: true or false was expected"),
            ("module = 'a'\nname = ['x', 'y']", "line 2: name: one value was expected"),
            ("module = 'a'\ndir = [1]", "line 2: dir: a list of texts was expected"),
            ("name = 'x'", "it names no module"),
            ("module = 3", "line 1: module: a text was expected"),
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
