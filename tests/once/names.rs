//! The table of worlds (`tests/each_target/names/`): CPython's column, and what docs/sandbox.md shows of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{self, Dir};
use crate::each_target::names::World;
use crate::each_target::names::table::{self, Cell, Table};

/// Not for each target: an emulated CPython takes seconds to start.
#[test]
fn python_finds_what_was_granted() {
    let Some(python) = std::env::var_os("WASMPACK_PYTHON").map(PathBuf::from) else {
        return skip::because("WASMPACK_PYTHON is not set");
    };
    let dir = Dir::new();
    let script = common::fixture("names/python").with_extension("py");
    dir.write("names/python.py", fs::read(script).unwrap());
    let carried = |folder: PathBuf, guest: &str| format!("{}::{guest}", folder.display());
    let options = [
        "--no-trial".to_owned(),
        "--compiler".to_owned(),
        "singlepass".to_owned(),
        "--files".to_owned(),
        carried(python.join("python-lib/usr/local"), "/python"),
        "--files".to_owned(),
        carried(dir.join("names"), "/names"),
        "--env".to_owned(),
        "PYTHONHOME=/python".to_owned(),
    ];
    World {
        module: python.join("python.wasm"),
        options: options.to_vec(),
        args: vec!["/names/python.py".to_owned()],
        carries: vec!["names".to_owned(), "python".to_owned()],
        is_large: true,
        ..World::of("python")
    }
    .check();
}

const BEGIN: &str = "<!-- worlds: WASMPACK_BLESS=1 writes what follows -->\n";
const END: &str = "<!-- worlds end -->\n";

#[test]
fn the_document_shows_the_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sandbox.md");
    let document = fs::read_to_string(&file).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("docs/sandbox.md has a place for the table");
    let (shown, after) = rest.split_once(END).expect("the place for the table ends");
    let table = rendered(&table::read());
    if std::env::var_os("WASMPACK_BLESS").is_some() {
        fs::write(&file, [before, BEGIN, &table, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(shown, table, "docs/sandbox.md shows another table: WASMPACK_BLESS=1 writes it");
}

/// The table as Markdown: what is done in the same way and answered alike, in one line.
fn rendered(table: &Table) -> String {
    let mut text = String::from("| granted | done | answer | other answers |\n| --- | --- | --- | --- |\n");
    for grant in &table.grants {
        let (options, besides) = grant.title.split_once(", ").unwrap_or((&grant.title, ""));
        let mut title = if options.starts_with('-') { format!("`{options}`") } else { options.to_owned() };
        if !besides.is_empty() {
            title += &format!(", {besides}");
        }
        for cells in &grant.starts {
            for alike in cells.chunk_by(|one, other| key(one) == key(other)) {
                let (verb, answer, others) = key(&alike[0]);
                let of = |cell: &Cell| cell.command.split_once(' ').map(|(_, words)| format!(" `{words}`"));
                let paths: String = alike.iter().filter_map(of).collect();
                writeln!(text, "| {title} | {verb}{paths} | {answer} | {others} |").unwrap();
                title.clear();
            }
        }
    }
    text.push('\n');
    for (name, reason) in &table.reasons {
        let used = |cell: &Cell| cell.exceptions.iter().any(|one| one.why.as_ref() == Some(name));
        let is_used = table.grants.iter().flat_map(|grant| &grant.starts).flatten().any(used);
        assert!(is_used, "no cell has the reason {name}");
        writeln!(text, "- {name}: {reason}.").unwrap();
    }
    text
}

/// What has to be the same for two cells to stand in one line: the verb, the answer, and the exceptions with their reasons.
fn key(cell: &Cell) -> (&str, String, String) {
    let shown = |answer: &str| match answer {
        "" => "no names".to_owned(),
        "?" => "not said".to_owned(),
        answer => format!("`{answer}`"),
    };
    let others = cell.exceptions.iter().map(|one| {
        let why = one.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{}: {}{why}", one.worlds.join(", "), shown(&one.answer))
    });
    let verb = cell.command.split(' ').next().unwrap_or_default();
    (verb, shown(&cell.answer), others.collect::<Vec<_>>().join("; "))
}
