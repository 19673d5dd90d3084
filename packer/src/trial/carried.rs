//! Carried files, for a start that is tried.

use std::io;

use payload::tree::{self, Tree};
use sandbox::{Files, Node};

use crate::input::files;

/// Files that an executable is going to carry.
#[derive(Debug)]
pub struct Carried {
    tree: Tree<Vec<u8>>,
    tree_sha256: [u8; 32],
    content: Vec<u8>,
}

impl Carried {
    /// Those of a pack.
    pub fn new(files: files::Files) -> Carried {
        let bytes = tree::to_bytes(&files.roots);
        let tree_sha256 = payload::sha256(&bytes);
        let tree = Tree::parse(bytes).expect("a tree that was just written");
        Carried { tree, tree_sha256, content: files.content }
    }

    /// A hash of all of it.
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = payload::Hash::default();
        hash.update(&self.tree_sha256);
        hash.update(&self.content);
        hash.finish()
    }
}

impl Files for Carried {
    fn children(&self, dir: u32) -> io::Result<Vec<(String, Node)>> {
        let (_, tree::Node::Dir(children)) = self.tree.node(dir).map_err(damaged)? else {
            return Err(io::ErrorKind::NotADirectory.into());
        };
        let child = |index| {
            let (name, node) = self.tree.node(index).map_err(damaged)?;
            let node = match node {
                tree::Node::Dir(_) => Node::Dir(index),
                tree::Node::File(range) => Node::File { id: index, len: range.end - range.start },
                tree::Node::Link(text) => Node::Link(text),
            };
            Ok((name.to_owned(), node))
        };
        children.map(child).collect()
    }

    fn read_at(&self, file: u32, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let (_, tree::Node::File(range)) = self.tree.node(file).map_err(damaged)? else {
            return Err(io::ErrorKind::IsADirectory.into());
        };
        let content = self.content.get(range.start as usize..range.end as usize).unwrap_or_default();
        let content =
            usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        let count = out.len().min(content.len());
        out[..count].copy_from_slice(&content[..count]);
        Ok(count)
    }
}

fn damaged(error: payload::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}
