//! A tree of files in memory, as a launcher would embed it, which counts how often it is looked at.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use sandbox::{Files, Node};

/// An embedded tree. Directory 0 is its root.
#[derive(Debug, Default)]
pub struct Embedded {
    dirs: Vec<BTreeMap<String, Node>>,
    files: Vec<Vec<u8>>,
    /// The directories that were asked for, in order.
    pub looks: Mutex<Vec<u32>>,
}

impl Embedded {
    /// A tree of `entries`: `dir/` a directory, `file=content` a file, `link>target` a symbolic link. Directories on
    /// the way are made.
    pub fn new(entries: &[&str]) -> Arc<Embedded> {
        let mut tree = Embedded { dirs: vec![BTreeMap::new()], ..Embedded::default() };
        for entry in entries {
            if let Some((path, content)) = entry.split_once('=') {
                let node = Node::File { id: tree.files.len() as u32, len: content.len() as u64 };
                tree.files.push(content.into());
                tree.put(path, node);
            } else if let Some((path, target)) = entry.split_once('>') {
                tree.put(path, Node::Link(target.into()));
            } else {
                tree.dir(entry.trim_end_matches('/'));
            }
        }
        Arc::new(tree)
    }

    fn put(&mut self, path: &str, node: Node) {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dir = self.dir(dir);
        self.dirs[dir as usize].insert(name.into(), node);
    }

    fn dir(&mut self, path: &str) -> u32 {
        let mut dir = 0;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let known = self.dirs[dir as usize].get(name).cloned();
            let node = known.unwrap_or_else(|| {
                self.dirs.push(BTreeMap::new());
                Node::Dir(self.dirs.len() as u32 - 1)
            });
            self.dirs[dir as usize].insert(name.into(), node.clone());
            let Node::Dir(below) = node else { panic!("{path}: {name} is no directory") };
            dir = below;
        }
        dir
    }

    /// How often any directory was asked for.
    pub fn looked(&self) -> usize {
        self.looks.lock().unwrap().len()
    }
}

impl Files for Embedded {
    fn children(&self, dir: u32) -> io::Result<Vec<(String, Node)>> {
        self.looks.lock().unwrap().push(dir);
        Ok(self.dirs[dir as usize].clone().into_iter().collect())
    }

    fn read_at(&self, file: u32, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.files[file as usize].get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}
