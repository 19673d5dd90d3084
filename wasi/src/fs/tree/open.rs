//! Opening below a directory of a tree.

use super::dir::TreeDir;
use super::file::TreeFile;
use super::hold::Hold;
use super::nodes::{Body, Id, Nodes};
use super::walk::End;
use crate::errno::Result;
use crate::words::{Access, Open, Opened};

impl TreeDir {
    /// Opens `path`, a file or a directory.
    pub(crate) fn open(&self, path: &str, how: Open) -> Result<Opened<TreeFile, TreeDir>> {
        if how.directory {
            return self.open_dir(path, how);
        }
        match self.access() {
            Access::ReadWrite => self.open_any(path, how),
            Access::ReadOnly => self.open_unchanged(path, how),
        }
    }

    fn open_dir(&self, path: &str, how: Open) -> Result<Opened<TreeFile, TreeDir>> {
        if how.create || how.truncate || how.exclusive {
            return Err(wasip1::ERRNO_INVAL.into());
        }
        let mut nodes = self.hold.tree.lock();
        let id = nodes.find(self.hold.node, path, how.follow)?;
        if !nodes.is_dir(id) {
            return Err(wasip1::ERRNO_NOTDIR.into());
        }
        if how.write {
            return Err(wasip1::ERRNO_ISDIR.into());
        }
        Ok(Opened::Dir(self.dir(&mut nodes, id)))
    }

    fn open_any(&self, path: &str, how: Open) -> Result<Opened<TreeFile, TreeDir>> {
        let end = match (how.create, how.follow) {
            (true, _) if how.exclusive => End::Itself,
            (true, true) => End::Create,
            (true, false) => End::Itself,
            (false, true) => End::Follow,
            (false, false) => End::Slash,
        };
        let mut nodes = self.hold.tree.lock();
        let place = nodes.walk(self.hold.node, path, end)?;
        if how.create && place.slash && place.is_name() {
            return Err(wasip1::ERRNO_ISDIR.into());
        }
        let Some(id) = place.node else {
            if !how.create {
                return Err(wasip1::ERRNO_NOENT.into());
            }
            let file = nodes.empty_file();
            let id = nodes.create(place.dir, &place.name, file)?;
            return Ok(self.file(&mut nodes, id));
        };
        if how.create && how.exclusive {
            return Err(wasip1::ERRNO_EXIST.into());
        }
        match nodes.body(id) {
            Body::Dir { .. } if how.create || how.truncate || how.write => Err(wasip1::ERRNO_ISDIR.into()),
            Body::Dir { .. } => Ok(Opened::Dir(self.dir(&mut nodes, id))),
            _ if place.slash => Err(wasip1::ERRNO_NOTDIR.into()),
            Body::Link(_) => Err(wasip1::ERRNO_LOOP.into()),
            Body::File(_) => {
                if how.truncate {
                    nodes.content(id)?.0.set_len(0)?;
                    nodes.touch(id);
                }
                Ok(self.file(&mut nodes, id))
            }
        }
    }

    fn file(&self, nodes: &mut Nodes, id: Id) -> Opened<TreeFile, TreeDir> {
        Opened::File(TreeFile::new(Hold::new(&self.hold.tree, nodes, id)))
    }

    /// Opens in a read-only tree: what exists may be opened to read, whatever else is asked for; only to write is `rofs`, and what is not there is
    /// `noent` unless it was to be created. To be new is asked of the name itself, be it a link that leads nowhere.
    fn open_unchanged(&self, path: &str, how: Open) -> Result<Opened<TreeFile, TreeDir>> {
        if how.create && how.exclusive {
            return match self.filestat_at(path, false) {
                Ok(_) => Err(wasip1::ERRNO_EXIST.into()),
                Err(error) if error.0 == wasip1::ERRNO_NOENT => Err(self.not_made(path)),
                Err(error) => Err(error),
            };
        }
        match self.open_any(path, how.unchanged()) {
            Err(error) if error.0 == wasip1::ERRNO_NOENT && how.create => Err(self.not_made(path)),
            Ok(Opened::File(_)) if how.is_to_change() => Err(wasip1::ERRNO_ROFS.into()),
            Ok(Opened::Dir(_)) if how.write || how.truncate => Err(wasip1::ERRNO_ISDIR.into()),
            opened => opened,
        }
    }
}
