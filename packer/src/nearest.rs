//! The known word that is nearest to an unknown one.

/// Farther than this a word is no misspelling of another: one means a swapped or missing letter.
const LIKENESS: f64 = 0.85;

/// The likeness of two words between which one letter is wrong, missing, too many, or swapped with the next. Jaro and Winkler's
/// measure misses that in short words.
const SLIP: f64 = 0.9;

/// The one of `known` that `typed` is most likely a misspelling of, if it is like any.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |word: &str| {
        let is_slip = typed.len() > 1 && strsim::osa_distance(typed, word) == 1;
        strsim::jaro_winkler(typed, word).max(if is_slip { SLIP } else { 0.0 })
    };
    let likenesses = known.into_iter().map(|word| (likeness(word), word));
    let best = likenesses.max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness >= LIKENESS).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_letter_is_seen_through_and_another_word_is_not() {
        let known = ["verify", "inspect", "extract", "run", "man"];
        for (typed, meant) in [
            ("verfy", "verify"),
            ("inspekt", "inspect"),
            ("xetract", "extract"),
            ("rnu", "run"),
            ("mna", "man"),
        ] {
            assert_eq!(nearest(typed, known), Some(meant), "{typed}");
        }
        for typed in ["", "n", "notes", "invoice", "python"] {
            assert_eq!(nearest(typed, known), None, "{typed}");
        }
    }
}
