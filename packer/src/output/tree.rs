//! Writes files that an executable carries into a folder, all or nothing.
//!
//! The executable may be anybody's. So nothing is written outside of the folder: all trees are put together first, and a path that
//! leads through a link, out of its tree, or to two different things is refused. What is written lies in a folder of its own until
//! it is complete.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use payload::{FilesGrant, info::printable, tree::Entry};

use super::{make_folder, temporary::Scratch};
use crate::{Error, Kind, error::spoken, input::files::link, targets::part};

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A folder.
    Folder,
    /// A file with these bytes.
    File(&'a [u8]),
    /// A symbolic link with this text.
    Link(&'a str),
}

/// Everything that trees have, by its path below the root of what the app sees: `/` between names, and none in front.
#[derive(Clone, Debug, Default)]
pub struct Items<'a>(BTreeMap<String, Item<'a>>);

impl<'a> Items<'a> {
    /// What is in `roots`, each with its name to the app, whose content is in `content`.
    ///
    /// # Errors
    /// `Files` for what cannot be in one folder.
    pub fn new<'g>(
        roots: impl IntoIterator<Item = (&'g FilesGrant, &'a Entry)>,
        content: &'a [u8],
    ) -> Result<Items<'a>, Error> {
        let mut items = Items::default();
        for (grant, root) in roots {
            let mut path = String::new();
            let names = grant.guest.path().split('/').filter(|name| !matches!(*name, "" | "."));
            for name in names {
                if name == ".." {
                    let guest = grant.guest.as_str();
                    return Err(refused(guest, "leads out of the folder that it would be written to"));
                }
                path = below(&path, name);
                items.add(&path, Item::Folder)?;
            }
            items.fill(&path, root, 0, content)?;
        }
        let held = |path: &str| {
            path.rsplit_once('/').is_none_or(|(folder, _)| items.0.get(folder) == Some(&Item::Folder))
        };
        match items.0.keys().find(|path| !held(path)) {
            Some(path) => Err(refused(path, "lies in what is no folder in another of its trees")),
            None => Ok(items),
        }
    }

    fn fill(&mut self, path: &str, entry: &'a Entry, depth: usize, content: &'a [u8]) -> Result<(), Error> {
        let Entry::Dir(children) = entry else { return Ok(()) };
        for (name, child) in children {
            let path = below(path, name);
            let item = match child {
                Entry::Dir(_) => Item::Folder,
                Entry::File { start, len } => {
                    let bytes = content.get(*start as usize..).and_then(|rest| rest.get(..*len as usize));
                    Item::File(bytes.ok_or_else(|| refused(&path, "has content that is not there"))?)
                }
                Entry::Link(text) => {
                    link::within(Path::new(text), depth).map_err(|why| refused(&path, &why))?;
                    Item::Link(text)
                }
            };
            self.add(&path, item)?;
            self.fill(&path, child, depth + 1, content)?;
        }
        Ok(())
    }

    /// Adds what is at `path`, unless a tree before has a file there, which the app sees then.
    fn add(&mut self, path: &str, item: Item<'a>) -> Result<(), Error> {
        match (self.0.get(path), &item) {
            (None, _) => {
                self.0.insert(path.to_owned(), item);
                Ok(())
            }
            (Some(Item::Folder), Item::Folder)
            | (Some(Item::File(_) | Item::Link(_)), Item::File(_) | Item::Link(_)) => Ok(()),
            _ => Err(refused(path, "is a folder in one of its trees, and none in another")),
        }
    }

    /// The paths and what is there, each folder before what it has.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Item<'a>)> {
        self.0.iter().map(|(path, item)| (path.as_str(), item))
    }

    /// Writes all of it into `folder`, which is made if there is none.
    ///
    /// # Errors
    /// `OutputPlace` if something is in the folder, or it cannot be made; `Write`, naming the file, if one cannot be written. Then
    /// the folder is as it was.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        if cfg!(windows) {
            for (path, _) in self.iter() {
                let name = path.rsplit('/').next().unwrap_or(path);
                part::windows(name)
                    .map_or(Ok(()), |why| Err(refused(path, &format!("has a bad name: {why}"))))?;
            }
        }
        let made = make_folder(folder)?;
        let failed = |error: io::Error| {
            Error::new(Kind::OutputPlace, format!("cannot write into it: {}", spoken(&error))).in_file(folder)
        };
        if fs::read_dir(folder).map_err(failed)?.next().is_some() {
            let reason = "the folder is not empty; name a new one";
            return Err(Error::new(Kind::OutputPlace, reason).in_file(folder));
        }
        let scratch = Scratch::within(folder).map_err(failed)?;
        for (path, item) in self.iter() {
            let place = scratch.join(path);
            let written = match item {
                Item::Folder => fs::create_dir(&place),
                Item::File(bytes) => OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(&place)
                    .and_then(|mut file| file.write_all(bytes)),
                Item::Link(text) => symlink(text, &place),
            };
            written.map_err(|error| unwritten(path, &error))?;
        }
        let first: Vec<&str> = self.0.keys().map(String::as_str).filter(|path| !path.contains('/')).collect();
        scratch.deliver(&first, folder).map_err(failed)?;
        drop(made);
        Ok(())
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

