//! The tree: names of the files that a payload carries, so laid out that nothing needs to be read before it is asked for.
//!
//! Its fields stand in docs/format.md, "Tree". A node's number is larger than its directory's, so a walk ends. A reader checks a node when it looks at it, not thousands of them at the start.

use std::collections::VecDeque;

use crate::{Error, Kind, bytes::Cursor, bytes::equal};

/// Bytes before the nodes.
const HEAD: usize = 8;
/// Bytes of a node.
const NODE: usize = 24;
const DIRECTORY: u8 = 0;
const FILE: u8 = 1;
const LINK: u8 = 2;
/// The longest name, in bytes: what file systems have.
pub const MAX_NAME: usize = 255;

/// A file, a link, or a directory with all that is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Children with their names, sorted by the names' bytes.
    Dir(Vec<(String, Entry)>),
    /// Where its content lies in the files section, in bytes.
    File {
        /// The first byte.
        start: u64,
        /// How many there are.
        len: u64,
    },
    /// A symbolic link: a path relative to the directory it is in.
    Link(String),
}

/// One node, as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory with these nodes.
    Dir(std::ops::Range<u32>),
    /// A file with these bytes of the files section.
    File(std::ops::Range<u64>),
    /// A symbolic link that holds this text.
    Link(String),
}

/// A tree as it is stored. Nothing but its lengths was looked at yet.
#[derive(Clone, Debug)]
pub struct Tree<B> {
    bytes: B,
    count: u32,
}

/// The bytes of the tree with these roots, each a directory.
///
/// # Panics
/// If there are 2^32 nodes, or a name or link is that long: mistakes of the caller, who walked a file system.
pub fn to_bytes(roots: &[Entry]) -> Vec<u8> {
    let mut nodes = Vec::new();
    let mut names: Vec<u8> = Vec::new();
    let mut queue: VecDeque<(&str, &Entry)> = roots.iter().map(|root| ("", root)).collect();
    let mut next = queue.len() as u64;
    while let Some((name, entry)) = queue.pop_front() {
        let name_at = u32::try_from(names.len()).expect("names have less than 4 GiB");
        names.extend_from_slice(name.as_bytes());
        let (kind, start, len) = match entry {
            Entry::Dir(children) => {
                let first = next;
                next += children.len() as u64;
                queue.extend(children.iter().map(|(name, entry)| (name.as_str(), entry)));
                (DIRECTORY, first, children.len() as u64)
            }
            Entry::File { start, len } => (FILE, *start, *len),
            Entry::Link(text) => {
                let at = names.len() as u64;
                names.extend_from_slice(text.as_bytes());
                (LINK, at, text.len() as u64)
            }
        };
        nodes.extend_from_slice(&[kind, 0]);
        nodes.extend_from_slice(
            &u16::try_from(name.len()).expect("a name has at most 255 bytes").to_le_bytes(),
        );
        nodes.extend_from_slice(&name_at.to_le_bytes());
        nodes.extend_from_slice(&start.to_le_bytes());
        nodes.extend_from_slice(&len.to_le_bytes());
    }
    let count = u32::try_from(next).expect("there are fewer than 2^32 files");
    let names_len = u32::try_from(names.len()).expect("names have less than 4 GiB");
    [&count.to_le_bytes()[..], &names_len.to_le_bytes(), &nodes, &names].concat()
}

impl<B: AsRef<[u8]>> Tree<B> {
    /// Looks at the lengths in `bytes`, which must be the whole section. Offsets in errors count from its start.
    ///
    /// # Errors
    /// `Truncated` or `Mismatch` if they do not fit.
    pub fn parse(bytes: B) -> Result<Tree<B>, Error> {
        let mut cursor = Cursor::new(bytes.as_ref(), 0);
        let count = cursor.u32()?;
        let names = cursor.u32()?;
        let expected = HEAD as u64 + u64::from(count) * NODE as u64 + u64::from(names);
        equal(0, "tree length", expected, bytes.as_ref().len() as u64)?;
        Ok(Tree { bytes, count })
    }

