//! Files that an executable carries: `wasmpack inspect --files` lists them, `wasmpack extract --files` writes them.

use std::path::Path;

use payload::info::{self, printable};
use serde_json::{Value, json};

use super::{json as in_json, say};
use crate::{
    Error, Kind,
    executable::Executable,
    input::files::Files,
    output::tree::{Item, Items},
    pack::source,
};

/// A line for each file and link, with the name that the program knows it by.
pub(super) fn list(executable: &Executable, wants_json: bool) -> Result<String, Error> {
    let files = source::carried(executable)?;
    let mut lines = Vec::new();
    let mut values = Vec::new();
    for (grant, root) in executable.manifest().grants.files().zip(&files.roots) {
        let guest = grant.guest.as_str().trim_end_matches('/');
        // Each tree for itself: all of it is told, also what another hides.
        let alone = payload::FilesGrant { guest: "/".into(), writable: false };
        for (path, item) in Items::new([(&alone, root)], &files.content)?.iter() {
            let path = match guest {
                "." => path.to_owned(),
                _ => format!("{guest}/{path}"),
            };
            let mut value = json!({ "path": path, "writable": grant.writable });
            match item {
                Item::Folder => continue,
                Item::File(bytes) => {
                    lines.push(format!("{:>9}  {path}", info::size(bytes.len() as u64)));
                    value["size"] = Value::from(bytes.len());
                }
                Item::Link(text) => {
                    lines.push(format!("{:>9}  {path} -> {text}", "link"));
                    value["link"] = Value::from(*text);
                }
            }
            values.push(value);
        }
    }
    if wants_json {
        return Ok(in_json(&Value::from(values)));
    }
    Ok(lines.iter().map(|line| printable(line) + "\n").collect())
}

/// Writes them into `folder`.
pub(super) fn write(executable: &Executable, file: &Path, folder: &Path) -> Result<(), Error> {
    let Files { roots, content, .. } = source::carried(executable).map_err(|error| error.in_file(file))?;
    if roots.is_empty() {
        return Err(Error::new(Kind::Files, "it carries no files").in_file(file));
    }
    let granted = executable.manifest().grants.files().zip(&roots);
    let items = Items::new(granted, &content).map_err(|error| error.in_file(file))?;
    items.write(folder)?;
    let lens: Vec<u64> = items
        .iter()
        .filter_map(|(_, item)| match item {
            Item::File(bytes) => Some(bytes.len() as u64),
            _ => None,
        })
        .collect();
    let what = match lens.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    say(&format!("{}: {what}, {}", folder.display(), info::size(lens.iter().sum())));
    Ok(())
}
