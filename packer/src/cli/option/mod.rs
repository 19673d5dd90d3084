//! The options of a pack, a row for each. The command line, its help, completions, man pages and the keys of a wasmpack.toml
//! are made of these rows. To add an option, add its row.

mod code;
mod grants;
mod output;
mod publish;
mod row;
mod talk;
mod windows;

pub(super) use row::{Row, Takes, check_text};

/// All options, in the order in which `--help` shows them.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [output::ROWS, publish::ROWS, grants::ROWS, code::ROWS, windows::ROWS, talk::ROWS].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::row::Key;
    use super::*;
    use crate::cli::typed::Typed;

    #[test]
    fn every_row_is_whole() {
        let names: Vec<&str> = all().map(|row| row.name).collect();
        for (at, row) in all().enumerate() {
            assert!(!row.text.is_empty() && !names[..at].contains(&row.name), "{}", row.name);
            assert!(row.conflicts.iter().all(|other| names.contains(other)), "{}", row.name);
            assert_eq!(row.takes == Takes::Nothing, row.example.is_empty(), "{}", row.name);
        }
        let mut keys: Vec<&str> = all().filter_map(Row::key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all().filter(|row| row.key != Key::None).count(), "two have one key");
    }

    #[test]
    fn every_row_notes_its_example_and_nothing_else_does_the_same() {
        let mut seen = vec![format!("{:?}", Typed::default())];
        for row in all() {
            let mut typed = Typed::default();
            (row.set)(&mut typed, row.example.into()).unwrap();
            let noted = format!("{typed:?}");
            assert!(!seen.contains(&noted), "{}: {noted}", row.name);
            seen.push(noted);
        }
    }
}
