//! How a test says that it was skipped.
//!
//! A test that cannot run here calls [`because`] and returns. That prints the reason, appends it to the file that
//! `WASMPACK_TEST_SKIPS` names (`scripts/test` counts them), and fails where `CI` is set and `tests/skips.toml` does not
//! list the skip with a reason.

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;
use std::path::{Path, PathBuf};

/// Says that the calling test is skipped, and why.
///
/// # Panics
/// Where `CI` is set, if `tests/skips.toml` does not list this skip.
#[track_caller]
pub fn because(why: impl Display) {
    let why = why.to_string();
    let file = source(Location::caller().file());
    eprintln!("skipped: {why}");
    if let Some(record) = std::env::var_os("WASMPACK_TEST_SKIPS") {
        let target = std::env::var("WASMPACK_TEST_TARGET").unwrap_or_else(|_| "this machine".to_owned());
        let raw = if std::env::var_os("WASMPACK_TEST_RAW").is_some() { ", uncompressed" } else { "" };
        append(Path::new(&record), &format!("{target}{raw}: {file}: {why}\n"));
    }
    if in_ci() && !listed(&list(), &file, &why) {
        panic!("skipped in CI and not listed in tests/skips.toml: {file}: {why}");
    }
}

/// True where a skip must be listed: `CI` is set, and not to `0` or `false`.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()))
}

/// A source file's path from the root of the repository.
///
/// The compiler names it from there, or from the package's folder, with `..` on the way.
fn source(named: &str) -> String {
    let named = named.replace('\\', "/");
    named.rsplit_once("../").map_or(named.as_str(), |(_, rest)| rest).to_owned()
}

/// One line at the end of `file`, written at once: tests run side by side.
fn append(file: &Path, line: &str) {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let written = opened.and_then(|mut file| file.write_all(line.as_bytes()));
    written.unwrap_or_else(|error| panic!("WASMPACK_TEST_SKIPS: {}: {error}", file.display()));
}

fn list() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../skips.toml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// True if `list`, the text of `tests/skips.toml`, has an entry for this reason in this file.
fn listed(list: &str, file: &str, why: &str) -> bool {
    let list: toml::Table = list.parse().unwrap_or_else(|error| panic!("tests/skips.toml: {error}"));
    let entries = list.get("skip").and_then(toml::Value::as_array);
    let text = |entry: &toml::Value, key: &str| match entry.get(key).and_then(toml::Value::as_str) {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => panic!("tests/skips.toml: an entry has no {key}: {entry}"),
    };
    entries.into_iter().flatten().any(|entry| {
        text(entry, "reason");
        let says = text(entry, "says");
        let matches = match says.strip_suffix('*') {
            Some(beginning) => why.starts_with(beginning),
            None => why == says,
        };
        matches && file.ends_with(&text(entry, "file"))
    })
}

#[cfg(test)]
mod tests {
    use super::{list, listed, source};

    #[test]
    fn a_skip_is_listed_by_file_and_reason() {
        let list = "[[skip]]\nfile = \"tests/a.rs\"\nsays = \"no tool\"\nreason = \"none here\"\n\
                    [[skip]]\nfile = \"tests/b.rs\"\nsays = \"the system says *\"\nreason = \"it may\"\n";
        assert!(listed(list, "tests/a.rs", "no tool"));
        assert!(listed(list, "tests/b.rs", "the system says no"));
        assert!(!listed(list, "tests/b.rs", "no tool"));
        assert!(!listed(list, "tests/a.rs", "no tool here"));
        assert!(!listed("", "tests/a.rs", "no tool"));
    }

    #[test]
    #[should_panic(expected = "has no reason")]
    fn an_entry_without_a_reason_is_refused() {
        listed("[[skip]]\nfile = \"tests/a.rs\"\nsays = \"no tool\"\n", "tests/a.rs", "no tool");
    }

    #[test]
    fn the_committed_list_can_be_read() {
        assert!(!listed(&list(), "tests/none.rs", "no such skip"));
    }

    #[test]
    fn a_source_file_is_named_from_the_root_of_the_repository() {
        assert_eq!(source("packer/../tests/each_target/run.rs"), "tests/each_target/run.rs");
        assert_eq!(source("wasi/tests/fd_stat.rs"), "wasi/tests/fd_stat.rs");
        assert_eq!(source("tests\\once\\stubs.rs"), "tests/once/stubs.rs");
    }
}
