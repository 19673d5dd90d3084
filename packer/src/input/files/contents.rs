//! What carried files are, in numbers and names: for the message after packing, and for looking into an executable.

use payload::{FilesGrant, tree::Entry};

/// What is carried under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The grant that it belongs to.
    pub grant: FilesGrant,
    /// How many files there are.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Hidden files and folders (`.env`, `.git`), by their names below the grant's. What lies in such a folder is not named, nor
    /// what is empty (`.gitkeep`).
    pub hidden: Vec<String>,
    /// The name of the last file below the grant's: where there is one, its name.
    last: String,
}

impl Contents {
    /// What `root` has.
    pub fn of(grant: &FilesGrant, root: &Entry) -> Contents {
        let mut contents =
            Contents { grant: grant.clone(), files: 0, bytes: 0, hidden: Vec::new(), last: String::new() };
        contents.count(root, "", false);
        contents
    }

    /// The name below the grant's of the file, if it is the only one.
    pub fn only(&self) -> Option<&str> {
        (self.files == 1).then_some(self.last.as_str())
    }

    fn count(&mut self, entry: &Entry, path: &str, is_hidden: bool) {
        match entry {
            Entry::File { len, .. } => {
                self.files += 1;
                self.bytes += len;
                path.clone_into(&mut self.last);
            }
            Entry::Link(_) => {}
            Entry::Dir(children) => {
                for (name, child) in children {
                    let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                    let names_it = name.starts_with('.') && !is_hidden;
                    let before = self.bytes;
                    self.count(child, &below, is_hidden || names_it);
                    if names_it && self.bytes > before {
                        self.hidden.push(below);
                    }
                }
            }
        }
    }
}
