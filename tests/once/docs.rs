//! What the documents say of the repository is true: paths exist, tests exist, lists are complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::common::{read, repository};

/// The files of the repository that are text, without what is built, fetched or written by tests.
fn sources() -> Vec<PathBuf> {
    const LEFT_OUT: [&str; 7] =
        [".git", "target", "prebuilt-stubs", "corpus", "artifacts", "node_modules", "vendor"];
    let mut files = Vec::new();
    let mut folders = vec![repository()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if LEFT_OUT.contains(&&*entry.file_name().to_string_lossy()) {
                continue;
            }
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files
}

/// What stands between backquotes in a document, outside of blocks of code.
fn quoted(document: &str) -> Vec<String> {
    let prose: String = document.split("```").step_by(2).collect();
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The paths that a document names: what is quoted, or stands in a drawing, and begins with a folder of the repository.
fn paths(document: &str) -> BTreeSet<String> {
    let mut tops = BTreeSet::new();
    for entry in fs::read_dir(repository()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() && entry.file_name() != "target" {
            tops.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    let is_path = |word: &&str| word.split_once('/').is_some_and(|(top, _)| tops.contains(top));
    let words = document.split(|c: char| c.is_whitespace() || "`(),;:|".contains(c));
    let words = words.map(|word| word.trim_end_matches(['.', '?', '!']));
    // A pattern stands for files whose names differ.
    words.filter(is_path).filter(|word| !word.contains(['*', '<', '{', '…'])).map(str::to_owned).collect()
}

#[test]
fn every_path_that_guides_name_exists() {
    for name in ["CONTRIBUTING.md", "docs/architecture.md", "docs/security.md", "tests/attempts.md"] {
        let missing: Vec<String> =
            paths(&read(name)).into_iter().filter(|path| !repository().join(path).exists()).collect();
        assert!(missing.is_empty(), "{name} names what is not there: {}", missing.join(", "));
    }
}

#[test]
fn every_document_that_is_referred_to_exists() {
    for file in sources() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (at, _) in text.match_indices("docs/") {
            let name: String =
                text[at + 5..].chars().take_while(|c| c.is_ascii_alphabetic() || *c == '-').collect();
            if text[at + 5 + name.len()..].starts_with(".md") {
                let exists = repository().join(format!("docs/{name}.md")).is_file();
                assert!(exists, "{}: docs/{name}.md is not there", file.display());
            }
        }
    }
}

/// The functions that docs/security.md says hold its promises.
#[test]
fn every_test_that_holds_a_promise_exists() {
    let document = read("docs/security.md");
    let table =
        document.split("| promise | held by |").nth(1).unwrap().split("<!-- promises").next().unwrap();
    let mut count = 0;
    for held in table.lines().filter_map(|line| line.split('|').nth(2)) {
        for part in held.split(';') {
            let Some(file) = quoted(part).into_iter().find(|word| word.ends_with(".rs")) else { continue };
            let source = read(&file);
            let names = part.rsplit('`').next().unwrap_or_default().split(',').map(str::trim);
            for name in names.filter(|name| name.contains('_') && !name.contains(['*', ' '])) {
                assert!(source.contains(&format!("fn {name}(")), "{file} has no test {name}");
                count += 1;
            }
        }
    }
    assert!(count > 50, "{count} tests were found in the table");
}

/// The variables of this project that a text names.
fn variables(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("WASMPACK_") {
        // Digits are part of a name: one that ends in ARM64 is not the one that ends in ARM.
        let is_part = |c: &char| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_';
        let name: String = text[at..].chars().take_while(is_part).collect();
        let begins = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if begins && name.len() > "WASMPACK_".len() {
            found.insert(name.trim_end_matches('_').to_owned());
        }
    }
    found
}

#[test]
fn every_environment_variable_is_listed() {
    let guide = read("CONTRIBUTING.md");
    let list = guide.split("## Environment variables").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut used = BTreeSet::new();
    for file in
        sources().iter().filter(|file| !file.ends_with("CONTRIBUTING.md") && !file.ends_with("once/docs.rs"))
    {
        used.append(&mut variables(&fs::read_to_string(file).unwrap_or_default()));
    }
    let listed = variables(list);
    let unlisted: Vec<&String> = used.difference(&listed).collect();
    assert!(unlisted.is_empty(), "CONTRIBUTING.md does not list {unlisted:?}");
    let unused: Vec<&String> = listed.difference(&used).collect();
    assert!(unused.is_empty(), "CONTRIBUTING.md lists {unused:?}, which nothing reads");
}

#[test]
fn contents_of_the_decisions_are_complete() {
    let document = read("docs/decisions.md");
    let (contents, _) = document.split_once("\n## ").unwrap();
    let links = contents.lines().filter_map(|line| line.strip_prefix("- [")?.split_once("](#"));
    let links: Vec<String> =
        links.map(|(question, link)| format!("{question} #{}", link.trim_end_matches(')'))).collect();
    let anchor = |question: &str| -> String {
        let kept = question
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .collect::<String>();
        kept.replace(' ', "-")
    };
    let questions = document.lines().filter_map(|line| line.strip_prefix("### "));
    let questions: Vec<String> =
        questions.map(|question| format!("{question} #{}", anchor(question))).collect();
    assert_eq!(links, questions);
}

/// Whoever looks for a number finds what makes it.
#[test]
fn the_page_on_performance_names_every_benchmark() {
    let page = read("docs/performance.md");
    let list = page.split("| numbers | command |").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut count = 0;
    for entry in fs::read_dir(repository().join("scripts")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let is_one = name.starts_with("bench-") || ["measure", "compare-peers"].contains(&name.as_str());
        if is_one && entry.path().is_file() {
            count += 1;
            assert!(
                list.contains(&format!("scripts/{name}")),
                "docs/performance.md does not list scripts/{name}"
            );
        }
    }
    assert!(count > 8, "{count} were found");
}

/// Where packages are looked up nothing lies beside this page.
#[test]
fn the_page_of_packages_leads_nowhere() {
    let page = read("packer/assets/PACKAGE.md");
    assert!(!page.contains("](") && !page.contains("scripts/"), "{page}");
}

#[test]
fn the_page_on_releases_knows_which_format_this_version_has() {
    let version = env!("CARGO_PKG_VERSION");
    let (minor, _) = version.rsplit_once('.').expect("it has three numbers");
    let row = format!("| {minor} | {} |", payload::header::VERSION);
    assert!(read("docs/releasing.md").contains(&row), "docs/releasing.md lacks {row}");
}
