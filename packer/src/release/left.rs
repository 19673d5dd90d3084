//! Files of an earlier release that lie where one is written: whoever uploads the folder would upload them as well.

use std::{collections::BTreeSet, path::Path};

use payload::info::printable;

/// The folders of a release, and how the names of archives and packages in them end.
const PLACES: [(&str, &[&str]); 3] = [("", &[".tar.gz", ".zip"]), ("npm/", &[".tgz"]), ("pypi/", &[".whl"])];
/// How what follows the program's name begins, if it names a machine.
const MACHINES: [&str; 7] = ["linux-", "darwin-", "win32-", "windows-", "macos-", "macos.", "unix"];

/// A note about archives and packages of the program `app` in `folder` that are not among those just `written`.
pub(super) fn note(folder: &Path, app: &str, written: &BTreeSet<String>) -> Option<String> {
    let files = over(folder, app, written);
    let (first, others) = files.split_first()?;
    let others = match others.len() {
        0 => " was".to_owned(),
        count => format!(" and {count} more were"),
    };
    let first = printable(&folder.join(first).to_string_lossy());
    Some(format!("{first}{others} not written now, but earlier; remove what you do not hand on"))
}

/// Their names, in order.
fn over(folder: &Path, app: &str, written: &BTreeSet<String>) -> Vec<String> {
    let mut over = Vec::new();
    for (below, endings) in PLACES {
        let now = written.iter().filter_map(|name| name.strip_prefix(below));
        // A package may be called otherwise than the program. The main one has the shortest name.
        let package = match below {
            "" => Some(format!("{app}-")),
            _ => now
                .filter(|name| !name.contains('/'))
                .filter_map(|name| Some(name[..=begin_of_version(name)?].to_owned()))
                .min_by_key(String::len),
        };
        let Some(package) = package else { continue };
        for entry in folder.join(below).read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_of_it = name.strip_prefix(&package).is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_ascii_digit())
                    || MACHINES.iter().any(|machine| rest.starts_with(machine))
            });
            let full = format!("{below}{name}");
            if is_of_it && endings.iter().any(|end| name.ends_with(end)) && !written.contains(&full) {
                over.push(full);
            }
        }
    }
    over.sort();
    over
}

/// The dash before a package's version.
fn begin_of_version(name: &str) -> Option<usize> {
    let bytes = name.as_bytes();
    (0..bytes.len().saturating_sub(1)).find(|&at| bytes[at] == b'-' && bytes[at + 1].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_an_earlier_release_left_is_found_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let kept = [
            "SHA256SUMS",
            "notes-linux-x86_64-2.0.tar.gz",
            "notes-extra-linux-x86_64-1.0.tar.gz",
            "notes-1.0.txt",
            "npm/ada-notes-2.0.0.tgz",
            "npm/ada-notes-linux-x64-2.0.0.tgz",
            "npm/ada-notes-2-1.0.0-x.txt",
            "pypi/notes-2.0-py3-none-win_amd64.whl",
            "pypi/other-1.0-py3-none-win_amd64.whl",
        ];
        let left = [
            "notes-linux-x86_64-1.0.tar.gz",
            "notes-macos-1.0.tar.gz",
            "notes-unix.tar.gz",
            "notes-windows-x86_64-2.0.zip",
            "npm/ada-notes-1.0.0.tgz",
            "npm/ada-notes-win32-x64-2.0.0.tgz",
            "pypi/notes-1.0-py3-none-win_amd64.whl",
        ];
        for folder in ["npm", "pypi"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        kept.iter().chain(&left).for_each(|name| fs::write(dir.path().join(name), "").unwrap());
        let written = [kept[0], kept[1], kept[4], kept[5], kept[7]].map(str::to_owned).into();
        assert_eq!(over(dir.path(), "notes", &written), left);
        let said = note(dir.path(), "notes", &written).unwrap();
        assert!(said.contains("notes-linux-x86_64-1.0.tar.gz and 6 more were"), "{said}");
        left.iter().for_each(|name| fs::remove_file(dir.path().join(name)).unwrap());
        assert_eq!(note(dir.path(), "notes", &written), None);
    }
}
