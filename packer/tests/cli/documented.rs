//! Every option of the command stands in docs/guide.md, and docs/library.md says what each option of a pack is there.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

fn page(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    fs::read_to_string(file).unwrap()
}

fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wasmpack")).args(words).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The long options that a help text has a line for.
fn options(help: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        // What is indented more goes on in an explanation.
        let line = line.strip_prefix("      ").or_else(|| line.strip_prefix("  "))?;
        let line = line.split_once(", ").filter(|(short, _)| short.len() == 2).map_or(line, |(_, rest)| rest);
        let name = line.strip_prefix("--")?;
        Some(name.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect())
    };
    help.lines().filter_map(name).collect()
}

/// The commands that the help lists.
fn commands(help: &str) -> Vec<&str> {
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let name = |line: &'_ str| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')).is_some();
    list.lines().filter(|line| name(line)).filter_map(|line| line.split_whitespace().next()).collect()
}

fn has(text: &str, option: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    text.match_indices(option).any(|(at, _)| ends(&text[at + option.len()..]))
}

#[test]
fn the_guide_has_every_option() {
    let guide = page("guide.md");
    let section = guide.split("\n## Every option\n").nth(1).expect("it has a section of them");
    let (packs, others) = section.split_once("\nOther commands").expect("those of other commands follow");
    let main = help(&["--help"]);
    let own = options(&main);
    assert!(own.len() > 45, "{own:?}");
    let missing: Vec<_> = own.iter().filter(|name| !has(packs, &format!("--{name}"))).collect();
    assert!(missing.is_empty(), "docs/guide.md, Every option, lacks {missing:?}");
    let commands = commands(&main);
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let rows: String =
            others.lines().filter(|line| has(line.split('|').nth(1).unwrap_or_default(), command)).collect();
        for name in options(&help(&[command, "--help"])) {
            let option = format!("--{name}");
            // What packs have too needs no row, unless it means something else.
            assert!(has(&rows, &option) || own.contains(&name), "docs/guide.md lacks {option} of {command}");
        }
    }
}

#[test]
fn the_page_on_the_library_has_every_option_of_a_pack() {
    let library = page("library.md");
    for name in options(&help(&["--help"])) {
        let (method, option) = (format!("`{}`", name.replace('-', "_")), format!("--{name}"));
        let is_of_the_command = ["help", "version"].contains(&name.as_str());
        assert!(
            is_of_the_command || library.contains(&method) || has(&library, &option),
            "docs/library.md lacks {option}"
        );
    }
}