    /// How many nodes there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Node `index` with its name, which is empty for a root.
    ///
    /// # Errors
    /// `Value` for a node that is not there, or of no kind; `Mismatch` for one that leads out of the tree, or a
    /// directory's children that do not stand behind it; `Text` for a name that none can be, or a link of that sort.
    pub fn node(&self, index: u32) -> Result<(&str, Node), Error> {
        let bytes = self.bytes.as_ref();
        if index >= self.count {
            return Err(Error::new(0, Kind::Value { field: "tree node", found: index.into() }));
        }
        let at = HEAD + index as usize * NODE;
        let mut cursor = Cursor::new(bytes, 0);
        cursor.take(at)?;
        let [kind, reserved] = cursor.array()?;
        let (name_len, name_at) = (cursor.u16()?, cursor.u32()?);
        let (start, len) = (cursor.u64()?, cursor.u64()?);
        equal(at as u64 + 1, "tree node reserved", 0, reserved.into())?;
        let name = self.text(at as u64 + 2, name_at.into(), name_len.into())?;
        if name.len() > MAX_NAME || name.contains(['/', '\0']) || matches!(name, "." | "..") {
            return Err(Error::new(at as u64 + 2, Kind::Text { field: "tree name" }));
        }
        let end = start.checked_add(len);
        let outside = || Error::new(at as u64 + 8, Kind::Value { field: "tree node start", found: start });
        let node = match kind {
            DIRECTORY => match end {
                Some(end) if end <= self.count.into() && (len == 0 || start > index.into()) => {
                    Node::Dir(start as u32..end as u32)
                }
                _ => return Err(outside()),
            },
            FILE => Node::File(start..end.ok_or_else(outside)?),
            LINK => Node::Link(self.text(at as u64 + 8, start, len)?.to_owned()),
            found => {
                return Err(Error::new(at as u64, Kind::Value { field: "tree node", found: found.into() }));
            }
        };
        Ok((name, node))
    }

    fn text(&self, field_at: u64, start: u64, len: u64) -> Result<&str, Error> {
        let names = &self.bytes.as_ref()[HEAD + self.count as usize * NODE..];
        let range = start.checked_add(len).filter(|end| *end <= names.len() as u64);
        let bytes = range.map(|end| &names[start as usize..end as usize]);
        let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.filter(|text| !text.contains('\0'))
            .ok_or_else(|| Error::new(field_at, Kind::Text { field: "tree name" }))
    }

