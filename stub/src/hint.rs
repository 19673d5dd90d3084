//! One line for a user whose program failed for want of a grant: what it asked for, and how to grant it.
//!
//! A program looks for many files that are nowhere, and says so in its own words or not at all. So a hint is given only
//! when it failed, somebody reads along, and what it asked for is there on this machine: then a grant changes something.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use payload::Grants;
use wasi::Miss;

use crate::{fail, options};

/// Gives the hint after a program that ended with `code`, if there is one to give.
pub(crate) fn give(code: i32, misses: &[Miss], grants: &Grants, sealed: bool) {
    if code == 0 || !std::io::stderr().is_terminal() {
        return;
    }
    // What it asked for last is most likely what it ended for.
    let Some((path, option)) = misses.iter().rev().find_map(|miss| Some((&miss.path, option(miss, grants)?)))
    else {
        return;
    };
    let way = if sealed {
        format!("it is sealed: only packing it again with {option} grants it that")
    } else {
        let old = std::env::var(options::VARIABLE).map(|old| format!("{old} ")).unwrap_or_default();
        match cfg!(windows) {
            true => format!("to grant it: set {}={old}{option}", options::VARIABLE),
            false => format!("to grant it, start it with {}='{old}{option}'", options::VARIABLE),
        }
    };
    fail::say(&format!("hint: the program asked for {path}, which was not granted; {way}"));
}

/// The option that would have granted what `miss` asked for, if that is there.
fn option(miss: &Miss, grants: &Grants) -> Option<String> {
    let below = |guest: &str| Path::new(&miss.path).starts_with(guest);
    if let Some(grant) = grants.dirs.iter().find(|grant| grant.read_only && miss.write && below(&grant.guest))
    {
        return Some(format!("--dir {}", quoted(&format!("{}::{}", grant.host, grant.guest))));
    }
    let name = if miss.write { "--dir" } else { "--dir-ro" };
    let is_dir = |path: &Path| path.as_os_str().is_empty() || path.is_dir();
    let there =
        |path: &Path| path.symlink_metadata().is_ok() || miss.write && path.parent().is_some_and(is_dir);
    // Whether it was relative or absolute cannot be told.
    let relative = miss.path.trim_start_matches('/');
    if !relative.is_empty() && !relative.starts_with("..") && there(Path::new(relative)) {
        return Some(format!("{name} ."));
    }
    let absolute = PathBuf::from(match miss.path.starts_with(['/', '.']) {
        true => miss.path.clone(),
        false => format!("/{}", miss.path),
    });
    let dir = if absolute.is_dir() { Some(absolute.as_path()) } else { absolute.parent() };
    // All of the system is more than a hint should ask for.
    let dir = dir.filter(|dir| there(&absolute) && dir.parent().is_some())?;
    Some(format!("{name} {}", quoted(&dir.to_string_lossy())))
}

/// `text` as one word of [`options::VARIABLE`], which is in quotation marks itself.
fn quoted(text: &str) -> String {
    if text.contains([' ', '"', '\\']) { format!("{text:?}") } else { text.to_owned() }
}
