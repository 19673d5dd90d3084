//! The messages of a pack that succeeded: a line for each executable, and one with the grants.

use std::time::Duration;

use payload::{
    Manifest,
    info::{printable, size},
};

use crate::{
    Pack, Packed,
    pack::{Layout, Place},
};

/// `app: linux-x86_64, 9.4 MB from a 20.5 MB module (cranelift, 6.2 s)`.
pub(super) fn packed(pack: &Pack, place: &Place, packed: &Packed) -> String {
    format!(
        "{}: {}, {} from a {} module ({}, {})",
        printable(&place.file.to_string_lossy()),
        place.target.name(),
        size(packed.output_len),
        size(packed.input_len),
        pack.compiler.name(),
        time(packed.took)
    )
}

/// The parts of the executable, a line each.
pub(super) fn sections(packed: &Packed) -> Vec<String> {
    let mut lines = vec![format!("  {:>9} launcher", size(packed.launcher_len))];
    for (kind, len, stored) in &packed.sections {
        let decoded = if len == stored { String::new() } else { format!(", {} once decoded", size(*len)) };
        lines.push(format!("  {:>9} {}{decoded}", size(*stored), kind.name()));
    }
    lines
}

/// A line that says how the functions were ordered.
pub(super) fn layout(layout: Layout) -> String {
    match layout {
        Layout::Calls => "  functions are in the order of their calls".to_owned(),
        Layout::Start { functions } => {
            format!("  the {functions} functions that ran in the trial lie together")
        }
    }
}

/// A note that the trial failed, and what follows from that.
pub(super) fn untried(reason: &str) -> String {
    format!(
        "note: the trial failed, so the executable is not laid out for fast starts: {reason} (--no-trial: without a trial)"
    )
}

/// `grants: may read files below data, as /data; sealed`.
pub(super) fn grants(manifest: &Manifest) -> String {
    let mut words = manifest.grants.in_words();
    if words.is_empty() {
        words.push("none".to_owned());
    }
    if manifest.sealed {
        words.push("sealed".to_owned());
    }
    format!("grants: {}", printable(&words.join("; ")))
}

fn time(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
