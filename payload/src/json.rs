//! JSON, written as it comes: what `--wasmpack-info --json` needs of it, and no more. Every launcher has this, so it is small.

use std::fmt::Write;

use terms::words::is_seen;

/// A text that becomes JSON, with two spaces for each level.
#[derive(Debug, Default)]
pub(crate) struct Json {
    out: String,
    /// For each open object and list, whether it has something in it.
    open: Vec<bool>,
}

impl Json {
    /// Opens an object (`{`) or a list (`[`), as the value of `name` or, where that is empty, as an item.
    pub(crate) fn open(&mut self, name: &str, bracket: char) {
        self.item(name);
        self.out.push(bracket);
        self.open.push(false);
    }

    /// Closes what was opened last, with `}` or `]`.
    pub(crate) fn close(&mut self, bracket: char) {
        if self.open.pop() == Some(true) {
            self.line();
        }
        self.out.push(bracket);
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.item(name);
        self.quoted(text);
    }

    /// A text, or null.
    pub(crate) fn maybe(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.plain(name, "null"),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, name: &str, texts: &mut dyn Iterator<Item = &str>) {
        self.open(name, '[');
        texts.for_each(|text| self.text("", text));
        self.close(']');
    }

    /// A number.
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        self.item(name);
        let _ = write!(self.out, "{number}");
    }

    /// Yes or no.
    pub(crate) fn bool(&mut self, name: &str, value: bool) {
        self.plain(name, if value { "true" } else { "false" });
    }

    /// All of it.
    pub(crate) fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    fn plain(&mut self, name: &str, value: &str) {
        self.item(name);
        self.out.push_str(value);
    }

    /// What stands before a value.
    fn item(&mut self, name: &str) {
        let Some(has_some) = self.open.last_mut() else { return };
        if std::mem::replace(has_some, true) {
            self.out.push(',');
        }
        self.line();
        if !name.is_empty() {
            self.quoted(name);
            self.out.push_str(": ");
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        (0..self.open.len()).for_each(|_| self.out.push_str("  "));
    }

    /// A text from outside: what a terminal would not show is escaped, which is the same to who reads JSON.
    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            if matches!(c, '"' | '\\') {
                self.out.push('\\');
            }
            if is_seen(c) {
                self.out.push(c);
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(self.out, "\\u{unit:04x}");
            }
        }
        self.out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_json() {
        let mut json = Json::default();
        json.open("", '{');
        json.maybe("none", None);
        json.open("list", '[');
        json.bool("", true);
        json.number("", 7);
        json.close(']');
        json.texts("empty", &mut std::iter::empty());
        json.maybe("text", Some("a\"b\\c\n\u{1b}ß\u{e0041}"));
        json.close('}');
        let expected = "{\n  \"none\": null,\n  \"list\": [\n    true,\n    7\n  ],\n  \"empty\": [],\n  \"text\": \
                        \"a\\\"b\\\\c\\u000a\\u001bß\\udb40\\udc41\"\n}\n";
        assert_eq!(json.finish(), expected);
    }
}
