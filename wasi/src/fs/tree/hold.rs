//! A tree in use: what descriptors share, and the node that each keeps.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::nodes::{Id, Nodes};
use crate::errno::Result;
use crate::words::Access;

/// A tree that descriptors share.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) access: Access,
    pub(super) nodes: Mutex<Nodes>,
}

impl Tree {
    pub(super) fn lock(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn writable(&self) -> Result<()> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(wasip1::ERRNO_ROFS.into()),
        }
    }
}

/// A node in use: it stays as long as this does, also when its last name is gone.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) tree: Arc<Tree>,
    pub(super) node: Id,
}

impl Hold {
    /// Holds `node`, which must be there.
    pub(super) fn new(tree: &Arc<Tree>, nodes: &mut Nodes, node: Id) -> Hold {
        nodes.hold(node);
        Hold { tree: Arc::clone(tree), node }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.tree.lock().release(self.node);
    }
}
