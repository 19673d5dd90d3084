//! Symbolic links in carried files: they stay below their root.

use std::path::{Component, Path};

/// The text of a link to `target`, which stands `depth` folders below its root, with `/` between names.
///
/// # Errors
/// If it leads out of the root, or is absolute: what it is, for a message.
pub fn within(target: &Path, depth: usize) -> Result<String, String> {
    let mut above = depth as i64;
    let mut parts: Vec<&str> = Vec::new();
    for component in target.components() {
        let part = match component {
            Component::Normal(name) => name.to_str(),
            Component::ParentDir => Some(".."),
            Component::CurDir => continue,
            Component::RootDir | Component::Prefix(_) => None,
        };
        let part =
            part.ok_or_else(|| format!("is a link to {}, which a carried file cannot be", target.display()))?;
        above += if part == ".." { -1 } else { 1 };
        if above < 0 {
            return Err(format!("is a link to {}, out of the folder", target.display()));
        }
        parts.push(part);
    }
    Ok(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}
