//! Each command of README.md, docs/guide.md and the page of packages does what is shown below it.
//!
//! Each block of commands is run in a folder of its own, in which lies what it names of the repository. `$ cat FILE` with a file
//! that is not there shows what a reader is to write, and so it is written. A block whose tools are missing is skipped; so is
//! one that fetches something, unless WASMPACK_TEST_FETCH is set.

use std::path::Path;
use std::process::Command;

use crate::common::{
    console::{Console, Step, blocks, without_times},
    launcher::skipped_when_embedded_is_too_old,
};

/// What blocks find in their folder if they name it: the name there, and where it lies in the repository.
const GIVEN: [(&str, &str); 4] = [
    ("tests/fixtures/wc.wasm", "tests/fixtures/wc.wasm"),
    ("wc.wasm", "tests/fixtures/wc.wasm"),
    ("app.wasm", "tests/fixtures/probe.wasm"),
    ("LICENSE-MIT", "LICENSE-MIT"),
];
/// Programs that not every machine has.
const TOOLS: [&str; 9] = ["cargo", "zig", "go", "tinygo", "npm", "npx", "pip", "componentize-py", "curl"];
/// What takes something from the network.
const FETCHING: [&str; 2] = ["npm", "pip"];
/// What is for a reader's shell, or for another test.
const NOT_HERE: [&str; 2] = ["scripts/", "export "];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The words of `step` that may be the names of programs.
fn words(step: &Step) -> impl Iterator<Item = &str> {
    step.command.split_whitespace()
}

fn is_there(tool: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(tool).is_file())
}

fn has_target(name: &str) -> bool {
    let printed = Command::new("rustc").args(["--print", "target-libdir", "--target", name]).output();
    printed.is_ok_and(|printed| Path::new(String::from_utf8_lossy(&printed.stdout).trim()).is_dir())
}

/// Why `block` cannot be run here.
fn missing(block: &[Step]) -> Option<String> {
    let uses = |tool: &str| block.iter().flat_map(words).any(|word| word == tool);
    if let Some(tool) = TOOLS.into_iter().find(|tool| uses(tool) && !is_there(tool)) {
        return Some(format!("it needs {tool}, which is not in PATH"));
    }
    if FETCHING.into_iter().any(uses) && std::env::var_os("WASMPACK_TEST_FETCH").is_none() {
        return Some("it fetches something, and WASMPACK_TEST_FETCH is not set".to_owned());
    }
    if uses("wasm32-wasip1") && !has_target("wasm32-wasip1") {
        return Some("rustc has no wasm32-wasip1".to_owned());
    }
    let is_of_python = |step: &Step| step.command.contains("python.wasm");
    let fetches = block.iter().any(|step| step.command.starts_with("npm pack"));
    if block.iter().any(is_of_python) && !fetches && std::env::var_os("WASMPACK_PYTHON").is_none() {
        return Some("it needs CPython, and WASMPACK_PYTHON is not set".to_owned());
    }
    None
}

/// Puts what `block` names into the folder of `console`.
fn prepare(console: &Console, block: &[Step]) {
    let is_named =
        |name: &str| block.iter().flat_map(words).any(|word| word.split("::").next() == Some(name));
    for (name, source) in GIVEN.into_iter().filter(|(name, _)| is_named(name)) {
        console.dir.write(name, std::fs::read(root().join(source)).unwrap());
    }
    if is_named("app.wasm") {
        console.dir.write("assets/data", "text");
    }
    let fetches = block.iter().any(|step| step.command.starts_with("npm pack"));
    if let Some(python) = std::env::var_os("WASMPACK_PYTHON").filter(|_| is_named("python.wasm") && !fetches)
    {
        let python = python.to_string_lossy();
        assert_eq!(console.run(&format!("cp -r {python}/python.wasm {python}/python-lib .")), "");
    }
}

/// Runs the blocks of `document`; returns how many commands were run.
fn run(document: &str) -> usize {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let mut count = 0;
    for block in blocks(&text) {
        let first = &block[0].command;
        if let Some(why) = missing(&block) {
            skip::because(format!("{why}: {document}, `{first}` and what follows"));
            continue;
        }
        let console = Console::new();
        prepare(&console, &block);
        for step in block.iter().filter(|step| !NOT_HERE.iter().any(|begin| step.command.starts_with(begin)))
        {
            let written = step.command.strip_prefix("cat ").map(|file| console.dir.join(file));
            if let Some(file) = written.filter(|file| !file.exists() && !step.command.contains(['|', '>'])) {
                std::fs::write(file, &step.shown).unwrap();
                continue;
            }
            let printed = console.run(&step.command);
            if step.shown.is_empty() {
                let failed = printed.contains("\n? ") || printed.starts_with("? ");
                assert!(!failed, "{document}: {}: {printed}", step.command);
            } else {
                assert_eq!(
                    without_times(&printed),
                    without_times(&step.shown),
                    "{document}: {}",
                    step.command
                );
            }
            count += 1;
        }
    }
    count
}

#[test]
fn readme_commands_work() {
    if !skipped_when_embedded_is_too_old() {
        assert!(run("README.md") >= 5);
    }
}

#[test]
fn commands_of_the_packages_page_work() {
    if !skipped_when_embedded_is_too_old() {
        assert!(run("packer/assets/PACKAGE.md") >= 5);
    }
}

#[test]
fn guide_commands_work() {
    if !skipped_when_embedded_is_too_old() {
        assert!(run("docs/guide.md") >= 20);
    }
}

/// The description in the guide, for the targets that it names.
#[test]
fn the_guides_description_works() {
    if skipped_when_embedded_is_too_old() {
        return;
    }
    let console = Console::new();
    let guide = std::fs::read_to_string(root().join("docs/guide.md")).unwrap();
    let toml = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    console.dir.write("wasmpack.toml", toml);
    console.dir.write("app.wasm", std::fs::read(root().join("tests/fixtures/probe.wasm")).unwrap());
    console.dir.write("assets/data", "text");
    let built = console.run("wasmpack build -q && ls dist");
    assert_eq!(built, "app-linux-arm64\napp-linux-x86_64\napp-macos-arm64\napp-windows-x86_64.exe\n");
    let one = console.run("wasmpack build -q -t linux-x86_64 && dist/app-linux-x86_64 env");
    assert_eq!(one, "MODE=fast\n");
}
