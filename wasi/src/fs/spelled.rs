//! How arguments and variables spell paths: with a slash in front, or without.
//!
//! A program is given most of what it works on by its arguments, in the spelling that was meant.

use super::names::{is_separator, names};

/// One of the two places that a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Where the user stands.
    Here,
    /// The system's root.
    Root,
}

/// A path as the arguments or variables spell it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) side: Side,
    pub(crate) names: Vec<String>,
    pub(crate) place: Place,
}

/// Where a path is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In a variable.
    Variable,
    /// In a variable that names a directory for temporary files.
    Temporary,
    /// In an argument, among other text.
    Text,
    /// It is an argument, or an option's value.
    Argument,
}

/// The variables that name a directory for temporary files.
const TEMPORARY: &[&str] = &["TMPDIR", "TMP", "TEMP"];

/// Reads the paths that an argument may hold.
pub(crate) fn read_argument(text: &str, spelled: &mut Vec<Spelled>) {
    add(text, Place::Argument, spelled);
    let is_option = text.starts_with('-');
    // A slash alone is seldom an option's directory: `-d/`, `--separator=/`.
    let is_path = |word: &str| !is_option || names(word).next().is_some();
    if is_option {
        // --out=/tmp/out, -I/usr/include, -osrc/a.o
        let value = match text.split_once('=') {
            Some((_, value)) => value,
            None if !text.starts_with("--") => text.get(2..).unwrap_or_default(),
            None => "",
        };
        if is_path(value) {
            add(value, Place::Argument, spelled);
        }
    }
    let within = words(text).filter(|word| *word != text && is_path(word));
    within.for_each(|word| add(word, Place::Text, spelled));
}

/// Reads the paths that a variable, `NAME=VALUE`, may hold. A word without a slash in it is seldom one.
pub(crate) fn read_variable(text: &str, spelled: &mut Vec<Spelled>) {
    let Some((name, value)) = text.split_once('=') else { return };
    if TEMPORARY.contains(&name) {
        return add(value, Place::Temporary, spelled);
    }
    words(value)
        .filter(|word| word.contains(is_separator))
        .for_each(|word| add(word, Place::Variable, spelled));
}

/// What may be paths in `text`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_between =
        |c: char| matches!(c, '=' | ':' | ',' | ';' | '"' | '\'' | '@' | '(' | ')') || c.is_whitespace();
    text.split(is_between).filter(|word| !word.is_empty())
}

fn add(word: &str, place: Place, spelled: &mut Vec<Spelled>) {
    // Two slashes are what is left of an address (http://...).
    if word.is_empty() || word.starts_with("//") {
        return;
    }
    let side = if word.starts_with(is_separator) { Side::Root } else { Side::Here };
    spelled.push(Spelled { side, names: names(word).map(str::to_owned).collect(), place });
}

/// What spellings say about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    None,
    For(Side),
    Both,
}

/// A part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    First,
    /// All names but the last.
    Around,
}

impl Spelled {
    /// How many names `path` begins with as this does.
    fn common(&self, path: &[&str]) -> usize {
        self.names.iter().zip(path).take_while(|(one, other)| one == *other).count()
    }

    /// True if `path` is this, or below it.
    pub(crate) fn is_around(&self, path: &[&str]) -> bool {
        self.common(path) == self.names.len()
    }
}

/// What the spellings say about where to look for `path`. `is_here` tells whether its first name is where the user stands.
pub(crate) fn to_look(path: &[&str], spelled: &[Spelled], is_here: &dyn Fn() -> bool) -> Evidence {
    // The longest way in common decides, then an argument before a variable.
    let mut best: [Option<(usize, Place)>; 2] = [None, None];
    for one in spelled {
        let common = one.common(path);
        let counts = if one.names.is_empty() || path.is_empty() {
            one.names.is_empty() && path.is_empty()
        } else if common == 0 {
            false
        } else if one.place >= Place::Text {
            // A word may be anything; one that stands there is a path.
            one.names.len() > 1 || one.side == Side::Root || is_here()
        } else {
            one.is_around(path) && !(one.side == Side::Root && is_here())
        };
        if counts {
            let slot = &mut best[usize::from(one.side == Side::Root)];
            *slot = (*slot).max(Some((common, one.place)));
        }
    }
    match best {
        [None, None] => Evidence::None,
        [here, root] if here > root => Evidence::For(Side::Here),
        [here, root] if root > here => Evidence::For(Side::Root),
        _ => Evidence::Both,
    }
}

/// What the spellings say about where to change `path`. `is_new` tells that it is to be made, and is not below the root; `is_here`
/// whether something is where the user stands: the directory around it, or its first name.
pub(crate) fn to_change(
    path: &[&str],
    spelled: &[Spelled],
    is_new: &dyn Fn() -> bool,
    is_here: &dyn Fn(Part) -> bool,
) -> Evidence {
    let on = |side: Side| spelled.iter().filter(move |one| one.side == side);
    let is_it = |one: &Spelled| one.place == Place::Argument && one.names.iter().eq(path);
    let exact = [Side::Here, Side::Root].map(|side| on(side).any(is_it));
    match exact {
        [true, true] => return Evidence::Both,
        [true, false] => return Evidence::For(Side::Here),
        [false, true] => return Evidence::For(Side::Root),
        [false, false] => {}
    }
    // A relative spelling that begins alike keeps it where the user stands. One name in common may be any word.
    let here = on(Side::Here).filter(|one| one.place == Place::Argument).map(|one| one.common(path)).max();
    let here = here.filter(|common| *common > 1 || *common == 1 && is_here(Part::First)).unwrap_or_default();
    let root = on(Side::Root).filter(|one| speaks(one, path, is_new)).map(|one| one.common(path)).max();
    match root {
        Some(root) if root > here && is_here(Part::Around) => Evidence::Both,
        Some(root) if root > here => Evidence::For(Side::Root),
        _ if here > 0 => Evidence::For(Side::Here),
        _ => Evidence::None,
    }
}

/// True if an absolute spelling that is not `path` itself says where that is to be changed.
fn speaks(one: &Spelled, path: &[&str], is_new: &dyn Fn() -> bool) -> bool {
    match one.place {
        // Just below the root lies what any package has: `/usr` says nothing about `usr/bin/x`.
        Place::Argument if one.is_around(path) => one.names.len() > 1,
        // Beside a file, something new of its name: out.txt.part for out.txt.
        Place::Argument => {
            let (Some((own, around)), Some((name, beside))) = (one.names.split_last(), path.split_last())
            else {
                return false;
            };
            let stem = own.trim_start_matches('.').split('.').next().unwrap_or(own);
            !around.is_empty()
                && around.iter().eq(beside)
                && name.trim_start_matches('.').starts_with(stem)
                && is_new()
        }
        Place::Temporary => !one.names.is_empty() && one.is_around(path) && is_new(),
        Place::Text | Place::Variable => false,
    }
}
