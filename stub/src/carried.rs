//! The files that the executable carries, read from its own file when the app asks for them.
//!
//! The tree of names is decoded when the app first looks at it, content chunk by chunk. A few chunks are kept decoded: a
//! program reads a file in pieces, and the next file often lies in the same chunk.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use payload::chunk::{ChunkTable, Decoder};
use payload::tree::{self, Tree};
use payload::{Encoding, SectionKind};
use sandbox::{Files, Node};

use crate::image::Stored;

/// Chunks that are kept decoded: 2 MiB of them.
const KEPT: usize = 32;

/// The files in `stored`.
pub(crate) fn files(stored: Stored) -> Arc<dyn Files> {
    Arc::new(Carried { stored, tree: OnceLock::new(), content: OnceLock::new() })
}

#[derive(Debug)]
struct Carried {
    stored: Stored,
    tree: OnceLock<Tree<std::borrow::Cow<'static, [u8]>>>,
    content: OnceLock<Content>,
}

/// What the files hold, one after another.
#[derive(Debug)]
struct Content {
    table: ChunkTable,
    chunk_size: u64,
    cache: Mutex<Cache>,
}

#[derive(Debug)]
struct Cache {
    decoder: Decoder,
    /// Chunks by their numbers, the one that was used last at the end.
    kept: Vec<(usize, Vec<u8>)>,
}

/// What the app is told of a file that cannot be read; `wasmpack verify` says more.
fn damaged(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// What `cell` holds, made by `make` if it holds nothing yet.
fn once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> io::Result<T>) -> io::Result<&T> {
    if let Some(there) = cell.get() {
        return Ok(there);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

impl Carried {
    fn tree(&self) -> io::Result<&Tree<std::borrow::Cow<'static, [u8]>>> {
        once(&self.tree, || {
            let bytes = self.stored.whole(SectionKind::Tree).map_err(damaged)?;
            Tree::parse(bytes).map_err(damaged)
        })
    }

    fn content(&self) -> io::Result<&Content> {
        once(&self.content, || Content::of(self.stored))
    }
}

impl Content {
    fn of(stored: Stored) -> io::Result<Content> {
        let section = stored.find(SectionKind::Files).ok_or_else(outside)?;
        let Encoding::Chunked { chunk_size } = section.encoding else {
            return Err(damaged("carried files are not in chunks"));
        };
        let table = stored.table(section).map_err(damaged)?;
        let decoder = Decoder::try_new().ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Content {
            table,
            chunk_size: chunk_size.into(),
            cache: Mutex::new(Cache { decoder, kept: Vec::new() }),
        })
    }

    /// Reads what lies at `range`, which may end outside: a tree can be damaged.
    fn read(&self, stored: Stored, range: Range<u64>, out: &mut [u8]) -> io::Result<()> {
        let Content { table, chunk_size, cache } = self;
        if range.end > table.decoded_len() {
            return Err(outside());
        }
        let mut cache = lock(cache);
        let (mut at, mut rest) = (range.start, out);
        while !rest.is_empty() {
            let index = (at / chunk_size) as usize;
            let of_chunk = table.decoded_range(index);
            let count = rest.len().min((of_chunk.end - at) as usize);
            let (now, later) = rest.split_at_mut(count);
            let within = (at - of_chunk.start) as usize;
            now.copy_from_slice(&cache.chunk(stored, table, index)?[within..within + count]);
            (at, rest) = (at + count as u64, later);
        }
        Ok(())
    }
}

/// What the app is told of a file that the tree puts behind the last one.
fn outside() -> io::Error {
    damaged("a carried file leaves the file")
}

impl Cache {
    /// Chunk `index`, decoded.
    fn chunk(&mut self, stored: Stored, table: &ChunkTable, index: usize) -> io::Result<&[u8]> {
        let kept = self.kept.iter().rposition(|(of, _)| *of == index);
        let chunk = match kept {
            Some(at) => self.kept.remove(at),
            None => {
                // The buffer of the chunk that was not used for the longest time serves again.
                let mut buffer = if self.kept.len() < KEPT { Vec::new() } else { self.kept.remove(0).1 };
                let range = table.decoded_range(index);
                buffer.resize((range.end - range.start) as usize, 0);
                let frame = stored.frame(table, index);
                table.decode_with(&mut self.decoder, index, frame, &mut buffer).map_err(damaged)?;
                (index, buffer)
            }
        };
        self.kept.push(chunk);
        Ok(self.kept.last().map_or(&[], |(_, bytes)| bytes))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Files for Carried {
    fn children(&self, dir: u32) -> io::Result<Vec<(String, Node)>> {
        let tree = self.tree()?;
        let (_, tree::Node::Dir(children)) = tree.node(dir).map_err(damaged)? else {
            return Err(io::ErrorKind::NotADirectory.into());
        };
        let child = |index| {
            let (name, node) = tree.node(index).map_err(damaged)?;
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
        let (_, tree::Node::File(range)) = self.tree()?.node(file).map_err(damaged)? else {
            return Err(io::ErrorKind::IsADirectory.into());
        };
        let start = range.start.saturating_add(offset).min(range.end);
        let count = out.len().min(usize::try_from(range.end - start).unwrap_or(usize::MAX));
        if count == 0 {
            // Where all files are empty there is no content.
            return Ok(0);
        }
        self.content()?.read(self.stored, start..start + count as u64, &mut out[..count])?;
        Ok(count)
    }
}
