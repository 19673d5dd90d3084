//! The words and files that can stand at each place of the command line, for every shell.

use clap::{Arg, Command, ValueHint};
use payload::Target;

use crate::{release::Installer, targets::platform::Platform};

/// What can stand somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// One of these words.
    Word(Vec<String>),
    /// Some of these words, separated by commas.
    List(Vec<String>),
    /// A program, or the folder of one.
    Module,
    /// An executable, or the folder of one.
    Executable,
    File,
    Folder,
    /// `NAME=` and a program.
    Named,
    /// Nothing that could be known.
    Anything,
}

/// An option.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// With the dashes; the long one is the last.
    pub(super) names: Vec<String>,
    pub(super) text: String,
    /// Its value, which can be another word than the option.
    pub(super) value: Option<Offer>,
    /// Whether it can be given again.
    pub(super) is_repeated: bool,
}

/// A command, or what packs, which has no name.
#[derive(Clone, Debug)]
pub(super) struct Commanded {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) options: Vec<Choice>,
    /// What can stand where no option does.
    pub(super) place: Option<Offer>,
    /// Whether that can stand there several times.
    pub(super) is_repeated: bool,
    /// Whether words for the program follow behind `--`.
    pub(super) has_rest: bool,
}

/// What packs, and the commands.
pub(super) fn commands(mut cli: Command) -> Vec<Commanded> {
    cli = cli.disable_help_subcommand(true);
    cli.build();
    let own = commanded(&cli, String::new());
    let others = cli.get_subcommands().filter(|command| !command.is_hide_set());
    let others: Vec<Commanded> =
        others.map(|command| commanded(command, command.get_name().to_owned())).collect();
    // clap makes it of the others, with all of their options.
    let help = Commanded {
        name: "help".to_owned(),
        text: "Print the help of a command".to_owned(),
        options: Vec::new(),
        place: Some(Offer::Word(others.iter().map(|command| command.name.clone()).collect())),
        is_repeated: false,
        has_rest: false,
    };
    [own].into_iter().chain(others).chain([help]).collect()
}

fn commanded(command: &Command, name: String) -> Commanded {
    let there = || command.get_arguments().filter(|arg| !arg.is_hide_set());
    let place = there().find(|arg| arg.is_positional() && !arg.is_last_set());
    Commanded {
        name,
        text: line(command.get_about()),
        options: there().filter(|arg| !arg.is_positional()).map(choice).collect(),
        place: place.map(offered),
        is_repeated: place.is_some_and(is_repeated),
        has_rest: there().any(Arg::is_last_set),
    }
}

fn choice(arg: &Arg) -> Choice {
    let short = arg.get_short().map(|letter| format!("-{letter}"));
    let long = arg.get_long().map(|name| format!("--{name}"));
    let takes = arg.get_action().takes_values() && !arg.is_require_equals_set();
    Choice {
        names: short.into_iter().chain(long).collect(),
        text: line(arg.get_help()),
        value: takes.then(|| offered(arg)),
        is_repeated: is_repeated(arg),
    }
}

fn is_repeated(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append)
}

/// The first part of a help text.
fn line(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    let end = ["; ", " [default", ", and "].iter().filter_map(|end| text.find(end)).min();
    text[..end.unwrap_or(text.len())].to_owned()
}

/// The words that the argument called `id` can have, though others are understood.
pub(super) fn names(id: &str) -> Vec<&'static str> {
    match id {
        "target" => {
            let joined = Platform::JOINED.into_iter().map(Platform::name).chain(["universal", "all"]);
            Target::ALL.map(Target::name).into_iter().chain(joined).collect()
        }
        "installers" => Installer::ALL.map(Installer::name).into_iter().chain(["all"]).collect(),
        _ => Vec::new(),
    }
}

fn offered(arg: &Arg) -> Offer {
    let names = names(arg.get_id().as_str()).into_iter().map(str::to_owned);
    // Only where there can be several, these stand for several.
    let is_list = arg.get_value_delimiter().is_some();
    let names: Vec<String> =
        names.filter(|name| is_list || !["universal", "all"].contains(&name.as_str())).collect();
    if !names.is_empty() {
        return if is_list { Offer::List(names) } else { Offer::Word(names) };
    }
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    if !values.is_empty() {
        return Offer::Word(values);
    }
    let shown = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match (arg.get_id().as_str(), arg.get_value_hint()) {
        ("with", _) => Offer::Named,
        ("dir" | "dir-ro" | "cache", _) | (_, ValueHint::DirPath) => Offer::Folder,
        (_, ValueHint::FilePath | ValueHint::AnyPath) => match shown {
            "APP.wasm" => Offer::Module,
            "EXE" => Offer::Executable,
            _ if arg.is_positional() => Offer::Executable,
            _ => Offer::File,
        },
        _ => Offer::Anything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{command::Cli, option};
    use clap::CommandFactory;

    #[test]
    fn every_path_is_offered_files_or_folders() {
        let commands = commands(Cli::command());
        for row in option::all().filter(|row| row.is_path) {
            let name = format!("--{}", row.name);
            let choice = commands[0].options.iter().find(|choice| choice.names.contains(&name)).unwrap();
            assert!(
                matches!(choice.value, Some(Offer::File | Offer::Folder | Offer::Named)),
                "{name}: {:?}",
                choice.value
            );
        }
        for command in &commands {
            let expected = match command.name.as_str() {
                "" | "init" | "run" => Some(Offer::Module),
                "inspect" | "verify" | "extract" | "installers" => Some(Offer::Executable),
                "completions" | "help" => {
                    command.place.clone().filter(|place| matches!(place, Offer::Word(_)))
                }
                _ => None,
            };
            assert_eq!(command.place, expected, "{}", command.name);
        }
    }
}
