//! The text of a description: where something stands in it, its values as they would be typed, and what is said of mistakes.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use toml::{Spanned, de::DeValue};

use crate::{
    cli::option::{self, Row},
    nearest::nearest,
    output::STANDARD,
};

/// The message `what`, with an example.
pub(super) fn expected(row: &Row, what: &str) -> String {
    format!("{what}; such as {} = {:?}", row.key().unwrap_or(row.name), row.example)
}

/// The file of this machine that `value` of `row` names, if it names one.
pub(super) fn file(row: &Row, value: &OsStr) -> Option<PathBuf> {
    let text = value.to_string_lossy();
    let (names, _) = text.split_once("::").filter(|_| is_of_guests(row)).unwrap_or((&text, ""));
    let name = match text.split_once('=') {
        Some((_, file)) if row.name == "with" => file,
        _ => names,
    };
    row.is_path.then(|| PathBuf::from(name))
}

/// Whether a value of `row` may have the program's name of the file, too.
fn is_of_guests(row: &Row) -> bool {
    row.name.starts_with("files")
}

/// The path in `text` from the folder in which the description lies.
pub(super) fn on_this_machine(row: &Row, text: &str, folder: &Path) -> OsString {
    if text == STANDARD {
        return text.into();
    }
    // The file stands behind the names.
    if let Some((names, file)) = text.split_once('=').filter(|_| row.name == "with") {
        let mut value = OsString::from(format!("{names}="));
        value.push(folder.join(file));
        return value;
    }
    match is_of_guests(row) && !text.contains("::") {
        // The name that the program sees is the one that was written, wherever the file lies.
        true => folder.join(format!("{text}::{text}")).into_os_string(),
        false => folder.join(text).into_os_string(),
    }
}

/// Line and column of the byte at `at`, both from 1; columns count characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The syntax error in `text`, in one line.
pub(super) fn unreadable(text: &str, error: &toml::de::Error) -> String {
    let what: Vec<&str> = error.message().lines().collect();
    let what = what.join(", ");
    match error.span() {
        Some(span) => {
            let (line, column) = place(text, span.start);
            format!("line {line}, column {column}: {what}")
        }
        None => what,
    }
}

/// A fault, and the byte of the text where it is.
pub(super) type Fault = (usize, String);

/// The values in `value`, as they would be typed, each with the byte where it begins.
///
/// # Errors
/// For a value that no option has.
pub(super) fn values(value: &Spanned<DeValue<'_>>) -> Result<Vec<(usize, String)>, Fault> {
    let at = value.span().start;
    match value.get_ref() {
        DeValue::String(text) => Ok(vec![(at, text.to_string())]),
        DeValue::Integer(number) => Ok(vec![(at, number.to_string())]),
        DeValue::Boolean(_) => Ok(Vec::new()),
        DeValue::Array(list) => {
            let texts = list.iter().map(|value| match value.get_ref() {
                DeValue::String(text) => Ok((value.span().start, text.to_string())),
                _ => Err((value.span().start, format!("must be an array of strings{}", in_quotes(value)))),
            });
            texts.collect()
        }
        DeValue::Table(table) => {
            let mut pairs: Vec<_> = table.iter().collect();
            // As they stand in the file.
            pairs.sort_by_key(|(key, _)| key.span().start);
            let pairs = pairs.into_iter().map(|(key, value)| match value.get_ref() {
                // The name would end there.
                _ if key.get_ref().contains('=') => {
                    Err((key.span().start, format!("{:?}: a name cannot have a = in it", key.get_ref())))
                }
                DeValue::String(text) => Ok((key.span().start, format!("{}={text}", key.get_ref()))),
                _ => {
                    let why = format!("{}: must be a string{}", key.get_ref(), in_quotes(value));
                    Err((value.span().start, why))
                }
            });
            pairs.collect()
        }
        _ => Err((at, "must be a string, an array or a table".to_owned())),
    }
}

/// How `value` is written as a string, if it is one value.
pub(super) fn in_quotes(value: &Spanned<DeValue<'_>>) -> String {
    let text = match value.get_ref() {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(is) => is.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => return String::new(),
    };
    format!(", in quotes: \"{text}\"")
}

/// The message about the key `name`, which no option has.
pub(super) fn unknown(name: &str, value: &Spanned<DeValue<'_>>) -> String {
    let mut keys: Vec<&str> = ["module"].into_iter().chain(option::all().filter_map(Row::key)).collect();
    keys.sort_unstable();
    match nearest(name, keys.iter().copied()) {
        Some(key) => format!("unknown key; did you mean {key}?"),
        // As in files of other tools.
        None if matches!(value.get_ref(), DeValue::Table(_)) => {
            "unknown table; keys stand at the top of the file, without a table".to_owned()
        }
        None => format!("unknown key; the keys are {}", keys.join(", ")),
    }
}
