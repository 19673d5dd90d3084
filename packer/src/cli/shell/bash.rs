//! Completions for bash.

use super::offer::{Choice, Commanded, Offer};

/// The script.
pub(super) fn script(commands: &[Commanded]) -> String {
    let names: Vec<&str> = commands.iter().skip(1).map(|command| command.name.as_str()).collect();
    include_str!("bash.sh")
        .replace("@commands", &names.join(" "))
        .replace("@takes", &each(commands, takes))
        .replace("@places", &each(commands, place))
        .replace("@options", &each(commands, options))
}

/// A branch for each command for which `of` says something.
fn each(commands: &[Commanded], of: impl Fn(&Commanded) -> Option<String>) -> String {
    let branch = |command: &Commanded| {
        let name = if command.name.is_empty() { "''" } else { &command.name };
        Some(format!("    {name})\n{}\n        ;;", of(command)?))
    };
    commands.iter().filter_map(branch).collect::<Vec<_>>().join("\n")
}

fn takes(command: &Commanded) -> Option<String> {
    let branch = |choice: &Choice| {
        let value = choice.value.as_ref()?;
        Some(format!("        {}) {}; return ;;", choice.names.join(" | "), kind(value)))
    };
    let branches: Vec<String> = command.options.iter().filter_map(branch).collect();
    let branches = branches.join("\n");
    (!branches.is_empty()).then(|| format!("        case $2 in\n{branches}\n        esac"))
}

fn place(command: &Commanded) -> Option<String> {
    let many = if command.is_repeated { " many=1" } else { "" };
    Some(format!("        {}{many}; return", kind(command.place.as_ref()?)))
}

fn options(command: &Commanded) -> Option<String> {
    let names: Vec<&str> =
        command.options.iter().flat_map(|choice| &choice.names).map(String::as_str).collect();
    Some(format!("        echo \"{}\"", names.join(" ")))
}

/// What notes an offer.
fn kind(offer: &Offer) -> String {
    let words = |kind: &str, words: &[String]| format!("kind={kind} list=\"{}\"", words.join(" "));
    let kind = match offer {
        Offer::Word(of) => return words("words", of),
        Offer::List(of) => return words("list", of),
        Offer::Module => "modules",
        Offer::Executable => "executables",
        Offer::File => "files",
        Offer::Folder => "folders",
        Offer::Named => "named",
        Offer::Anything => "nothing",
    };
    format!("kind={kind}")
}
