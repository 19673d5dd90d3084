//! Walks through a folder that is carried.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use payload::tree::{Entry, MAX_NAME};

use super::{
    choice::{Choice, Rules},
    content::{Files, read},
    fault::{cannot, refused},
    link,
    own::Own,
};
use crate::{Error, container};

/// What was noticed in the folders that are carried.
#[derive(Clone, Debug, Default)]
pub struct Noticed {
    /// Globs that left something out, or kept it in.
    pub globs: BTreeSet<String>,
    /// Folders for the output, which are left out.
    pub folders: Vec<PathBuf>,
    /// Executables that this packer made, outputs of another pack perhaps, which are carried.
    pub packed: Vec<PathBuf>,
}

/// Reads what `choice` leaves of the folder `host`, without what is `own`: a root, whose content goes to `files`. `out` is told
/// what was noticed.
///
/// # Errors
/// `Files` for what cannot be read or carried.
pub fn folder(
    files: &mut Files,
    host: &Path,
    choice: &Choice,
    own: &Own,
    out: &mut Noticed,
) -> Result<Entry, Error> {
    let metadata = fs::metadata(host).map_err(|error| cannot("carry", host, &error))?;
    if !metadata.is_dir() {
        return Err(refused(host, "is no folder and no regular file, and cannot be carried"));
    }
    let rules = Rules::new(host, choice)?;
    Walk { files, host, own, out, rules, below: PathBuf::new() }.folder(0)
}

/// A walk through one folder.
struct Walk<'a> {
    files: &'a mut Files,
    host: &'a Path,
    own: &'a Own,
    out: &'a mut Noticed,
    rules: Rules,
    /// Where the walk is, from the folder that is carried.
    below: PathBuf,
}

impl Walk<'_> {
    /// The entries of the folder where the walk is, `depth` folders below its root.
    fn folder(&mut self, depth: usize) -> Result<Entry, Error> {
        let folder = if depth == 0 { self.host.to_owned() } else { self.host.join(&self.below) };
        self.rules.enter(&self.below)?;
        let mut entries = fs::read_dir(&folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| cannot("list", &folder, &error))?;
        // Content lies in this order, whatever the file system's is.
        entries.sort_unstable_by_key(fs::DirEntry::file_name);
        let mut children = Vec::new();
        for entry in entries {
            self.below.push(entry.file_name());
            let child = self.child(&entry, depth)?;
            self.below.pop();
            children.extend(child);
        }
        self.rules.leave();
        children.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(Entry::Dir(children))
    }

    /// One entry with its name, unless it is left out.
    fn child(&mut self, entry: &fs::DirEntry, depth: usize) -> Result<Option<(String, Entry)>, Error> {
        let path = entry.path();
        let filetype = entry.file_type().map_err(|error| cannot("look at", &path, &error))?;
        if self.rules.leaves_out(&self.below, filetype.is_dir(), &mut self.out.globs) {
            return Ok(None);
        }
        let name = entry.file_name().into_string().map_err(|_| {
            refused(&path, "has a name that is not UTF-8, and a WASI program could not open it; rename it")
        })?;
        if name.len() > MAX_NAME {
            return Err(refused(&path, "has a name of more than 255 bytes; rename it"));
        }
        let child = if filetype.is_dir() {
            if self.own.is_folder(&path) {
                self.out.folders.push(path);
                return Ok(None);
            }
            self.folder(depth + 1)?
        } else if filetype.is_symlink() {
            let target = fs::read_link(&path).map_err(|error| cannot("read", &path, &error))?;
            let text = link::within(&target, depth);
            Entry::Link(text.map_err(|why| refused(&path, &format!("{why}; copy what it points to")))?)
        } else if filetype.is_file() {
            let metadata = entry.metadata().map_err(|error| cannot("look at", &path, &error))?;
            if self.own.has_file(&path, &metadata) {
                return Ok(None);
            }
            let bytes = read(&path, self.own)?;
            if container::is_packed(&bytes) {
                self.out.packed.push(path);
            }
            self.files.add(&bytes)
        } else {
            return Err(refused(
                &path,
                "is not a file, folder or link, and cannot be carried; move it away, or leave it out with --exclude",
            ));
        };
        Ok(Some((name, child)))
    }
}
