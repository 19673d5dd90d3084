//! The messages of a pack that succeeded: a line for each executable, for each grant, and notes.

use std::{path::Path, time::Duration};

use payload::{
    Count, Detail,
    info::{binary, hex, printable, size},
};
use serde_json::{Value, json};

use crate::{
    Pack, Packed,
    input::files::contents::Contents,
    pack::{Done, Layout, Place},
    release::Written,
};

/// Hidden files that are named for each name under which files are carried.
const HIDDEN_NAMED: usize = 5;

/// `app: linux-x86_64, 9.4 MB from a 20.5 MB module (cranelift, 6.2 s)`.
pub(super) fn packed(pack: &Pack, place: &Place, packed: &Packed) -> String {
    format!(
        "{}: {}, {} from a {} {} ({}, {})",
        printable(&place.file.to_string_lossy()),
        place.target.name(),
        size(packed.output_len),
        size(packed.input_len),
        if packed.component { "component" } else { "module" },
        pack.compiler.name(),
        time(packed.took)
    )
}

/// The parts of the executable, a line each.
pub(super) fn sections(packed: &Packed) -> Vec<String> {
    let mut lines = Vec::new();
    for part in &packed.parts {
        if packed.parts.len() > 1 {
            lines.push(format!("  {:>9} {}, of which", size(part.len), part.target.name()));
        }
        lines.push(format!("  {:>9} launcher", size(part.launcher_len)));
        for (kind, len, stored) in &part.sections {
            let decoded =
                if len == stored { String::new() } else { format!(", {} once decoded", size(*len)) };
            lines.push(format!("  {:>9} {}{decoded}", size(*stored), kind.name()));
        }
    }
    lines
}

/// A line that says how the functions were ordered.
pub(super) fn layout(layout: Layout) -> String {
    match layout {
        Layout::Calls => "  functions are in the order of their calls".to_owned(),
        Layout::Start { functions } => {
            format!("  the {functions} functions that a start runs lie together")
        }
    }
}

/// A line that says what was tried.
pub(super) fn tried(what: &str) -> String {
    format!("trial: {}", printable(what))
}

/// A note that there is no profile, and what follows from that.
fn untried(reason: &str) -> String {
    format!("the executable is not laid out for fast starts: {}", printable(reason))
}

/// The grants, a line each: `grants: may read files below data, as /data`, and `        sealed`.
pub(super) fn grants(done: &Done) -> Vec<String> {
    let manifest = &done.manifest;
    let carried = done.contents.iter().map(|of| Count { files: of.files, bytes: of.bytes, only: of.only() });
    let carried: Vec<Count<'_>> = carried.collect();
    let mut words = manifest.grants.in_words(Detail { values: false, carried: &carried });
    if words.is_empty() {
        words.push("none".to_owned());
    }
    if !manifest.programs.is_empty() {
        let names: Vec<&str> = manifest.programs.iter().map(|carried| &carried.name[..]).collect();
        words.push(format!("may become or start the programs in it: {}", names.join(", ")));
    }
    if manifest.grants.fork {
        words.push("may start copies of itself".to_owned());
    }
    if let Some(bytes) = manifest.max_memory {
        words.push(format!("{} of memory at most", binary(bytes)));
    }
    if manifest.sealed {
        words.push("sealed".to_owned());
    }
    let before = ["grants:"].into_iter().chain(std::iter::repeat("       "));
    before.zip(words).map(|(before, word)| format!("{before} {}", printable(&word))).collect()
}

/// `dist/notes-linux-x86_64-1.2.3.tar.gz: 3.1 MB`.
pub(super) fn written(written: &Written) -> String {
    format!("{}: {}", printable(&written.file.to_string_lossy()), size(written.len))
}

/// A line for each folder with files that were written beside archives: `dist: install.sh, install.ps1, SHA256SUMS`.
pub(super) fn beside(written: &[Written]) -> Vec<String> {
    // Hashes alone were always there.
    if written.len() < 2 {
        return Vec::new();
    }
    let mut folders: Vec<(&Path, Vec<String>)> = Vec::new();
    for Written { file, .. } in written {
        let folder = file.parent().unwrap_or(Path::new(""));
        let name = printable(&file.file_name().unwrap_or_default().to_string_lossy());
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, names)) => names.push(name),
            None => folders.push((folder, vec![name])),
        }
    }
    let line = |(folder, names): (&Path, Vec<String>)| {
        format!("{}: {}", printable(&folder.to_string_lossy()), names.join(", "))
    };
    folders.into_iter().map(line).collect()
}

/// A file that was written beside archives, as JSON.
pub(super) fn as_json(written: &Written) -> Value {
    json!({ "file": written.file.to_string_lossy(), "size": written.len, "sha256": hex(&written.sha256) })
}

/// Notes on the result, each in a sentence.
pub(super) fn notes(done: &Done) -> Vec<String> {
    let mut notes: Vec<String> = done.contents.iter().filter_map(hidden).collect();
    notes.extend(done.notes.iter().cloned());
    notes.extend(done.untried.as_deref().map(untried));
    notes
}

/// The note that hidden files are carried below a name.
fn hidden(contents: &Contents) -> Option<String> {
    let (first, more) = contents.hidden.split_at(contents.hidden.len().min(HIDDEN_NAMED));
    if first.is_empty() {
        return None;
    }
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(format!(
        "hidden files are carried below {}: {}{more} (--exclude NAME: without them)",
        contents.grant.guest,
        first.join(", ")
    ))
}

fn time(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
