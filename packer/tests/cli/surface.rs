//! The library's public items are those in surface.txt: a change of them is seen, and told in CHANGELOG.md.
//!
//! `WASMPACK_BLESS=1 cargo test --workspace --test cli surface` writes the file. The items are read out of the sources: whatever
//! is `pub` in a public module, and methods wherever they stand. The command's own module is no part of the library.

use std::{fs, path::Path, str::FromStr};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

const GOLDEN: &str = "tests/cli/surface.txt";
/// Roots of what a user of the library sees: file, name there, and what is no part of it.
const ROOTS: [(&str, &str, &[&str]); 2] =
    [("src/lib.rs", "wasmpack", &["cli"]), ("../payload/terms/src/lib.rs", "terms", &[])];

/// The tokens without attributes and comments, as text.
fn text(trees: &[TokenTree]) -> String {
    let mut out = String::new();
    let mut rest = trees.iter().peekable();
    while let Some(tree) = rest.next() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                rest.next_if(|next| matches!(next, TokenTree::Group(_)));
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out = out.trim_end_matches(|c| c == ' ' && open == "(").to_owned();
                out += &format!("{open}{}{close}", text(&trees_of(group)));
            }
            TokenTree::Punct(punct) if ",:;.&<>'!?=-|+*".contains(punct.as_char()) => {
                let c = punct.as_char();
                if ",:;.>?<'".contains(c) {
                    out.truncate(out.trim_end().len());
                }
                out.push(c);
                if ",:;".contains(c) && !out.ends_with("::") {
                    out.push(' ');
                }
                if out.ends_with(": :") {
                    out.truncate(out.len() - 3);
                    out += "::";
                }
            }
            word => {
                if out.ends_with(|c: char| c.is_alphanumeric() || "_)]}>".contains(c)) {
                    out.push(' ');
                }
                out += &word.to_string();
            }
        }
    }
    out.trim().to_owned()
}

fn trees_of(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

/// An item: its tokens up to its body, the body, and whether it is marked as growing.
struct Item {
    head: Vec<TokenTree>,
    body: Option<Group>,
    grows: bool,
}

/// The items among `trees`, without those for tests.
fn items(trees: &[TokenTree]) -> Vec<Item> {
    let (mut found, mut head, mut is_test, mut grows) = (Vec::new(), Vec::new(), false, false);
    let mut rest = trees.iter().peekable();
    while let Some(tree) = rest.next() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                rest.next_if(|next| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '!'));
                let Some(TokenTree::Group(group)) = rest.next() else { continue };
                let attribute = group.stream().to_string().replace(' ', "");
                is_test |= ["cfg(test)", "cfg(doctest)"].contains(&attribute.as_str());
                grows |= attribute == "non_exhaustive";
            }
            tree => {
                let body = match tree {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.clone()),
                    _ => None,
                };
                let ends = matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';');
                if body.is_none() && !ends {
                    head.push(tree.clone());
                    continue;
                }
                // The braces of `use a::{b}` end nothing.
                let is_use = head.iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "use"));
                if is_use && !ends {
                    head.push(tree.clone());
                    continue;
                }
                let item = Item { head: std::mem::take(&mut head), body, grows };
                if !is_test {
                    found.push(item);
                }
                (is_test, grows) = (false, false);
            }
        }
    }
    found
}

fn words(head: &[TokenTree]) -> Vec<String> {
    head.iter().map(ToString::to_string).collect()
}

fn is_public(head: &[TokenTree]) -> bool {
    let is_restricted = matches!(head.get(1), Some(TokenTree::Group(_)));
    words(head).first().is_some_and(|word| word == "pub") && !is_restricted
}

