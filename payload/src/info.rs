//! What an executable is, in words: what `./app --wasmpack-info` and `wasmpack inspect` print.
//!
//! Both print the same text, so that what the owner of a file is told does not depend on who is asked.

use std::fmt::Write;

use crate::{Grants, Prefix, SectionKind};
pub use terms::words::{hex, is_seen, printable, printable_lines, size};

/// Who decides about the grants, beside who packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Whoever starts it, unless it is sealed.
    Starter,
    /// Nobody: the file has rights of its own, which whoever starts it may lack.
    Nobody,
}

/// The text about the program in `prefix`, whose executable has `file_len` bytes. `grants` are those that hold when it is
/// started as it is now, and `notes` sentences about them.
pub fn text(prefix: &Prefix, grants: &Grants, notes: &[String], owner: Owner, file_len: u64) -> String {
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
    let mut words = grants.in_words(crate::Detail::default());
    if words.is_empty() {
        words.push("sees no file, no directory and no variable".to_owned());
    }
    words.push("has no sockets, and starts no other program".to_owned());
    for (index, word) in words.iter().enumerate() {
        line(if index == 0 { "grants" } else { "" }, &format!("it {word}"));
    }
    notes.iter().for_each(|note| line("", note));
    if manifest.trial {
        line("", "packed for a trial: only the packer starts it");
    }
    let change = match (manifest.sealed, owner) {
        (true, _) => "sealed: grants cannot be changed when it is started",
        (false, Owner::Nobody) => {
            "set-user-ID, set-group-ID or with capabilities: grants cannot be changed by whoever starts it"
        }
        (false, Owner::Starter) => {
            "grants can be changed with the variable WASMPACK_OPTS, such as WASMPACK_OPTS='--dir /data --deny-env'"
        }
    };
    line("", change);
    out
}
