//! Each message that a user can meet has an entry in docs/troubleshooting.md, which tells cause and way out.
//!
//! The messages are read out of the sources: every text of three words and more that is neither a comment, nor an attribute,
//! nor in a test, nor an assertion. An entry covers those that it quotes, and those of the files that it names in a comment
//! (`<!-- also: FOLDER -->`), where all are details of one message.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::common::repository;

/// Where messages are made.
const SOURCES: [&str; 9] = [
    "packer/src",
    "packer/container/src",
    "packer/lower/src",
    "packer/component/src",
    "packer/installers/src",
    "payload/src",
    "payload/terms/src",
    "stub/src",
    "wasi/src",
];

/// Scripts that users run: what they print, too, are messages.
const SCRIPTS: [&str; 1] = ["packer/container/src/unix/start.sh"];

/// Files whose texts tell what a program may touch, or are help: nobody has to be told a way out of these.
const TELLING: [&str; 13] = [
    "packer/src/cli/command.rs",
    "packer/src/cli/given.rs",
    "packer/src/cli/manual.rs",
    "packer/src/cli/option/",
    "packer/src/cli/schema.rs",
    "packer/src/cli/shell/",
    "packer/src/cli/targets.rs",
    "packer/src/notices.rs",
    "packer/src/producer.rs",
    "payload/src/info.rs",
    "payload/src/json.rs",
    "payload/terms/src/target.rs",
    "payload/terms/src/telling.rs",
];

/// Macros whose texts are read by programmers, or by an assembler.
const FOR_PROGRAMMERS: [&str; 12] = [
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "unreachable",
    "asm",
    "global_asm",
    "naked_asm",
    "naked_asm_end",
];

/// Texts that are no messages, and where they stand.
const NO_MESSAGES: &str = include_str!("messages.txt");

/// The text of a literal, if it is one.
fn text(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        return Some(raw.trim_matches('#').trim_matches('"').to_owned());
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut rest = inner.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some('\n')) => while rest.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('n' | 't')) => {
                rest.next();
                text.push(' ');
            }
            ('\\', _) => text.extend(rest.next()),
            _ => text.push(c),
        }
    }
    Some(text)
}

/// Adds the texts among `tokens` to `found`.
fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let group = |at: usize, delimiter: Delimiter| match trees.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group.stream().to_string()),
        _ => None,
    };
    let is_punct =
        |at: usize, c: char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        at += 1;
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                at += usize::from(is_punct(at, '!'));
                let Some(attribute) = group(at, Delimiter::Bracket) else { continue };
                at += 1;
                // What is compiled for tests alone: up to its body, or its semicolon.
                if attribute.replace(' ', "") == "cfg(test)" {
                    while at < trees.len() && !is_punct(at, ';') && group(at, Delimiter::Brace).is_none() {
                        at += 1;
                    }
                    at += 1;
                }
            }
            TokenTree::Ident(name) if is_punct(at, '!') => {
                at += if FOR_PROGRAMMERS.contains(&&*name.to_string()) { 2 } else { 1 };
            }
            TokenTree::Ident(name) if name == "expect" && group(at, Delimiter::Parenthesis).is_some() => {
                at += 1
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => found.extend(text(&literal.to_string())),
            _ => {}
        }
    }
}

/// The text with `…` for what is filled in, in one line.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    let mut rest = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    while let Some((before, behind)) = rest.split_once('{') {
        shape += before;
        // What is filled in has no blanks.
        match behind.split_once('}').filter(|(name, _)| !name.contains(' ')) {
            Some((_, after)) => {
                shape.push('…');
                rest = after.to_owned();
            }
            None => {
                shape.push('{');
                rest = behind.to_owned();
            }
        }
    }
    shape += &rest;
    let shape = shape.replace('\u{1}', "{").replace('\u{2}', "}");
    shape.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a shell script prints of its failures, with `…` for what is filled in.
fn of_script(script: &str) -> Vec<String> {
    let said = ["_wasmpack_fail \"", "echo \""].into_iter().flat_map(|begin| script.split(begin).skip(1));
    let said = said.filter_map(|behind| Some(behind.split_once('"')?.0));
    said.map(|text| {
        let mut shape = String::new();
        let mut filled = None;
        for c in text.chars() {
            let ends =
                filled.is_some_and(|begin| begin == c || begin == '$' && !c.is_alphanumeric() && c != '_');
            match c {
                '$' | '@' if filled.is_none() => {
                    filled = Some(c);
                    shape.push('…');
                }
                _ if ends => {
                    filled = None;
                    shape.extend(Some(c).filter(|c| *c != '@'));
                }
                _ => shape.extend(Some(c).filter(|_| filled.is_none())),
            }
        }
        shape
    })
    .collect()
}

fn is_message(shape: &str) -> bool {
    let is_word = |word: &&str| word.chars().filter(|c| c.is_ascii_alphabetic()).count() >= 2;
    shape.split_whitespace().filter(is_word).count() >= 3
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| {
        let part = part.as_os_str();
        part == "tests" || part == "testing" || part == "tests.rs"
    })
}

/// Every message of the sources: the file's path in the repository, and the shape.
fn messages() -> BTreeSet<(String, String)> {
    let mut messages = BTreeSet::new();
    let mut folders: Vec<PathBuf> = SOURCES.iter().map(|folder| repository().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if is_test(path.strip_prefix(repository()).unwrap()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(repository()).unwrap().to_string_lossy().replace('\\', "/");
            let Some(source) = name.ends_with(".rs").then(|| fs::read_to_string(&path).unwrap()) else {
                continue;
            };
            let mut found = Vec::new();
            collect(TokenStream::from_str(&source).unwrap(), &mut found);
            let shapes = found.iter().map(|text| shape(text)).filter(|shape| is_message(shape));
            messages.extend(shapes.map(|shape| (name.clone(), shape)));
        }
    }
    for name in SCRIPTS {
        let script = fs::read_to_string(repository().join(name)).unwrap();
        let found = of_script(&script);
        assert!(found.len() > 4, "{name}: {found:?}");
        messages.extend(found.into_iter().map(|shape| (name.to_owned(), shape)));
    }
    messages
}

