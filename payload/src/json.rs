//! JSON, written: what `--wasmpack-info --json` needs of it, and no more.

use std::fmt::Write;

use terms::words::is_seen;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(u64),
    Text(&'a str),
    /// A text that was made for this.
    Made(String),
    List(Vec<Json<'a>>),
    /// Names and values, in this order.
    Object(Vec<(&'static str, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// A text, or null.
    pub(crate) fn maybe(text: &'a Option<String>) -> Json<'a> {
        text.as_ref().map_or(Json::Null, |text| Json::Text(text))
    }

    /// A list of texts.
    pub(crate) fn texts(list: &'a [String]) -> Json<'a> {
        Json::List(list.iter().map(|text| Json::Text(text)).collect())
    }

    /// Writes it with two spaces for each of `depth` levels, and no line feed at the end.
    pub(crate) fn write(&self, depth: usize, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Json::Text(text) => quoted(text, out),
            Json::Made(text) => quoted(text, out),
            Json::List(list) => {
                let items = list.iter().map(|item| (None, item));
                row(['[', ']'], items, depth, out);
            }
            Json::Object(fields) => {
                let items = fields.iter().map(|(name, value)| (Some(*name), value));
                row(['{', '}'], items, depth, out);
            }
        }
    }
}

fn row<'j, 'a: 'j>(
    [open, close]: [char; 2],
    items: impl Iterator<Item = (Option<&'static str>, &'j Json<'a>)>,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    let mut is_empty = true;
    for (name, value) in items {
        out.push_str(if is_empty { "\n" } else { ",\n" });
        is_empty = false;
        indent(depth + 1, out);
        if let Some(name) = name {
            quoted(name, out);
            out.push_str(": ");
        }
        value.write(depth + 1, out);
    }
    if !is_empty {
        out.push('\n');
        indent(depth, out);
    }
    out.push(close);
}

fn indent(depth: usize, out: &mut String) {
    (0..depth).for_each(|_| out.push_str("  "));
}

/// A text from outside: what a terminal would not show is escaped, which is the same to who reads JSON.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_seen(c) => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_json() {
        let value = Json::Object(vec![
            ("none", Json::Null),
            ("list", Json::List(vec![Json::Bool(true), Json::Number(7)])),
            ("empty", Json::List(Vec::new())),
            ("text", Json::Text("a\"b\\c\n\u{1b}ß\u{e0041}")),
        ]);
        let mut text = String::new();
        value.write(0, &mut text);
        let expected = "{\n  \"none\": null,\n  \"list\": [\n    true,\n    7\n  ],\n  \"empty\": [],\n  \"text\": \
                        \"a\\\"b\\\\c\\u000a\\u001bß\\udb40\\udc41\"\n}";
        assert_eq!(text, expected);
    }
}
