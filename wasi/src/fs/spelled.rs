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
    /// True in an argument, false in a variable.
    pub(crate) argument: bool,
}

/// Reads the paths that `text` may hold.
pub(crate) fn read(text: &str, argument: bool, spelled: &mut Vec<Spelled>) {
    let text = if argument { text } else { text.split_once('=').map_or(text, |(_, value)| value) };
    let is_between =
        |c: char| matches!(c, '=' | ':' | ',' | ';' | '"' | '\'' | '@' | '(' | ')') || c.is_whitespace();
    for word in text.split(is_between).filter(|word| !word.is_empty()) {
        let mut add = |word: &str| {
            let side = if word.starts_with(is_separator) { Side::Root } else { Side::Here };
            let names: Vec<String> = names(word).map(str::to_owned).collect();
            // A word without a slash in a variable is seldom a path.
            if argument || word.contains(is_separator) {
                spelled.push(Spelled { side, names, argument });
            }
        };
        add(word);
        // -I/usr/include, -osrc/a.o
        if argument && word.starts_with('-') && word.is_char_boundary(2) && word.len() > 2 {
            add(&word[2..]);
        }
    }
}

/// What the spellings say about `path`.
pub(crate) fn evidence(
    path: &[&str],
    change: bool,
    spelled: &[Spelled],
    has: &dyn Fn(Side) -> bool,
) -> Evidence {
    // The longest way in common decides, then an argument before a variable.
    let mut best: [Option<(usize, bool)>; 2] = [None, None];
    for Spelled { side, names, argument } in spelled {
        let common = names.iter().zip(path).take_while(|(one, other)| one == *other).count();
        let whole = common == names.len();
        let counts = if names.is_empty() || path.is_empty() {
            names.is_empty() && path.is_empty()
        } else if *argument {
            // A word may be anything; one that stands there is a path.
            let is_path = names.len() > 1 || *side == Side::Root || has(Side::Here) || change;
            common > 0 && is_path && (!change || common + 1 >= names.len())
        } else {
            whole && !(*side == Side::Root && has(Side::Here))
        };
        if counts {
            let slot = &mut best[usize::from(*side == Side::Root)];
            *slot = (*slot).max(Some((common, *argument)));
        }
    }
    match best {
        [None, None] => Evidence::None,
        [here, root] if here > root => Evidence::For(Side::Here),
        [here, root] if root > here => Evidence::For(Side::Root),
        _ => Evidence::Both,
    }
}

/// What spellings say about a path.
pub(crate) enum Evidence {
    None,
    For(Side),
    Both,
}
