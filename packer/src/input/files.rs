//! Files that an executable carries: a folder of this machine becomes one root of the payload's tree.
//!
//! A tree depends on names and content alone. Names are sorted, times and modes are not kept, and files with the same
//! content share it. A device, a name that is not UTF-8 or a link out of its folder cannot be carried. Each is an error that
//! names it: an app that misses a file would fail far from here.

use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
};

use payload::{GuestName, tree::Entry};

use crate::{Error, Kind, error::spoken};

/// A folder to carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is now.
    pub host: PathBuf,
    /// The path under which the app sees it.
    pub guest: GuestName,
    /// True: the app may change it; changes are kept in memory and lost at its end.
    pub writable: bool,
}

/// The files that are carried.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The roots, one for each folder.
    pub roots: Vec<Entry>,
    /// Content of all files, one after the other.
    pub content: Vec<u8>,
    /// Where content with this SHA-256 is already.
    known: HashMap<[u8; 32], Entry>,
}

impl Files {
    /// Files that an executable carries already.
    pub fn carried(roots: Vec<Entry>, content: Vec<u8>) -> Files {
        Files { roots, content, known: HashMap::new() }
    }

    /// Forgets the roots for which `kept` is false. Those that it does not reach stay.
    pub fn keep_roots(&mut self, kept: &[bool]) {
        let mut kept = kept.iter().copied();
        self.roots.retain(|_| kept.next().unwrap_or(true));
    }

    /// Adds the content of `folder`, as the last root.
    ///
    /// # Errors
    /// `Files` for what cannot be read or carried.
    pub fn add(&mut self, folder: &Folder) -> Result<(), Error> {
        let host = &folder.host;
        let metadata = fs::metadata(host).map_err(|error| cannot("carry", host, &error))?;
        if !metadata.is_dir() {
            return Err(refused(host, "is not a folder; --files takes folders"));
        }
        let root = self.folder(host, 0)?;
        self.roots.push(root);
        Ok(())
    }

    /// The entries below `path`, which is `depth` folders below its root.
    fn folder(&mut self, path: &Path, depth: usize) -> Result<Entry, Error> {
        let mut children = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| cannot("list", path, &error))? {
            let entry = entry.map_err(|error| cannot("list", path, &error))?;
            let path = entry.path();
            let name = entry.file_name().into_string().map_err(|_| {
                refused(
                    &path,
                    "has a name that is not UTF-8, and a WASI program could not open it; rename it",
                )
            })?;
            if name.len() > payload::tree::MAX_NAME {
                return Err(refused(&path, "has a name of more than 255 bytes; rename it"));
            }
            let filetype = entry.file_type().map_err(|error| cannot("look at", &path, &error))?;
            let child = if filetype.is_dir() {
                self.folder(&path, depth + 1)?
            } else if filetype.is_symlink() {
                link(&path, depth)?
            } else if filetype.is_file() {
                self.file(&path)?
            } else {
                return Err(refused(
                    &path,
                    "is not a file, folder or link, and cannot be carried; move it away",
                ));
            };
            children.push((name, child));
        }
        children.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(Entry::Dir(children))
    }

    fn file(&mut self, path: &Path) -> Result<Entry, Error> {
        let bytes = fs::read(path).map_err(|error| cannot("read", path, &error))?;
        let (start, len) = (self.content.len() as u64, bytes.len() as u64);
        let entry = self.known.entry(payload::sha256(&bytes)).or_insert_with(|| {
            self.content.extend_from_slice(&bytes);
            Entry::File { start, len }
        });
        Ok(entry.clone())
    }
}

/// The symbolic link at `path`, `depth` folders below its root, if it stays there.
fn link(path: &Path, depth: usize) -> Result<Entry, Error> {
    let target = fs::read_link(path).map_err(|error| cannot("read", path, &error))?;
    let mut above = depth as i64;
    let mut parts: Vec<&str> = Vec::new();
    for component in target.components() {
        let part = match component {
            Component::Normal(name) => name.to_str(),
            Component::ParentDir => Some(".."),
            Component::CurDir => continue,
            Component::RootDir | Component::Prefix(_) => None,
        };
        let Some(part) = part else {
            let why = format!(
                "is a link to {}, which a carried file cannot be; copy what it points to",
                target.display()
            );
            return Err(refused(path, &why));
        };
        above += if part == ".." { -1 } else { 1 };
        if above < 0 {
            let why = format!("is a link to {}, out of the folder; copy what it points to", target.display());
            return Err(refused(path, &why));
        }
        parts.push(part);
    }
    Ok(Entry::Link(if parts.is_empty() { ".".to_owned() } else { parts.join("/") }))
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Files, format!("cannot {verb} it: {}", spoken(error))).in_file(path)
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(Kind::Files, why).in_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(host: &Path) -> Folder {
        Folder { host: host.to_owned(), guest: "/".into(), writable: false }
    }

    #[test]
    fn a_folder_becomes_a_sorted_tree_that_shares_content() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for (name, text) in [("z", "same"), ("a", "same"), ("b/c", "other")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let mut files = Files::default();
        files.add(&folder(dir.path())).unwrap();
        let same = Entry::File { start: 0, len: 4 };
        let names = |entry: &Entry| match entry {
            Entry::Dir(children) => children.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        assert_eq!(names(&files.roots[0]), ["a", "b", "z"]);
        let Entry::Dir(children) = &files.roots[0] else { panic!("a folder") };
        assert_eq!(children[0].1, children[2].1);
        assert_eq!(files.content.len(), 9);
        assert!(children[0].1 == same || files.content.starts_with(b"other"));
    }

    #[test]
    fn other_than_folders_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(Files::default().add(&folder(&file)).unwrap_err().to_string().contains("not a folder"));
        let missing = Files::default().add(&folder(&dir.path().join("none"))).unwrap_err();
        assert_eq!(missing.kind, Kind::Files);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_in_their_folder() {
        use std::os::unix::fs::symlink;
        let kept = |target: &str| {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("sub")).unwrap();
            symlink(target, dir.path().join("sub/link")).unwrap();
            let mut files = Files::default();
            files.add(&folder(dir.path())).map(|()| files.roots[0].clone())
        };
        let tree = |text: &str| {
            let link = vec![("link".to_owned(), Entry::Link(text.to_owned()))];
            Entry::Dir(vec![("sub".to_owned(), Entry::Dir(link))])
        };
        assert_eq!(kept("../sub/./x").unwrap(), tree("../sub/x"));
        assert_eq!(kept(".").unwrap(), tree("."));
        for target in ["../../x", "/etc/passwd", "../sub/../../x"] {
            let error = kept(target).unwrap_err().to_string();
            assert!(error.contains("link to") && error.contains("copy"), "{error}");
        }
    }
}
