//! Numbers that documents say and this repository can count: sizes of launchers and executables, and lines.

use std::collections::BTreeMap;
use std::fs;

use payload::{Target, target::Os};

use crate::common::{
    console::{Console, blocks, without_times},
    fixture,
    launcher::skipped_when_embedded_is_too_old,
    read, repository,
};

/// README.md and the pages in docs/, with their names.
fn documents() -> Vec<(String, String)> {
    let pages = fs::read_dir(repository().join("docs")).unwrap().map(|page| page.unwrap().file_name());
    let pages =
        pages.map(|page| format!("docs/{}", page.to_string_lossy())).filter(|page| page.ends_with(".md"));
    pages.chain(["README.md".to_owned()]).map(|name| (name.clone(), read(&name))).collect()
}

/// Sentences of a document, and the cells of its tables.
fn sentences(document: &str) -> Vec<String> {
    let prose: String = document.split("```").step_by(2).collect();
    let mut found = Vec::new();
    for paragraph in prose.split("\n\n") {
        match paragraph.trim_start().starts_with('|') {
            true => found.extend(paragraph.split('|').map(str::to_owned)),
            false => found.extend(paragraph.replace('\n', " ").split(". ").map(str::to_owned)),
        }
    }
    found
}

/// The sizes in MB that a text names, as it writes them: one, or the two of a range.
fn sizes(text: &str) -> Vec<Vec<&str>> {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', ';', ':', '.'])).collect();
    let number = |at: usize| words.get(at).copied().filter(|word| word.parse::<f64>().is_ok());
    let of = |at: usize| {
        let last = number(at)?;
        let first = at.checked_sub(2).and_then(number).filter(|_| words[at - 1] == "to");
        Some(first.into_iter().chain([last]).collect())
    };
    (1..words.len()).filter(|at| words[*at] == "MB").filter_map(|at| of(at - 1)).collect()
}

/// `bytes` in MB, with as many decimals as `like` has.
fn rounded(bytes: u64, like: &str) -> String {
    let decimals = like.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{:.decimals$}", bytes as f64 / 1e6)
}

fn launchers() -> BTreeMap<&'static str, u64> {
    let len =
        |target: Target| repository().join("prebuilt-stubs").join(target.name()).metadata().unwrap().len();
    Target::ALL.into_iter().map(|target| (target.name(), len(target))).collect()
}

#[test]
fn the_readme_is_neither_short_nor_long() {
    let lines = read("README.md").lines().count();
    assert!((120..=150).contains(&lines), "README.md has {lines} lines; it should have 120 to 150");
}

/// A sentence that speaks of launchers and of a size means theirs: that of one, or from the smallest to the largest, of all or of
/// those that a file for all Unix targets has.
#[test]
fn documents_know_how_large_launchers_are() {
    let all = launchers();
    let unix =
        all.iter().filter(|(name, _)| Target::parse(name).is_some_and(|target| target.os() != Os::Windows));
    let unix: Vec<u64> = unix.map(|(_, len)| *len).collect();
    let all: Vec<u64> = all.into_values().collect();
    let range = |of: &[u64], low: &str, high: &str| {
        let (least, most) = (of.iter().min().unwrap(), of.iter().max().unwrap());
        (rounded(*least, low), rounded(*most, high))
    };
    let mut count = 0;
    for (name, document) in documents() {
        for sentence in sentences(&document).iter().filter(|sentence| sentence.contains("launcher")) {
            for size in sizes(sentence) {
                count += 1;
                let is_right = match size[..] {
                    [low, high] => {
                        [&all, &unix].iter().any(|of| range(of, low, high) == (low.into(), high.into()))
                    }
                    [one] => all.iter().any(|len| rounded(*len, one) == one),
                    _ => unreachable!("one or two"),
                };
                assert!(is_right, "{name}: {size:?} MB in {sentence:?}; launchers have {all:?} bytes");
            }
        }
    }
    assert!(count >= 3, "{count} sizes were found");
}

#[test]
fn the_guides_table_of_targets_has_their_launchers() {
    let guide = read("docs/guide.md");
    let table = guide.split("| target | also | launcher |").nth(1).unwrap().split("\n\n").next().unwrap();
    for (name, len) in launchers() {
        let row = table.lines().find(|row| row.starts_with(&format!("| {name} |"))).expect(name);
        let [size] = &sizes(row.split('|').nth(3).unwrap())[..] else { panic!("{row}") };
        assert_eq!(size[..], [rounded(len, "0.00")], "{name}");
    }
}

/// What tests/once/commands.rs compares is what the recording shows.
#[test]
fn the_recording_shows_the_sizes_of_the_readme() {
    let drawing = read("docs/recording.svg");
    let readme: Vec<String> =
        blocks(&read("README.md")).into_iter().flatten().map(|step| without_times(&step.shown)).collect();
    let texts = drawing.split("</text>").filter_map(|text| text.rsplit_once('>').map(|(_, text)| text));
    let mut count = 0;
    for text in texts.filter(|text| text.contains(" MB ") || text.contains(" kB ")) {
        count += 1;
        let line = without_times(text);
        assert!(
            readme.iter().any(|shown| shown.contains(&line)),
            "scripts/recording: {text} is not in README.md"
        );
    }
    assert!(count >= 1);
}

/// The second cell of the first row that begins with `first`, and those behind it.
fn row(document: &str, first: &str) -> Vec<String> {
    let row =
        document.lines().find(|line| line.starts_with(first)).unwrap_or_else(|| panic!("no row {first}"));
    row.trim_matches('|').split('|').skip(1).map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn documents_know_how_large_a_packed_hello_is() {
    if skipped_when_embedded_is_too_old() {
        return;
    }
    let console = Console::new();
    fs::copy(fixture("hello"), console.dir.join("hello.wasm")).unwrap();
    let packed = |options: &str| {
        assert_eq!(console.run(&format!("wasmpack hello.wasm -q --force -o out {options}")), "");
        console.dir.join("out").metadata().unwrap().len()
    };
    let unix = Target::ALL.into_iter().filter(|target| target.os() != Os::Windows);
    let mut one: Vec<u64> = unix.map(|target| packed(&format!("-t {}", target.name()))).collect();
    one.sort_unstable();
    let mb = |bytes: u64| rounded(bytes, "0.00");
    let page = read("docs/performance.md");
    let told = format!(
        "{} to {} MB for one target, {} MB for five, and {} MB in one file",
        mb(one[0]),
        mb(one[4]),
        mb(one.iter().sum()),
        mb(packed("-t unix"))
    );
    assert!(page.replace('\n', " ").contains(&told), "docs/performance.md does not say: {told}");

    let own = ["", "--no-trial", "--profile ''", "--no-compress"];
    let own = own.map(|option| mb(packed(&format!("-t linux-x86_64 {option}"))));
    let table = page.split("### Size").nth(1).unwrap();
    assert_eq!(row(table, "| hello |")[1..5], own, "docs/performance.md, Size");
    assert_eq!(row(&page, "| C, wasmpack |")[0], own[0], "docs/performance.md, Beside other ways");
    assert_eq!(row(&read("README.md"), "| **wasmpack** |")[1], own[0], "README.md, Beside others");
}
