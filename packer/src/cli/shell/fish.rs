//! Completions for fish.

use super::offer::{Choice, Commanded, Offer};

/// The script.
pub(super) fn script(commands: &[Commanded]) -> String {
    let names: Vec<&str> = commands.iter().skip(1).map(|command| command.name.as_str()).collect();
    include_str!("fish.sh")
        .replace("@names", &names.join(" "))
        .replace("@completions", &commands.iter().flat_map(completions).collect::<Vec<_>>().join("\n"))
}

fn completions(command: &Commanded) -> Vec<String> {
    let mut lines = Vec::new();
    if !command.name.is_empty() {
        let (name, text) = (&command.name, quoted(&command.text));
        lines.push(format!("complete -c wasmpack -n __wasmpack_is_first -a {name} -d {text}"));
    }
    let begin = format!("complete -c wasmpack -n \"__wasmpack_is '{}'\"", command.name);
    lines.extend(command.options.iter().map(|choice| format!("{begin}{}", option(choice))));
    if let Some(place) = &command.place {
        lines.push(format!("{begin} -k{}", values(place)));
    }
    lines
}

fn option(choice: &Choice) -> String {
    let name = |name: &String| match name.strip_prefix("--") {
        Some(long) => format!(" -l {long}"),
        None => format!(" -s {}", name.trim_start_matches('-')),
    };
    let names: String = choice.names.iter().map(name).collect();
    let value = choice.value.as_ref().map_or_else(String::new, |value| format!(" -r{}", values(value)));
    format!("{names} -d {}{value}", quoted(&choice.text))
}

fn values(offer: &Offer) -> String {
    match offer {
        Offer::Word(words) => format!(" -f -a {}", quoted(&words.join(" "))),
        Offer::List(words) => format!(" -f -a \"(__wasmpack_list {})\"", words.join(" ")),
        Offer::Module => " -f -a \"(__wasmpack_modules)\"".to_owned(),
        Offer::Executable => " -f -a \"(__wasmpack_executables)\"".to_owned(),
        Offer::File => " -f -a \"(__wasmpack_files)\"".to_owned(),
        Offer::Folder => " -f -a \"(__wasmpack_folders)\"".to_owned(),
        Offer::Named => " -f -a \"(__wasmpack_named)\"".to_owned(),
        Offer::Anything => " -f".to_owned(),
    }
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
