//! Hex texts: one row is `offset: bytes`, with what follows a `#` for people only.

use std::fmt::Write;

/// Bytes in one row.
pub const ROW: usize = 16;

/// Appends rows for `bytes`, the first of which lies at offset `at`. The first row carries `note`.
pub fn rows(out: &mut String, at: usize, bytes: &[u8], note: &str) {
    for (index, row) in bytes.chunks(ROW).enumerate() {
        let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let note = if index == 0 && !note.is_empty() { format!("# {note}") } else { String::new() };
        let line = format!("{:04x}: {:<47}  {note}", at + index * ROW, digits.join(" "));
        writeln!(out, "{}", line.trim_end()).expect("a String takes everything");
    }
}

/// Appends rows for `bytes`, marking those in which they differ from `base`.
pub fn rows_marking(out: &mut String, bytes: &[u8], base: &[u8]) {
    for (index, row) in bytes.chunks(ROW).enumerate() {
        let at = index * ROW;
        let same = base.get(at..at + row.len()) == Some(row);
        rows(out, at, row, if same { "" } else { "changed" });
    }
}

/// The bytes of a hex text. Lines without a row are skipped; offsets must be right.
pub fn parse(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (offset, digits) = line.split_once(':').unwrap_or_else(|| panic!("no row: {line}"));
        assert_eq!(usize::from_str_radix(offset, 16), Ok(bytes.len()), "offset of row: {line}");
        for digits in digits.split_whitespace() {
            assert_eq!(digits.len(), 2, "two digits a byte: {line}");
            bytes.push(u8::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("no byte: {line}")));
        }
    }
    bytes
}