#[cfg(unix)]
fn symlink(text: &str, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(text, place)
}

#[cfg(not(unix))]
fn symlink(_text: &str, _place: &Path) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "it is a link, which this system has for administrators only",
    ))
}

fn unwritten(path: &str, error: &io::Error) -> Error {
    let reason = match error.kind() {
        // Names that are one to a system without upper and lower case.
        io::ErrorKind::AlreadyExists => "has the name of another carried file on this system".to_owned(),
        _ => format!("cannot be written: {}", spoken(error)),
    };
    let kind = if error.kind() == io::ErrorKind::StorageFull { Kind::NoSpace } else { Kind::Write };
    Error::new(kind, format!("the carried file {} {reason}", printable(path)))
}

fn refused(path: &str, why: &str) -> Error {
    Error::new(Kind::Files, format!("the carried file {} cannot be extracted: it {why}", printable(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(guest: &str) -> FilesGrant {
        FilesGrant { guest: guest.into(), writable: false }
    }

    fn dir(children: &[(&str, Entry)]) -> Entry {
        Entry::Dir(children.iter().map(|(name, entry)| ((*name).to_owned(), entry.clone())).collect())
    }

    fn link(text: &str) -> Entry {
        Entry::Link(text.to_owned())
    }

    const FILE: Entry = Entry::File { start: 0, len: 3 };
    const OTHER: Entry = Entry::File { start: 3, len: 3 };

    fn extracted(roots: &[(&str, Entry)]) -> Result<tempfile::TempDir, Error> {
        let grants: Vec<FilesGrant> = roots.iter().map(|(guest, _)| grant(guest)).collect();
        let items = Items::new(grants.iter().zip(roots.iter().map(|(_, root)| root)), b"onetwo")?;
        let out = tempfile::tempdir().unwrap();
        items.write(&out.path().join("new/out"))?;
        Ok(out)
    }

    #[test]
    fn trees_are_put_together_as_the_program_sees_them() {
        let roots = [
            ("/a", dir(&[("f", FILE), ("s", dir(&[]))])),
            ("a", dir(&[("f", OTHER), ("g", OTHER)])),
            (".", dir(&[("h", FILE)])),
        ];
        let out = extracted(&roots).unwrap();
        let read = |name: &str| fs::read_to_string(out.path().join("new/out").join(name)).unwrap();
        assert_eq!(
            (read("a/f"), read("a/g"), read("h")),
            ("one".to_owned(), "two".to_owned(), "one".to_owned())
        );
        assert_eq!(fs::read_dir(out.path().join("new/out/a/s")).unwrap().count(), 0);
        assert_eq!(fs::read_dir(out.path().join("new/out")).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_leads_out_of_the_folder_is_refused_by_name() {
        for (roots, named) in [
            (vec![("../x", dir(&[("f", FILE)]))], "../x"),
            (vec![("/a/../../x", dir(&[("f", FILE)]))], "/a/../../x"),
            (vec![("/a", dir(&[("l", link("../x"))]))], "a/l"),
            (vec![("/a", dir(&[("l", link("/etc"))]))], "a/l"),
            (vec![("/a", dir(&[("l", link("s"))])), ("/a/l", dir(&[("f", FILE)]))], "a/l"),
            (vec![("/a/l", dir(&[("f", FILE)])), ("/a", dir(&[("l", link("s"))]))], "a/l"),
            (vec![("/a", dir(&[("f", FILE)])), ("/a/f/g", dir(&[]))], "a/f"),
        ] {
            let error = extracted(&roots).unwrap_err();
            assert!(error.kind == Kind::Files && error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn a_folder_with_something_in_it_stays_as_it_is() {
        let out = tempfile::tempdir().unwrap();
        fs::write(out.path().join("f"), "mine").unwrap();
        let (grant, root) = (grant("/"), dir(&[("f", FILE)]));
        let items = Items::new([(&grant, &root)], b"one").unwrap();
        assert_eq!(items.write(out.path()).unwrap_err().kind, Kind::OutputPlace);
        assert_eq!(fs::read_to_string(out.path().join("f")).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let out = tempfile::tempdir().unwrap();
        let long = "n".repeat(255);
        let deep = (0..20).fold(dir(&[("f", FILE)]), |entry, _| dir(&[(&long, entry)]));
        let (grant, root) = (grant("/"), dir(&[("a", FILE), ("b", deep)]));
        let items = Items::new([(&grant, &root)], b"one").unwrap();
        let error = items.write(&out.path().join("x/y")).unwrap_err();
        assert!(error.to_string().contains("nnn") && error.kind == Kind::Write, "{error}");
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    }
}
