//! Advice for a command line that was mistyped.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use clap::{
    CommandFactory,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{
    command::Cli,
    option::{self, Takes},
};
use crate::nearest::nearest;

/// Commands of other tools, and their names here.
const ELSEWHERE: [(&str, &str); 9] = [
    ("pack", PACK),
    ("compile", PACK),
    ("create", PACK),
    ("bundle", PACK),
    ("version", "did you mean wasmpack --version?"),
    ("info", "did you mean the command inspect?"),
    ("show", "did you mean the command inspect?"),
    ("check", "did you mean the command verify?"),
    ("unpack", "did you mean the command extract?"),
];
const PACK: &str = "packing needs no command: wasmpack APP.wasm";

/// Advice for a version behind `--version`, which was meant as the program's.
pub(super) fn version(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let is_asked = error.kind() == ErrorKind::DisplayVersion || is_about(error, "--version");
    let texts = args.iter().take_while(|arg| *arg != "--").filter_map(|arg| arg.to_str());
    let mut behind = texts.skip_while(|text| *text != "-V" && text.split('=').next() != Some("--version"));
    let (_, version) = behind.next().filter(|_| is_asked)?.split_once('=').unzip();
    let version = version.or(behind.next()).filter(|next| next.contains(|c: char| c.is_ascii_digit()));
    // A program that is called so, behind wasmpack's own.
    let version = version.filter(|next| !next.starts_with('-') && !Path::new(next).exists());
    match (version, error.kind()) {
        (Some(version), _) => {
            Some(format!("--version is wasmpack's own; the program's is --app-version {version}"))
        }
        (None, ErrorKind::DisplayVersion) => None,
        (None, _) => Some("--version is wasmpack's own; the program's is --app-version VERSION".to_owned()),
    }
}

/// Whether `error` is about `option`.
fn is_about(error: &clap::Error, option: &str) -> bool {
    let about = error.get(ContextKind::InvalidArg);
    matches!(about, Some(ContextValue::String(about)) if about.split('=').next() == Some(option))
}

/// A better message than that of `error` about the command line `args`, if there is one.
pub(super) fn advice(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let typed = args.get(1..).unwrap_or_default();
    if let Some(file) = dashed(typed).filter(|_| error.kind() != ErrorKind::ArgumentConflict) {
        return Some(format!("{file}: read as an option; to name the file, write ./{file}"));
    }
    if let (ErrorKind::InvalidSubcommand, Some(ContextValue::String(word))) =
        (error.kind(), error.get(ContextKind::InvalidSubcommand))
    {
        let list = || format!("the commands are {}", commands().join(", "));
        return Some(format!("{word}: no such command; {}", command(word.as_ref()).unwrap_or_else(list)));
    }
    let unknown = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(unknown))) => unknown,
        _ => return None,
    };
    if let Some(attached) = detached(typed, unknown) {
        return Some(attached);
    }
    let first = typed.first()?;
    if let Some(meant) = one_dash(first, typed, unknown) {
        return Some(meant);
    }
    if first == "run" && !unknown.starts_with('-') {
        return Some(format!(
            "{unknown}: the program's arguments stand behind --: wasmpack run APP.wasm -- {unknown}"
        ));
    }
    if first == "build" && !unknown.starts_with('-') {
        let way = match Path::new(unknown).extension().is_some_and(|extension| extension == "toml") {
            true => format!("to name another: wasmpack build --config {unknown}"),
            false => format!("to pack a module: wasmpack {unknown}"),
        };
        return Some(format!("build takes no file, it packs what wasmpack.toml describes; {way}"));
    }
    if is_command(first) {
        return of_command(first.to_str()?, unknown);
    }
    if let Some(command) = owner(unknown) {
        return Some(format!(
            "{unknown} is an option of the command {command}: wasmpack {command} {unknown}"
        ));
    }
    if let Some(meant) = near_option(&Cli::command(), unknown) {
        return Some(meant);
    }
    let later = typed.iter().take_while(|arg| *arg != "--").find(|arg| is_command(arg));
    if let Some(meant) = later.and_then(|word| command(word)) {
        return Some(meant);
    }
    if let Some(word) = first.to_str().filter(|word| is_a_word(word) && !Path::new(word).exists()) {
        let meant = command(first).unwrap_or_else(|| "wasmpack --help lists the commands".to_owned());
        return Some(format!("{word}: no such file or command; {meant}"));
    }
    if unknown.starts_with('-') {
        return None;
    }
    let is_program = |ending: &str| unknown.ends_with(ending);
    let otherwise = match [".wasm", ".wat"].into_iter().any(is_program) {
        true => format!("--with NAME={unknown} carries a second program"),
        false => format!("-o {unknown} names the output"),
    };
    Some(format!(
        "{unknown}: one program is packed; its arguments stand behind --: wasmpack APP.wasm -- {unknown}; {otherwise}"
    ))
}