/// Whether the parts of `pattern` stand in `text`, one behind the other.
fn has(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('…').map(|piece| piece.trim_matches([' ', ':', ';', ','])).all(|piece| {
        rest.find(piece).is_some_and(|at| {
            rest = &rest[at + piece.len()..];
            true
        })
    })
}

/// An entry of docs/troubleshooting.md.
struct Entry {
    title: String,
    /// The messages that it quotes.
    quoted: Vec<String>,
    /// Where more of its messages are made.
    also: Vec<String>,
    /// What it says of them.
    prose: String,
}

fn entries() -> Vec<Entry> {
    let document = fs::read_to_string(repository().join("docs/troubleshooting.md")).unwrap();
    let sections = document.split("\n### ").skip(1).map(|section| section.split("\n## ").next().unwrap());
    let entry = |section: &str| {
        let (title, body) = section.split_once('\n').unwrap();
        let mut entry = Entry { title: title.to_owned(), quoted: vec![], also: vec![], prose: String::new() };
        for (index, part) in body.split("```").enumerate() {
            match part.strip_prefix("text\n").filter(|_| index % 2 == 1) {
                Some(block) => entry.quoted.extend(block.lines().map(str::to_owned)),
                None => entry.prose += part,
            }
        }
        for comment in entry.prose.split("<!-- also: ").skip(1) {
            let places = comment.split(" -->").next().unwrap();
            entry.also.extend(places.split_whitespace().map(str::to_owned));
        }
        entry
    };
    sections.map(entry).collect()
}

#[test]
fn every_message_has_a_way_out() {
    let (messages, entries) = (messages(), entries());
    assert!(messages.len() > 400, "{} messages were found", messages.len());
    let no_message: BTreeSet<&str> = NO_MESSAGES.lines().filter(|line| !line.starts_with('#')).collect();
    let is_told = |place: &str, shape: &str| {
        let quotes = |quoted: &String| is_message(quoted) && (has(shape, quoted) || has(quoted, shape));
        entries.iter().any(|entry| {
            entry.also.iter().any(|also| place.starts_with(also.as_str())) || entry.quoted.iter().any(quotes)
        })
    };
    let untold: Vec<String> = messages
        .iter()
        .filter(|(place, _)| !TELLING.iter().any(|telling| place.starts_with(telling)))
        .filter(|(_, shape)| !no_message.contains(shape.as_str()))
        .filter(|(place, shape)| !is_told(place, shape))
        .map(|(place, shape)| format!("{place}: {shape}"))
        .collect();
    assert!(
        untold.is_empty(),
        "docs/troubleshooting.md has no entry for (what is no message belongs into tests/once/messages.txt):\n{}",
        untold.join("\n")
    );
    let gone: Vec<&&str> =
        no_message.iter().filter(|line| !messages.iter().any(|(_, shape)| shape == **line)).collect();
    assert!(gone.is_empty(), "tests/once/messages.txt has what is nowhere: {gone:?}");
}

#[test]
fn every_entry_is_of_a_message() {
    let messages = messages();
    let (mut titles, mut wrong) = (BTreeSet::new(), Vec::new());
    for entry in entries() {
        let title = &entry.title;
        assert!(titles.insert(title.clone()), "{title} is there twice");
        for part in ["**Why:** ", "**What to do:** "] {
            assert!(entry.prose.contains(part), "{title}: no {part}");
        }
        for quoted in &entry.quoted {
            let is_made = messages.iter().any(|(_, shape)| has(shape, quoted) || has(quoted, shape));
            if !is_message(quoted) {
                wrong.push(format!("{title}: {quoted}: too short to be told apart"));
            } else if !is_made {
                wrong.push(format!("{title}: nothing says {quoted}"));
            }
        }
        for also in &entry.also {
            assert!(
                messages.iter().any(|(place, _)| place.starts_with(also)),
                "{title}: {also}: no messages"
            );
        }
        assert!(!entry.quoted.is_empty(), "{title} quotes no message");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_left_out_is_there() {
    for telling in TELLING {
        assert!(repository().join(telling).exists(), "{telling}: gone, or has another name");
    }
    for file in entries().iter().flat_map(|entry| &entry.also) {
        assert!(
            repository().join(file).exists(),
            "docs/troubleshooting.md: {file}: gone, or has another name"
        );
    }
}

#[test]
fn texts_are_found_where_they_are_messages() {
    let source = r##"
        /// A comment of three words.
        #[expect(unsafe_code, reason = "an attribute of words")]
        fn f(x: u8) -> String {
            assert!(x > 0, "an assertion of words");
            let y = x.checked_add(1).expect("a promise of words");
            format!("the number {x:?} is \
                too {} here", "large \"or\" small enough")
        }
        #[cfg(test)]
        mod tests { const T: &str = "a text in tests"; }
        const U: &str = r#"raw text with words"#;
    "##;
    let mut found = Vec::new();
    collect(TokenStream::from_str(source).unwrap(), &mut found);
    let shapes: Vec<String> =
        found.iter().map(|text| shape(text)).filter(|shape| is_message(shape)).collect();
    assert_eq!(shapes, ["the number … is too … here", "large \"or\" small enough", "raw text with words"]);
    assert!(has("cannot read it: …", "cannot read it: …") && has("the file x is gone", "file … gone"));
    assert!(!has("the file is gone", "gone … file"));
}
