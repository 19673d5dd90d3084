//! Options that were given and change nothing, since others do.

use std::collections::BTreeMap;

use payload::{Variable, grant};

use super::{Grant, Pack};

/// What there is to say about them. `native`: whether all that the user may is granted.
pub(super) fn notes(pack: &Pack, native: bool) -> Vec<String> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for Variable::Set(text) | Variable::Pass(text) in &pack.told.variables {
        *times.entry(grant::name(text)).or_default() += 1;
    }
    let repeated = times.into_iter().filter(|(_, times)| *times > 1);
    let mut notes: Vec<String> = repeated
        .map(|(name, times)| format!("--env {name} is given {times} times; the last counts"))
        .collect();
    let granted = pack.grants.iter().filter_map(|grant| match grant {
        // One that is read only, or has another name, is another place.
        Grant::Dir(dir) if native && !dir.read_only && dir.guest.as_str() == dir.host => Some(&dir.host),
        _ => None,
    });
    notes.extend(granted.map(|host| format!("--dir {host} adds nothing: --native grants it")));
    notes
}