/// Advice for the argument `unknown` of the command called `name`.
fn of_command(name: &str, unknown: &str) -> Option<String> {
    let cli = Cli::command();
    let command = cli.find_subcommand(name)?;
    if unknown.starts_with('-') {
        let way = "wasmpack APP.wasm; run keeps no file";
        let of_packing = || {
            if has_option(&cli, unknown) {
                return Some(format!("{unknown} is an option for packing: {way}"));
            }
            Some(format!("{} It is for packing: {way}", near_option(&cli, unknown)?))
        };
        let none = || match name {
            "run" => format!(
                "{unknown}: no such option; the program's arguments stand behind --: wasmpack run APP.wasm -- {unknown}"
            ),
            _ => format!(
                "{unknown}: the command {name} has no such option; wasmpack {name} --help lists those it has"
            ),
        };
        let meant = near_option(command, unknown).or_else(|| of_packing().filter(|_| name == "run"));
        return Some(meant.unwrap_or_else(none));
    }
    Some(match command.get_positionals().next() {
        Some(_) => {
            format!(
                "{unknown}: the command {name} takes one name at a time; for this one, with the same options: wasmpack {name} {unknown}"
            )
        }
        None => {
            format!("{unknown}: the command {name} takes options only; wasmpack {name} --help lists them")
        }
    })
}

/// True if `unknown` is an option of `command`, long or short.
fn has_option(command: &clap::Command, unknown: &str) -> bool {
    let name = unknown.split('=').next().unwrap_or_default();
    command.get_arguments().any(|arg| {
        arg.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long))
            || arg
                .get_short()
                .is_some_and(|short| name.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4])))
    })
}

/// Advice for `unknown`, which is nearly an option of `command`.
fn near_option(command: &clap::Command, unknown: &str) -> Option<String> {
    let name = unknown.strip_prefix("--")?.split('=').next()?;
    let options = command.get_arguments().filter_map(clap::Arg::get_long).chain(["help"]);
    let meant = nearest(name, options)?;
    Some(format!("{unknown}: no such option; did you mean --{meant}?"))
}

/// Advice for a long option with one dash, of which `unknown` is the first letter.
fn one_dash(first: &OsStr, typed: &[OsString], unknown: &str) -> Option<String> {
    let cli = Cli::command();
    let command = first.to_str().and_then(|name| cli.find_subcommand(name)).unwrap_or(&cli);
    let texts = typed.iter().take_while(|arg| *arg != "--").filter_map(|arg| arg.to_str());
    let mut long =
        texts.filter(|text| text.len() > 2 && text.starts_with(unknown) && !text.starts_with("--"));
    let meant = long.find(|text| has_option(command, &format!("-{text}")))?;
    Some(format!("{meant}: no such option; did you mean -{meant}?"))
}

/// What to write instead of a value that stands behind an option which takes it attached. `unknown` is the argument that is one
/// too many: the value, or the program, whose place the value took.
fn detached(typed: &[OsString], unknown: &str) -> Option<String> {
    let texts: Vec<&str> =
        typed.iter().take_while(|arg| *arg != "--").filter_map(|arg| arg.to_str()).collect();
    let takes_attached = |text: &str| {
        let name = text.strip_prefix("--");
        option::all().any(|row| matches!(row.takes, Takes::Maybe(_)) && name == Some(row.name))
    };
    let is_value = |text: &str| text == unknown || !text.starts_with('-') && !Path::new(text).exists();
    let pair = texts.windows(2).find(|pair| takes_attached(pair[0]) && is_value(pair[1]))?;
    Some(format!("{}: a value is attached to {}: {}={}", pair[1], pair[0], pair[0], pair[1]))
}

/// The command that has the option `unknown`.
fn owner(unknown: &str) -> Option<String> {
    let name = unknown.strip_prefix("--")?.split('=').next()?;
    let cli = Cli::command();
    let has = |command: &&clap::Command| command.get_arguments().any(|arg| arg.get_long() == Some(name));
    cli.get_subcommands().find(has).map(|command| command.get_name().to_owned())
}

/// Whether `text` may be meant as a command, and not as a path or an option.
fn is_a_word(text: &str) -> bool {
    !text.starts_with('-') && !text.contains(['.', '/', '\\'])
}

/// The first argument that begins with a dash and is the name of a file.
fn dashed(typed: &[OsString]) -> Option<&str> {
    let options = typed.iter().take_while(|arg| *arg != "--");
    let mut texts = options.filter_map(|arg| arg.to_str());
    texts.find(|text| text.len() > 1 && text.starts_with('-') && Path::new(text).symlink_metadata().is_ok())
}

/// The names of the commands.
fn commands() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Whether `word` is the name of a command.
fn is_command(word: &OsStr) -> bool {
    commands().iter().any(|command| word == command.as_str())
}

/// Advice for `input`, a program that cannot be read, if its name is like a command's. A command that follows an option is read
/// as a program.
pub(super) fn command(input: &OsStr) -> Option<String> {
    let word = input.to_str().filter(|word| is_a_word(word))?;
    if is_command(input) {
        return Some(format!("the command {word} must come first, before all options: wasmpack {word}"));
    }
    if Path::new(input).exists() {
        return None;
    }
    if let Some((_, meant)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == word) {
        return Some((*meant).to_owned());
    }
    let cli = Cli::command();
    nearest(word, cli.get_subcommands().map(clap::Command::get_name))
        .map(|name| format!("did you mean the command {name}?"))
}
