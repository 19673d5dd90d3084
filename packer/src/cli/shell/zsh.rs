//! Completions for zsh.

use super::offer::{Choice, Commanded, Offer};

/// The script.
pub(super) fn script(commands: &[Commanded]) -> String {
    let named = || commands.iter().skip(1);
    let described = named().map(|command| {
        format!("        {}", quoted(&format!("{}:{}", command.name, command.text.replace(':', "\\:"))))
    });
    let names: Vec<&str> = named().map(|command| command.name.as_str()).collect();
    include_str!("zsh.sh")
        .replace("@commands", &described.collect::<Vec<_>>().join("\n"))
        .replace("@names", &names.join(" "))
        .replace("@branches", &commands.iter().map(branch).collect::<Vec<_>>().join("\n"))
}

fn branch(command: &Commanded) -> String {
    let name = if command.name.is_empty() { "''" } else { &command.name };
    let mut specs: Vec<String> = command.options.iter().map(option).collect();
    if let Some(place) = &command.place {
        let often = if command.is_repeated { "*" } else { "" };
        specs.push(match command.name.as_str() {
            // Its first word can be a command, too.
            "" => "\":program:$first\"".to_owned(),
            _ => quoted(&format!("{often}:{}", action(place))),
        });
    }
    if command.has_rest {
        specs.push(quoted("*:argument:_files"));
    }
    let specs: String = specs.into_iter().map(|spec| format!(" \\\n            {spec}")).collect();
    format!("    {name})\n        _arguments -s -S :{specs} && ret=0\n        ;;")
}

fn option(choice: &Choice) -> String {
    let text: String = choice
        .text
        .chars()
        .flat_map(|c| ['\\'].into_iter().filter(move |_| "[]:\\".contains(c)).chain([c]))
        .collect();
    let Some(value) = &choice.value else {
        let names = names(choice, |_| "");
        return format!("{names}{}", quoted(&format!("[{text}]")));
    };
    // A value stands in the same word, or in the next one.
    let names = names(choice, |name| if name.starts_with("--") { "=" } else { "+" });
    format!("{names}{}", quoted(&format!("[{text}]:{}", action(value))))
}

/// The names of an option, with what follows each; one of them is enough, unless it is repeated.
fn names(choice: &Choice, follows: impl Fn(&str) -> &'static str) -> String {
    let names: Vec<String> = choice.names.iter().map(|name| format!("{name}{}", follows(name))).collect();
    let often = if choice.is_repeated { "'*'" } else { "" };
    match &names[..] {
        [one] => format!("{often}{one}"),
        _ if choice.is_repeated => format!("{often}{{{}}}", names.join(",")),
        _ => format!("'({})'{{{}}}", choice.names.join(" "), names.join(",")),
    }
}

/// A value's description for the user, and how it is completed.
fn action(offer: &Offer) -> String {
    match offer {
        Offer::Word(words) => format!("value:({})", words.join(" ")),
        Offer::List(words) => format!("value:_sequence compadd - {}", words.join(" ")),
        Offer::Module => "program:_wasmpack_modules".to_owned(),
        Offer::Executable => "executable:_wasmpack_executables".to_owned(),
        Offer::File => "file:_wasmpack_files".to_owned(),
        Offer::Folder => "folder:_wasmpack_files -/".to_owned(),
        Offer::Named => "program:_wasmpack_named".to_owned(),
        Offer::Anything => "value: ".to_owned(),
    }
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