    /// The first `count` nodes, which are roots, with all that is below them; every node is checked, and that each
    /// file lies within the `files_len` bytes of the files section.
    ///
    /// # Errors
    /// As [`Tree::node`]; `Mismatch` for roots that are no directories, children that are not sorted, or nodes that
    /// no directory has.
    pub fn entries(&self, count: u32, files_len: u64) -> Result<Vec<Entry>, Error> {
        let mut next = u64::from(count);
        let mut roots = Vec::new();
        // Directories in the order in which they were written, so that each node is met exactly once.
        let mut flat: Vec<(String, Node)> = Vec::new();
        for index in 0..self.count {
            let (name, node) = self.node(index)?;
            let at = HEAD as u64 + u64::from(index) * NODE as u64;
            equal(at, "tree root", u64::from(index < count), u64::from(name.is_empty()))?;
            match &node {
                Node::Dir(children) if !children.is_empty() => {
                    equal(at + 8, "tree children", next, children.start.into())?;
                    next = children.end.into();
                }
                Node::File(range) if range.end > files_len => {
                    let kind = Kind::Value { field: "tree node start", found: range.start };
                    return Err(Error::new(at + 8, kind));
                }
                _ => {}
            }
            flat.push((name.to_owned(), node));
        }
        equal(0, "tree nodes", next, self.count.into())?;
        // Children stand behind their directories: from the end, whatever a directory has is complete already.
        let mut built: Vec<Option<(String, Entry)>> = (0..flat.len()).map(|_| None).collect();
        for (index, (name, node)) in flat.into_iter().enumerate().rev() {
            let entry = match node {
                Node::Dir(children) => {
                    let range = children.start as usize..children.end as usize;
                    let of: Vec<_> = built[range].iter_mut().filter_map(Option::take).collect();
                    if of.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
                        let at = (HEAD + index * NODE) as u64;
                        return Err(Error::new(at, Kind::Value { field: "tree order", found: index as u64 }));
                    }
                    Entry::Dir(of)
                }
                Node::File(range) => Entry::File { start: range.start, len: range.end - range.start },
                Node::Link(text) => Entry::Link(text),
            };
            built[index] = Some((name, entry));
        }
        for (index, root) in built.into_iter().take(count as usize).enumerate() {
            match root {
                Some((_, root @ Entry::Dir(_))) => roots.push(root),
                _ => {
                    let kind = Kind::Value { field: "tree root", found: index as u64 };
                    return Err(Error::new((HEAD + index * NODE) as u64, kind));
                }
            }
        }
        Ok(roots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Entry> {
        let file = |start, len| Entry::File { start, len };
        vec![
            Entry::Dir(vec![
                ("a".to_owned(), file(0, 3)),
                (
                    "lib".to_owned(),
                    Entry::Dir(vec![("x.py".to_owned(), file(3, 4)), ("y.py".to_owned(), file(0, 3))]),
                ),
                ("link".to_owned(), Entry::Link("lib/x.py".to_owned())),
            ]),
            Entry::Dir(Vec::new()),
        ]
    }

    #[test]
    fn bytes_are_as_documented() {
        let bytes = to_bytes(&[Entry::Dir(vec![("a".to_owned(), Entry::File { start: 5, len: 7 })])]);
        let expected = [
            &[2, 0, 0, 0, 1, 0, 0, 0][..],
            &[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0],
            b"a",
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = to_bytes(&sample());
        let tree = Tree::parse(&bytes).unwrap();
        assert_eq!(tree.entries(2, 7), Ok(sample()));
        assert_eq!(tree.node(0), Ok(("", Node::Dir(2..5))));
        assert_eq!(tree.node(2), Ok(("a", Node::File(0..3))));
        assert_eq!(tree.node(4), Ok(("link", Node::Link("lib/x.py".to_owned()))));
        assert!(tree.node(7).is_err());
    }

    #[test]
    fn a_damaged_tree_is_refused_or_another_and_ends_a_walk() {
        let bytes = to_bytes(&sample());
        assert!(Tree::parse(&bytes[..bytes.len() - 1]).is_err());
        assert!(Tree::parse(&bytes[..3]).is_err());
        assert!(Tree::parse(&bytes).unwrap().entries(2, 6).is_err(), "a file leaves the files");
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                let read = Tree::parse(&damaged).and_then(|tree| tree.entries(2, 7));
                // Where a name that is empty would start says nothing.
                let idle = [12, 36].contains(&(at / 4 * 4));
                assert!(idle || at / 8 == 5 || read != Ok(sample()), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn names_that_none_can_be_are_refused() {
        for name in ["..", ".", "a/b", "a\0b", &"x".repeat(256)] {
            let bytes = to_bytes(&[Entry::Dir(vec![(name.to_owned(), Entry::Dir(Vec::new()))])]);
            assert!(Tree::parse(&bytes).unwrap().entries(1, 0).is_err(), "{name:?}");
        }
        let twice = [Entry::Dir(vec![
            ("a".to_owned(), Entry::Dir(Vec::new())),
            ("a".to_owned(), Entry::Dir(Vec::new())),
        ])];
        assert!(Tree::parse(&to_bytes(&twice)).unwrap().entries(1, 0).is_err());
    }
}
