//! Consoles as documents show them: commands behind `$ `, and what they print.
//!
//! Commands are run by `sh` in one folder, with `wasmpack` in PATH, and their output is what a terminal would show: both
//! streams in one. Numbers that depend on the machine or on a launcher's bytes (sizes, seconds, hashes) are not compared in sessions;
//! in documents sizes are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Dir, text};

/// One command, with the lines that a document shows below it.
#[derive(Debug)]
pub struct Step {
    /// The command, without the prompt.
    pub command: String,
    /// What it prints; nothing where the document shows nothing.
    pub shown: String,
}

/// What stands in the line before a block that is not to be run, with the reason.
const NOT_RUN: &str = "<!-- not run: ";

/// The console blocks of a document in Markdown that are to be run, each with its commands.
pub fn blocks(document: &str) -> Vec<Vec<Step>> {
    let pieces: Vec<&str> = document.split("```console\n").collect();
    let is_run = |before: &str| !before.lines().last().is_some_and(|line| line.starts_with(NOT_RUN));
    let blocks = pieces.windows(2).filter(|pair| is_run(pair[0]));
    blocks.map(|pair| steps(pair[1].split("```").next().unwrap_or_default())).collect()
}

/// The commands of one console. What stands before the first belongs to none.
pub fn steps(console: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in console.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step { command: command.to_owned(), shown: String::new() }),
            (None, Some(step)) => step.shown += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    steps
}

/// A folder in which commands are run.
pub struct Console {
    /// The folder.
    pub dir: Dir,
    /// Where `wasmpack` is.
    bin: Dir,
}

impl Console {
    /// An empty folder.
    pub fn new() -> Console {
        let bin = Dir::new();
        let wasmpack = Path::new(env!("CARGO_BIN_EXE_wasmpack"));
        let link = bin.join(&wasmpack.file_name().expect("a program has a name").to_string_lossy());
        // A copy of a hundred megabytes would do as well.
        #[cfg(unix)]
        std::os::unix::fs::symlink(wasmpack, link).expect("a link can be made");
        #[cfg(not(unix))]
        drop(std::fs::copy(wasmpack, link).expect("a file can be copied"));
        Console { dir: Dir::new(), bin }
    }

    /// Runs one command; returns what it printed and, in a line of its own, `? CODE` if it failed.
    pub fn run(&self, command: &str) -> String {
        let mut path = vec![PathBuf::from(self.bin.path())];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.dir.path())
            .env("PATH", std::env::join_paths(path).expect("folders can be in PATH"))
            .env_remove("WASMPACK_OPTS")
            // What cargo builds in the folder stays in the folder.
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null())
            .output()
            .expect("there is a shell");
        let mut printed = text(&output.stdout).replace(&*self.dir.path().to_string_lossy(), "[DIR]");
        if !printed.is_empty() && !printed.ends_with('\n') {
            printed.push('\n');
        }
        match output.status.code() {
            Some(0) => printed,
            code => format!("{printed}? {}\n", code.unwrap_or(-1)),
        }
    }
}

/// `text` with numbers that differ from build to build as `N`, and hashes as `HASH`.
pub fn settled(text: &str) -> String {
    without_numbers_of(text, &["bytes", "kB", "MB", "GB", "s"])
}

/// `text` with numbers that differ from run to run as `N`, and hashes as `HASH`. The sizes are what a reader gets.
pub fn without_times(text: &str) -> String {
    without_numbers_of(text, &["s"])
}

fn without_numbers_of(text: &str, units: &[&str]) -> String {
    let is_number = |word: &str| {
        let word = word.trim_start_matches('(');
        word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let is_hash = |word: &str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut out: Vec<String> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let unit = words.get(at + 1).map(|next| next.trim_end_matches([',', ';', ')', ':']));
            let hash = word.trim_matches(['"', ',', ';']);
            if is_number(word) && unit.is_some_and(|unit| units.contains(&unit)) {
                out.push(word.replace(|c: char| c != '(', "") + "N");
                // How wide the number was is of no matter either.
                while out.len() > 1 && out[out.len() - 2].is_empty() {
                    out.remove(out.len() - 2);
                }
            } else if is_hash(hash) {
                out.push(word.replace(hash, "HASH"));
            } else {
                out.push((*word).to_owned());
            }
        }
        out.join(" ")
    };
    text.lines().map(|text| line(text) + "\n").collect()
}
