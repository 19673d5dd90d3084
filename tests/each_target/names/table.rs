//! The table of worlds, `worlds.txt`: what it says, grant by grant.

use std::path::Path;

/// What is asked under one grant.
#[derive(Debug, Default)]
pub struct Grant {
    pub title: String,
    /// How a program is packed.
    pub options: Vec<String>,
    /// What it needs: `unix` or `windows`; `links`, which lie beside the files then; `gone`, that the folder it is started in is
    /// removed.
    pub needs: Vec<String>,
    /// Files that the folder has besides, with their text.
    pub files: Vec<(String, String)>,
    /// What the program is told to do, and what it answers, start by start.
    pub starts: Vec<Vec<Cell>>,
}

/// One command.
#[derive(Debug)]
pub struct Cell {
    pub command: String,
    pub answer: String,
    pub exceptions: Vec<Exception>,
}

/// Worlds that are answered otherwise.
#[derive(Debug)]
pub struct Exception {
    pub worlds: Vec<String>,
    pub answer: String,
    /// The name of the reason, as docs/sandbox.md has it. None where a world has no word for what was asked.
    pub why: Option<String>,
}

impl Cell {
    /// What a program of `world` is to answer. `?` where it counts for nothing.
    pub fn answer(&self, world: &str) -> &str {
        let other = self.exceptions.iter().find(|one| one.worlds.iter().any(|name| name == world));
        other.map_or(&self.answer, |one| &one.answer)
    }
}

impl Grant {
    pub fn needs(&self, what: &str) -> bool {
        self.needs.iter().any(|need| need == what)
    }
}

/// The whole table.
#[derive(Debug, Default)]
pub struct Table {
    pub grants: Vec<Grant>,
    /// Names of reasons, and the reasons.
    pub reasons: Vec<(String, String)>,
}

/// Reads the table. It is read when the test runs: a changed cell needs no compiler.
pub fn read() -> Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/each_target/names/worlds.txt");
    let text = std::fs::read_to_string(&file).expect("the table can be read");
    let mut table = Table::default();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if let Some(title) = line.strip_prefix("= ") {
            let grant = Grant { title: title.to_owned(), starts: vec![Vec::new()], ..Grant::default() };
            table.grants.push(grant);
            continue;
        }
        if let Some((name, reason)) = line.strip_prefix("! ").and_then(|line| line.split_once(' ')) {
            table.reasons.push((name.to_owned(), reason.to_owned()));
            continue;
        }
        let grant = table.grants.last_mut().expect("a grant comes first");
        match line.split_at(1) {
            ("+", options) => grant.options = words(options),
            ("?", needs) => grant.needs = words(needs),
            (":", file) => {
                let (name, text) = file.trim().split_once(' ').expect("a file has a text");
                grant.files.push((name.to_owned(), text.to_owned()));
            }
            ("-", "") => grant.starts.push(Vec::new()),
            _ => grant.starts.last_mut().expect("there is a start").push(cell(line)),
        }
    }
    table
}

fn cell(line: &str) -> Cell {
    let mut parts = line.split(" | ");
    let first = parts.next().expect("a line has a first part");
    let (command, answer) = first.split_once(" =").unwrap_or_else(|| panic!("{line}: no answer"));
    let exceptions = parts.map(|part| {
        let (worlds, rest) = part.split_once(": ").unwrap_or_else(|| panic!("{line}: no world"));
        let (answer, why) = match rest.split_once(" (") {
            Some((answer, why)) => (answer, Some(why.trim_end_matches(')').to_owned())),
            None => (rest, None),
        };
        Exception { worlds: worlds.split(' ').map(str::to_owned).collect(), answer: answer.to_owned(), why }
    });
    Cell { command: command.to_owned(), answer: answer.trim().to_owned(), exceptions: exceptions.collect() }
}
