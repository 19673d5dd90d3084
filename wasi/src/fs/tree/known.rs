//! What can be told of a node, and which of it can be set.

use super::nodes::{Body, Id, Known, Nodes, ino};
use crate::errno::Result;
use crate::words::{Filestat, Time, Times};

impl Nodes {
    /// What is known about `id`.
    pub(super) fn filestat(&mut self, id: Id) -> Result<Filestat> {
        let (filetype, size) = match self.body(id) {
            Body::Dir { .. } => (wasip1::FILETYPE_DIRECTORY, 0),
            Body::File(content) => (wasip1::FILETYPE_REGULAR_FILE, content.len()),
            Body::Link(target) => (wasip1::FILETYPE_SYMBOLIC_LINK, target.len() as u64),
        };
        let nlink = match self.known(id).links {
            // Its name, its own `.`, and the `..` of each directory in it.
            1.. if self.is_dir(id) => {
                let below: Vec<Id> = self.names(id)?.values().copied().collect();
                2 + below.into_iter().filter(|&id| self.is_dir(id)).count() as u64
            }
            links => links,
        };
        let Known { accessed, modified, changed, .. } = *self.known(id);
        let dev = self.device;
        Ok(Filestat {
            dev,
            ino: ino(id),
            filetype,
            nlink,
            size,
            atim: accessed,
            mtim: modified,
            ctim: changed,
        })
    }

    /// What sort of file `id` is.
    pub(super) fn filetype(&self, id: Id) -> wasip1::Filetype {
        match self.body(id) {
            Body::Dir { .. } => wasip1::FILETYPE_DIRECTORY,
            Body::File(_) => wasip1::FILETYPE_REGULAR_FILE,
            Body::Link(_) => wasip1::FILETYPE_SYMBOLIC_LINK,
        }
    }

    /// Sets the times of `id`.
    pub(super) fn set_times(&mut self, id: Id, times: Times) {
        let now = self.now();
        let nanos = |time| match time {
            Time::Now => now,
            Time::At(nanos) => nanos,
        };
        let known = self.known_mut(id);
        known.accessed = times.accessed.map_or(known.accessed, nanos);
        known.modified = times.modified.map_or(known.modified, nanos);
        known.changed = now;
    }
}