/// The fields of a struct: what stands between commas that are in no angle brackets.
fn fields(trees: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    let (mut found, mut depth) = (vec![Vec::new()], 0);
    let mut rest = trees.iter();
    while let Some(tree) = rest.next() {
        match tree {
            TokenTree::Punct(punct) => match punct.as_char() {
                // An attribute goes with what it holds.
                '#' => _ = rest.next(),
                ',' if depth == 0 => found.push(Vec::new()),
                sign => {
                    depth += i32::from(sign == '<') - i32::from(sign == '>');
                    found.last_mut().unwrap().push(tree.clone());
                }
            },
            _ => found.last_mut().unwrap().push(tree.clone()),
        }
    }
    found
}

/// Adds the items of `file` and of the modules below it; `is_seen`: the module is public.
fn read(file: &Path, name: &str, is_seen: bool, without: &[&str], out: &mut Vec<String>) {
    let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let trees: Vec<TokenTree> = TokenStream::from_str(&source).unwrap().into_iter().collect();
    for Item { head, body, grows } in items(&trees) {
        let words = words(&head);
        let is_public = is_public(&head);
        let at = usize::from(words.first().is_some_and(|word| word == "pub"))
            + usize::from(!is_public && words.len() > 1 && words[1].starts_with('('));
        let mark = if grows { "#[non_exhaustive] " } else { "" };
        let seen = is_seen && is_public;
        match (words.get(at).map(String::as_str), &body) {
            (Some("mod"), None) => {
                let module = &words[at + 1];
                let stem = file.file_stem().unwrap().to_string_lossy();
                let folder = file.parent().unwrap();
                let folder = if ["lib", "mod", "main"].contains(&&*stem) {
                    folder.to_owned()
                } else {
                    folder.join(&*stem)
                };
                let nested = folder.join(module).join("mod.rs");
                let nested = if nested.exists() { nested } else { folder.join(format!("{module}.rs")) };
                if !without.contains(&module.as_str()) {
                    read(&nested, &format!("{name}::{module}"), seen, &[], out);
                }
            }
            (Some("impl"), Some(body)) if !words.iter().any(|word| word == "for") => {
                let of = text(&head[1..]);
                for Item { head, .. } in
                    items(&trees_of(body)).iter().filter(|item| self::is_public(&item.head))
                {
                    out.push(format!("{name}: {of}: {}", text(head)));
                }
            }
            (Some("struct"), Some(body)) if seen => {
                out.push(format!("{name}: {mark}{}", text(&head)));
                let of = &words[at + 1];
                let shown = fields(&trees_of(body)).into_iter().filter(|field| self::is_public(field));
                out.extend(shown.map(|field| format!("{name}: {of}.{}", text(&field[1..]))));
            }
            (Some("enum" | "trait"), Some(body)) if seen => {
                out.push(format!("{name}: {mark}{} {{ {} }}", text(&head), text(&trees_of(body))));
            }
            (Some(_), _) if seen => out.push(format!("{name}: {mark}{}", text(&head))),
            _ => {}
        }
    }
}

#[test]
fn the_public_items_are_those_that_are_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for (file, name, without) in ROOTS {
        read(&folder.join(file), name, true, without, &mut found);
    }
    found.sort();
    let found = found.join("\n") + "\n";
    if std::env::var_os("WASMPACK_BLESS").is_some() {
        fs::write(folder.join(GOLDEN), &found).unwrap();
    }
    let golden = fs::read_to_string(folder.join(GOLDEN)).unwrap();
    let differ: Vec<String> = diff(&golden, &found);
    assert!(
        differ.is_empty(),
        "the library's public items have changed (WASMPACK_BLESS=1 writes {GOLDEN}; tell it in CHANGELOG.md):\n{}",
        differ.join("\n")
    );
}

/// Lines that only one of the two has.
fn diff(golden: &str, found: &str) -> Vec<String> {
    let gone = golden.lines().filter(|line| !found.lines().any(|other| other == *line));
    let new = found.lines().filter(|line| !golden.lines().any(|other| other == *line));
    gone.map(|line| format!("- {line}")).chain(new.map(|line| format!("+ {line}"))).collect()
}
