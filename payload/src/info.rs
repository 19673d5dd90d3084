//! What an executable is, in words: what `./app --wasmpack-info` and `wasmpack inspect` print.
//!
//! Both print the same text, so that what the owner of a file is told does not depend on who is asked.

use std::fmt::Write;

use crate::{Grants, Prefix, SectionKind};

/// The text about the program in `prefix`, whose executable has `file_len` bytes. `grants` are those that hold when it is
/// started as it is now, and `notes` sentences about them.
pub fn text(prefix: &Prefix, grants: &Grants, notes: &[String], file_len: u64) -> String {
    let Prefix { header, manifest, .. } = prefix;
    let mut out = String::new();
    let mut line = |title: &str, content: &str| {
        let _ = writeln!(out, "{title:10}{}", printable(content));
    };
    let version = manifest.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
    line("name", &format!("{}{version}", manifest.app));
    let features =
        if header.cpu.is_empty() { String::new() } else { format!("; the CPU must have {}", header.cpu) };
    line("target", &format!("{}{features}", header.target.name()));
    line("packed by", &format!("{}, {}, {}", manifest.producer, header.compiler.name(), header.engine));
    let kept = match prefix.section(SectionKind::Module) {
        Some(_) => "kept: wasmpack can pack it for other targets",
        None => "not kept",
    };
    line("module", &format!("SHA-256 {}, {kept}", hex(&manifest.module_sha256)));
    if let Some(content) = &manifest.content {
        line("content", &format!("SHA-256 {}", hex(content)));
    }
    line("size", &format!("{}, of which", size(file_len)));
    let payload_len = prefix.sections.last().map_or(0, |last| last.offset + last.stored_len);
    line("", &format!("{} launcher", size(file_len.saturating_sub(payload_len))));
    for section in &prefix.sections {
        let decoded = match section.len == section.stored_len {
            true => String::new(),
            false => format!(", {} once decoded", size(section.len)),
        };
        line("", &format!("{} {}{decoded}", size(section.stored_len), section.kind.name()));
    }
    if !manifest.args.is_empty() || manifest.argv0.is_some() {
        let argv0 = manifest.argv0.as_deref().unwrap_or("(the name it is started by)");
        let args: String = manifest.args.iter().map(|arg| format!(" {arg:?}")).collect();
        line("arguments", &format!("{argv0}{args}, and those it is started with"));
    }
    let mut words = grants.in_words(&manifest.files);
    if words.is_empty() {
        words.push("sees no file, no directory and no variable".to_owned());
    }
    words.push("has no sockets, and starts no other program".to_owned());
    for (index, word) in words.iter().enumerate() {
        line(if index == 0 { "grants" } else { "" }, &format!("it {word}"));
    }
    notes.iter().for_each(|note| line("", note));
    let change = match manifest.sealed {
        true => "sealed: grants cannot be changed when it is started",
        false => {
            "grants can be changed with the variable WASMPACK_OPTS, such as WASMPACK_OPTS='--dir /data --deny-env'"
        }
    };
    line("", change);
    out
}

/// Bytes in the largest unit (of 1000) that leaves a number above one; three digits or so.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..999_950 => format!("{:.1} kB", bytes as f64 / 1e3),
        999_950..999_950_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `text` from outside, safe for a terminal: control characters are escaped.
pub fn printable(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_that_fits() {
        let sizes = [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB")];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size(999_950), "1.0 MB");
        assert_eq!(size(20_536_872), "20.5 MB");
        assert_eq!(size(3_000_000_000), "3.0 GB");
    }

    #[test]
    fn names_from_outside_never_control_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb"), "a\\u{1b}[2Jb");
    }
}
